"""Asking and telling the searcher: from orders to hook calls, from points to events.

Owns what is pending. Runs wherever its driver runs it, always one order at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from pegbox._run.earlier_trials import Told
from pegbox._run.feasible_points import FeasiblePoints
from pegbox._run.searcher_here import SearcherCalls, outside_the_space
from pegbox._run.told_results import ToldResults
from pegbox.commands import Ask, Tell, TellResult
from pegbox.decisions import Signal
from pegbox.errors import PegboxError
from pegbox.events import Declined, Event, Exhausted, PluginFailed, Suggested
from pegbox.resources import Resources
from pegbox.searcher import Point
from pegbox.seeds import derive_seed
from pegbox.space import Space
from pegbox.space.presented import Presentation
from pegbox.trial import Outcome, experiment_tag, trial_id

__all__ = ["KnownTrial", "SearcherDesk"]

#: A trial known from before a restore: number, point, and how it ended; None if it has not.
KnownTrial = tuple[int, Point, Mapping[str, Any] | None, Outcome | None]


class SearcherDesk:
    """One run's way to its searcher.

    Args:
        searcher: Its setup has been called.
        space: Puts points back into configurations.
        told: How results read to it.
        feasible: Asks again where a proposal breaks a constraint.
        seed: The run's seed.
        run: The run's 5 hex digits.
        resources: What a trial with a given configuration asks for.
        named: Gives a new trial the names that the user's functions say.
        clock: Seconds on the run's clock.
        presentation: The space in the searcher's own terms.
        wanted: Gives what the user wants to have tried at an ask, whole or in part.
        evaluated: Results from elsewhere, which it is told before anything else.
        mortal: Whether the searcher may come to be made again, and told again what is known.

    Attributes:
        configuring_s: Seconds that it took to make trials of points, with the user's functions.
    """

    def __init__(
        self,
        searcher: SearcherCalls,
        space: Space,
        told: ToldResults,
        feasible: FeasiblePoints,
        seed: int,
        run: str,
        resources: Callable[[Mapping[str, Any]], Resources],
        named: Callable[[Suggested], Suggested],
        clock: Callable[[], float],
        *,
        presentation: Presentation,
        wanted: Callable[[int], Point],
        evaluated: Iterable[Told] = (),
        mortal: bool = False,
    ) -> None:
        self._searcher = searcher
        self._space = space
        self._told = told
        self._feasible = feasible
        self._seed = seed
        self._run = run
        self._resources = resources
        self._named = named
        self._clock = clock
        self._presentation = presentation
        self._wanted = wanted
        self._evaluated = tuple(evaluated)
        self._untold = list(self._evaluated)
        self._mortal = mortal
        #: What a searcher that begins anew has to be told; kept where that may happen.
        self._known: dict[int, KnownTrial] = {}
        self._pending: dict[str, Point] = {}
        #: Pending trials that an earlier searcher proposed; this one observes how they end.
        self._inherited: set[str] = set()
        #: What was added to configurations of trials that a searcher may have to be told.
        self._given: dict[str, Mapping[str, Any]] = {}
        self.configuring_s = 0.0
        #: The exception that the searcher failed with; nothing is asked of it after that.
        self.error: Exception | None = None

    def recall(
        self,
        trials: Iterable[KnownTrial],
        left_out: int = 0,
        added: Mapping[int, Mapping[str, Any]] = MappingProxyType({}),
    ) -> None:
        """After a restore: take in what is known; `tell_known` tells it.

        Args:
            trials: All of them.
            left_out: By how many the numbers of asks are beyond those of trials.
            added: Trial's number to what was added to its configuration, where anything was.
        """
        self._feasible.continue_from(left_out)
        self._known = {trial[0]: trial for trial in trials}
        self._given = {trial_id(self._run, number): each for number, each in added.items()}

    def tell_known(self) -> None:
        """Tell a searcher that knows nothing all that is known, in the order of trials' numbers.

        Raises:
            PluginError: The searcher raised.
        """
        self._untold = list(self._evaluated)
        self._pending.clear()
        self._inherited.clear()
        self._tell_evaluated()
        if self._searcher.implements("searcher_recall"):
            for name in sorted(self._given):
                self._searcher.call("searcher_recall", trial_id=name, added=self._given[name])
        for number, point, result, outcome in sorted(self._known.values(), key=_number):
            name = trial_id(self._run, number)
            if outcome is None:
                self._pending[name] = self._seen(point)
                self._inherited.add(name)
            else:
                self._observe(name, self._seen(point), result, outcome)
        if not self._mortal:
            self._known.clear()
            self._given.clear()

    def _tell_evaluated(self) -> None:
        """Before anything else is told or asked: results from elsewhere."""
        while self._untold:
            point, result, outcome = self._untold.pop(0)
            self._observe(None, self._seen(point), result, outcome)

    def _observe(
        self, name: str | None, point: Point, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        """Tell of a point, which is in the searcher's terms."""
        self._searcher.call(
            "searcher_observe",
            config=point,
            result=self._told.result(result),
            outcome=self._told.outcome(result, outcome),
            trial_id=name,
        )

    def carry_out(self, order: Ask | Tell | TellResult) -> Event | None:
        """Do one order; after the searcher has failed, nothing."""
        if self.error is not None:
            return None
        try:
            self._tell_evaluated()
            if isinstance(order, Ask):
                return self._ask(order.trial)
            if isinstance(order, Tell):
                self._tell(order)
            else:
                self._tell_result(order)
        except PegboxError as error:
            return self.failed(error)
        return None

    def settle(self) -> Event | None:
        """Wait until the searcher has heard what it was told."""
        if self.error is not None:
            return None
        try:
            self._searcher.settle()
        except PegboxError as error:
            return self.failed(error)
        return None

    def failed(self, error: Exception) -> PluginFailed:
        """The failure as an event; nothing is asked of the searcher after it."""
        self.error = error
        return PluginFailed(self._clock(), "searcher", getattr(error, "plugin", ""), str(error))

    def _ask(self, number: int) -> Event:
        name = trial_id(self._run, number)
        chosen = self._feasible.choose(number, partial(self._proposed, name))
        if chosen.answer is Signal.WAIT:
            return Declined(self._clock(), number)
        if isinstance(chosen.answer, Signal):
            return Exhausted(self._clock(), number)
        point = chosen.answer
        self._pending[name] = self._seen(point)
        if not chosen.proposed:
            self._inherited.add(name)
        added = self._added(name, chosen.ask)
        if self._mortal:
            self._known[number] = number, point, None, None
            if added:
                self._given[name] = added
        since = time.monotonic()
        try:
            return self._born(number, chosen.ask, point, added)
        finally:
            self.configuring_s += time.monotonic() - since

    def _proposed(self, name: str, ask: int, seed: int) -> Point | Signal:
        """The searcher's answer, as a point of the space."""
        answer = self._searcher.suggest(
            trial_id=name, pending=MappingProxyType(self._pending), ask=ask, seed=seed
        )
        return answer if isinstance(answer, Signal) else self._conformed(answer, ask)

    def _born(self, number: int, ask: int, point: Point, added: Mapping[str, Any]) -> Suggested:
        """The trial that a point becomes."""
        config_seed = derive_seed(self._seed, "config", number)
        config = {**self._space.config(point, config_seed), **added}
        born = Suggested(
            self._clock(),
            number,
            point,
            config,
            self._space.encode_config(config, point, config_seed),
            self._resources(config),
            experiment_tag(number, self._space.varied(config, point)),
            ask=ask if ask != number else 0,
        )
        return self._named(born)

    def _added(self, name: str, ask: int) -> dict[str, Any]:
        """What the searcher and its wrappers add to a trial's configuration."""
        if not self._searcher.implements("searcher_config"):
            return {}
        answers = self._searcher.call("searcher_config", trial_id=name, ask=ask)
        return {key: value for answer in answers for key, value in answer.items()}

    def _seen(self, point: Point) -> Point:
        """A point as this searcher would have proposed it."""
        return self._presentation.shown(point)

    def _conformed(self, answer: Mapping[str, Any], ask: int) -> Point:
        try:
            return self._presentation.meant(answer, self._wanted(ask))
        except PegboxError as error:
            raise outside_the_space(self._searcher.label, error) from error

    def _tell(self, order: Tell) -> None:
        name = trial_id(self._run, order.trial)
        point = self._pending.pop(name, None)
        if self._mortal:
            known = self._known[order.trial][1]
            self._known[order.trial] = order.trial, known, order.result, order.outcome
        if name in self._inherited and point is not None:
            self._observe(name, point, order.result, order.outcome)
            return
        outcome = self._told.outcome(order.result, order.outcome)
        self._searcher.call(
            "searcher_complete",
            trial_id=name,
            result=self._told.result(order.result),
            error=outcome == "failed",
            outcome=outcome,
            config=point,
        )

    def _tell_result(self, order: TellResult) -> None:
        name = trial_id(self._run, order.trial)
        if name in self._inherited:
            return
        told = self._told.result(order.result)
        self._searcher.call("searcher_result", trial_id=name, result=told)


def _number(trial: KnownTrial) -> int:
    return trial[0]
