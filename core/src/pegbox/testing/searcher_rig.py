"""A searcher asked and told as a run does it, without a run: one hook call after the other.

Unlike a run it is forgiving: a value that is a little off is put right before the searcher hears
of it again, so that each case of the kit fails for what it is about, and for nothing else.
"""

from __future__ import annotations

import copy
import inspect
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, get_args

from pegbox._plugins.bindings import ROLES
from pegbox._plugins.implementations import find_implementations
from pegbox._plugins.manager import RoleManager
from pegbox._plugins.naming import Label
from pegbox._run.component import Component
from pegbox._run.components import make_component, register_layers
from pegbox._run.spacing import spaced
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.objective import Objective
from pegbox.searcher import Point, Traits
from pegbox.searcher_wrapper import SearcherWrapper
from pegbox.seeds import derive_seed
from pegbox.space import Condition, Domain, DomainKind, Float, Int, Normal, Space, is_active
from pegbox.space.presented import Presentation
from pegbox.trial import Outcome, trial_id

__all__ = ["LOSS", "Loss", "SearcherRig", "Trial", "settled"]

LOSS: Final = Objective("loss", "min")

#: From a point to the value of each objective.
Loss = Callable[[Mapping[str, float | int]], Sequence[float]]

_RUN: Final = "abcde"
_ALL_KINDS: Final[frozenset[DomainKind]] = frozenset(get_args(DomainKind))
#: How often a searcher that waits is asked again while nothing is pending.
_PATIENCE: Final = 3


@dataclass(slots=True)
class Trial:
    """One trial of the rig.

    Attributes:
        number: From 0, in the order of the asks.
        raw: What the searcher answered.
        point: The same, put right; or another one that it was moved to.
        result: The last one; None before the end and where there was none.
        outcome: None while it runs.
    """

    number: int
    raw: Mapping[str, Any]
    point: dict[str, float | int]
    result: dict[str, Any] | None = None
    outcome: Outcome | None = None

    @property
    def name(self) -> str:
        """The public id."""
        return trial_id(_RUN, self.number)


