"""A searcher with all that stands around it, asked and told as a run does, and restored at will."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from pegbox import Searcher
from pegbox._plugins.manager import RoleManager
from pegbox._run.component import Component
from pegbox._run.components import make_component, register_layers
from pegbox._run.feasible_points import FeasiblePoints
from pegbox._run.searcher_desk import SearcherDesk
from pegbox._run.searcher_here import SearcherHere
from pegbox._run.searcher_process.calls import SearcherThere
from pegbox._run.spacing import spaced
from pegbox._run.told_results import ToldResults
from pegbox.commands import Ask, Tell
from pegbox.constraints.allowed import Allowed
from pegbox.events import Declined, Exhausted, Suggested
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.searcher import Traits
from pegbox.seeds import derive_seed
from pegbox.space import Space, uniform
from pegbox.space.presented import Presentation
from pegbox.trial import Outcome, trial_id

LOSS = Objective("loss", "min")
SPACE = {"x": uniform(0, 1), "y": uniform(0, 1)}


class Learner(Searcher):
    """Its next point follows from everything that it knows, so a mistake in it shows at once.

    What it has been told counts by the trials' numbers, not by the order of the tells.
    """

    traits = Traits(batches=True, cheap=True)

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self.alone: list[Any] = []
        self.proposed: dict[str, Any] = {}
        self.heard: list[str] = []

    def setup(self, space, num_samples):
        self.paths, self.num_samples = list(space), num_samples

    def suggest(self, trial_id, pending, ask, seed):
        assert int(trial_id[-5:]) == ask
        assert not set(pending) & set(self.known), "what has ended is pending no longer"
        mind = repr((_by_number(self.known), _by_number(pending), ask, seed))
        rng = random.Random(mind)
        self.proposed[trial_id] = {path: rng.random() for path in self.paths}
        return self.proposed[trial_id]

    def on_trial_result(self, trial_id, result):
        raise AssertionError("its traits do not ask for it")

    def on_trial_complete(self, trial_id, result, error, outcome):
        assert error == (outcome == "failed")
        self._know(trial_id, self.proposed[trial_id], result, outcome)

    def observe(self, config, result, outcome, trial_id):
        if trial_id is None:
            self.alone.append((dict(config), outcome))
        else:
            self._know(trial_id, config, result, outcome)

    def _know(self, trial_id, point, result, outcome):
        assert trial_id not in self.known, "told once"
        self.heard.append(trial_id)
        loss = None if result is None else result["loss"]
        self.known[trial_id] = dict(point), loss, outcome


def _by_number(trials):
    """What is known of trials, without the digits of the run in their names."""
    return sorted((int(name[-5:]), known) for name, known in trials.items())


class Drive:
    """One run's searcher, and what the engine and the store know of it.

    Args:
        make: Gives what a user passes as ``search_alg``; called again at a restore.
        num_samples: As the user's.
        space: As the user's.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        *,
        num_samples: int = -1,
        space: Mapping[str, Any] = SPACE,
        own_process: bool = False,
    ) -> None:
        self.own_process = own_process
        self.searcher: Any = None
        self.make, self.num_samples, self.space = make, num_samples, Space(space)
        self.points: dict[int, Mapping[str, Any]] = {}
        self.configs: dict[int, Mapping[str, Any]] = {}
        self.ended: dict[int, tuple[Mapping[str, Any] | None, Outcome]] = {}
        self.restore()

    def restore(self) -> None:
        """A new searcher, told what is known."""
        component = make_component("searcher", self.make(), "random")
        self.core: Any = component.core.plugin
        self.traits = component.traits
        self.close()
        presentation = Presentation(self.space, self.traits)
        self.searcher = self._called(spaced(component, presentation))
        self.searcher.call(
            "searcher_setup",
            space=presentation.domains,
            objectives=(LOSS,),
            seed=derive_seed(1, "searcher"),
            num_samples=self.num_samples,
            conditions=self.space.conditions,
            points=(),
            parameter_constraints=(),
            outcome_constraints=(),
        )
        self.desk = SearcherDesk(
            self.searcher,
            self.space,
            ToldResults((LOSS,)),
            FeasiblePoints(Allowed((), self.space), self.space, self.traits, 1, 1, lambda ask: {}),
            1,
            "abcde",
            lambda config: Resources({}),
            lambda born: born,
            lambda: 0.0,
            presentation=presentation,
            wanted=lambda ask: {},
            mortal=self.own_process,
        )
        self.desk.recall(
            (number, point, *self.ended.get(number, (None, None)))
            for number, point in sorted(self.points.items())
        )
        self.desk.tell_known()

    def _called(self, component: Component) -> Any:
        if self.own_process:
            return SearcherThere(component)
        self.manager = RoleManager("searcher")
        register_layers(self.manager, component)
        return SearcherHere(self.manager)

    def close(self) -> None:
        if self.searcher is not None:
            self.searcher.end()

    @property
    def pending(self) -> list[int]:
        return sorted(set(self.points) - set(self.ended))

    def ask(self) -> int | str:
        """The number of a new trial, or ``"wait"`` or ``"finished"``."""
        number = len(self.points)
        event = self.desk.carry_out(Ask(number))
        if isinstance(event, Declined):
            return "wait"
        if isinstance(event, Exhausted):
            return "finished"
        assert isinstance(event, Suggested), (event, self.desk.error)
        self.points[number], self.configs[number] = event.point, event.config
        return number

    def asks(self, times: int) -> list[int | str]:
        return [self.ask() for _ in range(times)]

    def end(self, number: int, loss: float | None = None, outcome: Outcome = "finished") -> None:
        result = None if loss is None else {"loss": loss, "note": "x"}
        self.ended[number] = result, outcome
        self.desk.carry_out(Tell(number, result, outcome))
        assert self.desk.error is None, self.desk.error

    @property
    def heard(self) -> list[int]:
        """Numbers of what the searcher inside has been told, in that order."""
        return [int(each[-5:]) for each in self.core.heard]


def busy_run(
    make: Callable[[], Any],
    restore_after: Callable[[int], bool],
    tells: int = 40,
    space: Mapping[str, Any] = SPACE,
) -> Drive:
    """Trials that end out of order, in every way; as many at a time as the searcher gives."""
    drive = Drive(make, space=space)
    events = random.Random(7)
    for count in range(tells):
        while len(drive.pending) < 5 and drive.ask() != "wait":
            pass
        number = events.choice(drive.pending)
        outcome = events.choices(["finished", "stopped", "failed"], [5, 3, 3])[0]
        loss = events.random()
        drive.end(number, None if outcome == "failed" else loss, outcome)
        if restore_after(count):
            drive.restore()
    drive.ask()
    return drive


def name_of(number: int) -> str:
    return trial_id("abcde", number)
