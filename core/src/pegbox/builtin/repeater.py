"""Each suggestion several times: around any searcher, which is told the mean."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegbox.argument_checks import flag, whole
from pegbox.builtin.repeats import Known, Repeats
from pegbox.decisions import FINISHED, KEPT, Signal
from pegbox.hookspecs import hookimpl
from pegbox.searcher import Point, Traits
from pegbox.searcher_wrapper import SearcherWrapper
from pegbox.seeds import derive_seed
from pegbox.space import Grid
from pegbox.trial import Outcome, trial_id, trial_number

__all__ = ["TRIAL_INDEX", "Repeater"]

#: Where a trial finds in its configuration which repeat it is, from 0.
TRIAL_INDEX: Final = "__trial_index__"


class Repeater(SearcherWrapper):
    """Tries each point of a searcher several times, and tells it the mean.

    A group is ``repeat`` trials whose numbers lie together. The searcher sees one trial for each:
    it is told once, when all of the group have ended, the mean of every number that all of them
    reported that have not failed; a group has failed where all of it has. Results before the end
    are kept from it. ``num_samples`` counts trials, so a group may be cut short at the end; with
    grids, which are gone through whole, every group is.

    Args:
        searcher: A searcher, the name of one, a name with options, or another wrapper.
        repeat: Trials of each point.
        set_index: Whether a trial finds in ``config["__trial_index__"]`` which repeat it is, from
            0; a seed, for example.

    Raises:
        ConfigError: An argument cannot be used.
    """

    def __init__(self, searcher: Any, repeat: int = 1, set_index: bool = True) -> None:
        whole("Repeater", "repeat", repeat, 1)
        flag("Repeater", "set_index", set_index)
        super().__init__(searcher, repeat=repeat, set_index=set_index)
        self._repeat = repeat
        self._set_index = set_index

    def adjusted(self, traits: Traits) -> Traits:
        """The searcher's, but that it sees no results before a trial's end."""
        return dataclasses.replace(traits, intermediate=False)

    def most_pending(self, inside: int | None) -> int | None:
        """Each point that is pending inside stands for so many trials.

        Args:
            inside: What holds for what is inside.
        """
        return None if inside is None else inside * self._repeat

    def asks_inside(self, asks: int) -> int:
        """One for each group that has begun.

        Args:
            asks: One for each trial.
        """
        return math.ceil(asks / self._repeat)

    @hookimpl
    def searcher_setup(self, space: Mapping[str, Any], seed: int, num_samples: int) -> Signal:
        """Set the searcher up for as many points as there are groups."""
        whole = any(isinstance(domain, Grid) for domain in space.values())
        self._most_asks = num_samples if num_samples >= 0 and not whole else None
        self._seed = seed
        self._repeats = Repeats(self._repeat)
        #: The trial that was asked for last, and how often its point has been refused since.
        self._last_trial, self._refused = -1, 0
        points = math.ceil(num_samples / self._repeat) if num_samples >= 0 else num_samples
        self.inner.call("searcher_setup", num_samples=points)
        return KEPT

    @hookimpl
    def searcher_suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int
    ) -> Point | Signal:
        """The group's point; for a group that has none yet, the searcher's next."""
        if self._most_asks is not None and ask >= self._most_asks:
            return FINISHED
        self._repeats.take_in(pending)
        number = trial_number(trial_id)
        group, place = divmod(number, self._repeat)
        self._refused = self._refused + 1 if number == self._last_trial else 0
        self._last_trial = number
        if self._refused and not place:
            self._repeats.drop(group)
        point = self._repeats.point_of(group)
        if point is not None:
            return point
        # Beyond the group's number where combinations of a grid have been left out.
        ask //= self._repeat
        again = (self._refused,) if self._refused else ()
        answer: Point | Signal = self.inner.call(
            "searcher_suggest",
            trial_id=_group_id(trial_id, group),
            pending={
                _group_id(trial_id, number): point for number, point in self._repeats.unanswered()
            },
            ask=ask,
            seed=derive_seed(self._seed, "group", ask, *again),
        )
        if isinstance(answer, Signal):
            self._last_trial = -1
        else:
            self._repeats.begin(group, answer)
        return answer

    @hookimpl
    def searcher_config(self, ask: int) -> Mapping[str, Any]:
        """Which repeat it is."""
        return {TRIAL_INDEX: ask % self._repeat} if self._set_index else {}

    @hookimpl
    def searcher_result(self) -> Signal:
        """A mean of what is not over says nothing."""
        return KEPT

    @hookimpl
    def searcher_complete(
        self, trial_id: str, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> Signal:
        """Tell the mean once the group has ended."""
        self._tell(trial_id, self._repeats.ended(trial_number(trial_id), None, (result, outcome)))
        return KEPT

    @hookimpl
    def searcher_observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> Signal | None:
        """Likewise for trials from before a restore; what is no trial goes on inwards."""
        if trial_id is None:
            return None
        end = result, outcome
        self._tell(trial_id, self._repeats.ended(trial_number(trial_id), config, end))
        return KEPT

    def _tell(self, trial_id: str, known: Sequence[Known]) -> None:
        for one in known:
            group = None if one.group is None else _group_id(trial_id, one.group)
            told = {
                "trial_id": group,
                "config": one.point,
                "result": one.result,
                "outcome": one.outcome,
            }
            if one.proposed:
                error = one.outcome == "failed"
                self.inner.call("searcher_complete", error=error, **told)
            else:
                self.inner.call("searcher_observe", **told)


def _group_id(of_a_trial: str, group: int) -> str:
    """The id under which the searcher knows a group: as if it were a trial of that number."""
    return trial_id(of_a_trial.rpartition("_")[0], group)