class SearcherRig:
    """One searcher, set up.

    Args:
        make: Gives a new searcher; called again at a restore.
        space: As ``param_space``.
        objectives: What counts; minimized.
        seed: The run's seed.
        points: What is to be tried first, coded like points.
        parameter_constraints: On the space as it is.
        outcome_constraints: On what trials report.
        as_it_is: Show all domains as they are, whatever the traits say.
        spaced: Whether core keeps points apart that are under way, as in a run.
        moved: Whether each trial gets another point than was proposed, one drawn at random: more
            than core ever does. As in a run, only where the searcher is told at a trial's end
            which one it was.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        space: Mapping[str, Any],
        *,
        objectives: Sequence[Objective] = (LOSS,),
        seed: int = 1,
        points: Sequence[Mapping[str, float | int]] = (),
        parameter_constraints: Sequence[LinearConstraint] = (),
        outcome_constraints: Sequence[OutcomeConstraint] = (),
        as_it_is: bool = False,
        spaced: bool = False,
        moved: bool = False,
    ) -> None:
        self._spaced, self._moved = spaced, moved
        self._constraints = parameter_constraints, outcome_constraints
        self._make, self._seed, self._points = make, seed, points
        self.objectives = tuple(objectives)
        self.space = Space(space)
        self._as_it_is = as_it_is
        self.trials: list[Trial] = []
        self._inherited: set[int] = set()
        #: How often it waited although nothing was pending.
        self.idle_waits = 0
        self._begin()

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """Of the parameters, where the searcher leaves out what does not exist."""
        return self.space.conditions if self.traits.conditions or self._as_it_is else {}

    @property
    def domains(self) -> Mapping[str, Domain]:
        """What the searcher is shown."""
        return self._presentation.domains

    @property
    def pending(self) -> list[Trial]:
        """Those that have not ended."""
        return [trial for trial in self.trials if trial.outcome is None]

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call a hook of the searcher."""
        return self._manager.call(hook, **arguments)

    def restore(self, *, with_state: bool = False) -> None:
        """Go on with a new searcher that is told what is known, as after the driver was killed.

        Args:
            with_state: Hand on the state as well, as after an end in good order.
        """
        state = self.call("searcher_save") if with_state else None
        self._begin()
        if state:
            self.call("searcher_load", state=copy.deepcopy(state))
        for trial in self.trials:
            if trial.outcome is not None:
                self._observe(trial)
        self._inherited = {trial.number for trial in self.pending}

    def ask(self) -> Trial | Signal:
        """Ask once; a wait while nothing is pending is forgiven a few times, and counted."""
        for _ in range(_PATIENCE):
            answer = self._ask()
            if answer is not Signal.WAIT or self.pending:
                return answer
            self.idle_waits += 1
        return answer

    def asks(self, times: int) -> list[Trial]:
        """Ask several times; where the searcher waits, the oldest pending trial ends first.

        Returns:
            So many trials; fewer only of a finite space that a searcher has gone through.

        Raises:
            AssertionError: It has finished before.
        """
        found: list[Trial] = []
        while len(found) < times:
            answer = self.ask()
            if isinstance(answer, Trial):
                found.append(answer)
            elif answer is Signal.WAIT and self.pending:
                self.end(self.pending[0], [0.5] * len(self.objectives))
            else:
                if not self._is_finite():
                    raise AssertionError(_said(answer, len(self.trials)))
                break
        assert found, f"answered {answer} to every ask"
        return found

    def end(
        self,
        trial: Trial,
        values: Sequence[float] | None,
        outcome: Outcome = "finished",
        *,
        result: dict[str, Any] | None = None,
    ) -> None:
        """Tell how a trial ended.

        Args:
            trial: One of the pending.
            values: Of the objectives; None for no result at all.
            outcome: How it ended.
            result: The very object to hand over, in the place of one made of ``values``.
        """
        trial.outcome, trial.result = outcome, result or self.result(values)
        if trial.number in self._inherited:
            self._observe(trial)
            return
        self.call(
            "searcher_complete",
            trial_id=trial.name,
            result=trial.result if result else copy.deepcopy(trial.result),
            error=outcome == "failed",
            outcome=outcome,
            config=dict(trial.point),
        )

    def result(self, values: Sequence[float] | None) -> dict[str, Any] | None:
        """The result of these values of the objectives."""
        if values is None:
            return None
        named = {each.metric: value for each, value in zip(self.objectives, values, strict=True)}
        return {**named, "training_iteration": 1}

    def observe(self, points: Iterable[Mapping[str, float | int]], loss: Loss) -> None:
        """Tell points of others, with what they gave."""
        for point in points:
            self.call(
                "searcher_observe",
                config=dict(point),
                result=self.result(loss(point)),
                outcome="finished",
                trial_id=None,
            )

    def learn(self, times: int, loss: Loss, **reported: Callable[[Point], float]) -> list[Trial]:
        """Ask and tell in turn.

        Args:
            times: How often.
            loss: From a point to the value of each objective.
            **reported: Other metrics, by name.
        """
        found = []
        for _ in range(times):
            (trial,) = self.asks(1)
            others = {name: value(trial.point) for name, value in reported.items()}
            result = {**(self.result(loss(trial.point)) or {}), **others}
            self.end(trial, None, result=result)
            found.append(trial)
        return found

    def config(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration that an answer stands for.

        Raises:
            ConfigError: A parameter that exists in it is missing, or has no such value.
        """
        near = {path: _nearest(self.domains[path], value, path) for path, value in raw.items()}
        return self.space.config(self._presentation.meant(near))

    def drawn(self, times: int, seed: int = 0) -> list[dict[str, float | int]]:
        """Points drawn from the space as the searcher sees it."""
        rng = random.Random(seed)
        return [
            {path: domain.draw(rng) for path, domain in self.domains.items()} for _ in range(times)
        ]

    # ------------------------------------------------------------------ inside

    def _begin(self) -> None:
        plugin = self._make()
        self.plugin = plugin
        component = _component(plugin)
        self.traits: Traits = component.traits
        takes = Traits(domains=_ALL_KINDS, conditions=True) if self._as_it_is else self.traits
        self._presentation = Presentation(self.space, takes)
        self._manager = RoleManager("searcher")
        layers = spaced(component, self._presentation) if self._spaced else component
        register_layers(self._manager, layers)
        self.call(
            "searcher_setup",
            space=dict(self.domains),
            objectives=self.objectives,
            seed=derive_seed(self._seed, "searcher"),
            num_samples=-1,
            conditions=dict(self.space.conditions),
            points=[dict(point) for point in self._points],
            parameter_constraints=self._constraints[0],
            outcome_constraints=self._constraints[1],
        )

    def _is_finite(self) -> bool:
        return all(domain.size is not None for domain in self.domains.values())

    def _ask(self) -> Trial | Signal:
        number = len(self.trials)
        pending = {trial.name: trial.point for trial in self.pending}
        answer = self.call(
            "searcher_suggest",
            trial_id=trial_id(_RUN, number),
            pending=MappingProxyType(pending),
            ask=number,
            seed=derive_seed(self._seed, "ask", number),
        )
        if isinstance(answer, Signal):
            return answer
        point = settled(self.domains, self.conditions, answer)
        if self._moved and _takes_config(self.plugin):
            (point,) = self.drawn(1, seed=number)
        trial = Trial(number, answer, point)
        self.trials.append(trial)
        return trial

    def _observe(self, trial: Trial) -> None:
        self.call(
            "searcher_observe",
            config=dict(trial.point),
            result=copy.deepcopy(trial.result),
            outcome=trial.outcome,
            trial_id=trial.name,
        )


def _takes_config(plugin: Any) -> bool:
    """Whether it is told at the end of a trial which point that had."""
    role = ROLES["searcher"]
    return any(
        "config" in inspect.signature(one.function).parameters
        for one in find_implementations(role, plugin, Label("searcher", plugin))
        if one.hook == "searcher_complete"
    )


def _component(plugin: Any) -> Component:
    if isinstance(plugin, SearcherWrapper):
        return make_component("searcher", plugin, "random")
    return Component(type(plugin).__name__, {}, False, plugin)


def settled(
    domains: Mapping[str, Domain], conditions: Mapping[str, Condition], raw: Mapping[str, Any]
) -> dict[str, float | int]:
    """An answer as the nearest point that it can stand for.

    Args:
        domains: As the searcher was shown them.
        conditions: Of the parameters that it leaves out where they do not exist.
        raw: What it answered.
    """
    point: dict[str, float | int] = {}
    for path, domain in domains.items():
        if is_active(path, point, conditions):
            assert path in raw, f"a point lacks {path!r}: {dict(raw)}"
            point[path] = _nearest(domain, raw[path], path)
    return point


def _said(answer: Signal, asks: int) -> str:
    if answer is Signal.WAIT:
        return f"answered WAIT to ask {asks} while nothing was pending: no tell would end the wait"
    return f"answered {answer.name} to ask {asks}: there are points left"


def _nearest(domain: Domain, value: Any, path: str) -> float | int:
    plain: float = value.item() if hasattr(value, "item") else value
    if not isinstance(plain, int | float):
        raise AssertionError(
            f"{path!r} is {value!r}; a point has numbers, and of a {domain.kind} "
            + ("the index of the value" if domain.kind in ("choice", "grid") else "the number")
        )
    if isinstance(domain, Float | Int | Normal):
        return domain.nearest(plain)
    assert domain.size is not None
    return min(max(round(plain), 0), domain.size - 1)
