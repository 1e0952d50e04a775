"""Which checkpoints stay: the best so many of each trial, and those that a trial would go on from.

It keeps the account and says what is surplus; the engine makes facts of that, and nothing is
deleted here. What it costs grows with the checkpoints that one trial keeps, not with those of all.

A checkpoint is surplus when better ones of its trial fill the number to keep, and no trial would
go on from it: not its own trial, whatever has become of that, and not one that copied it. So with
a score the latest may stay beside the best, and a donor's as long as its copy has none of its own.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pegbox._engine.record import TrialRecord
from pegbox.events import CheckpointsDropped, Ended, Event, Reconfigured, Reported, Resumed
from pegbox.nearest import nearest_name

__all__ = ["KeepRule", "Retention"]


@dataclass(frozen=True, slots=True)
class KeepRule:
    """How many checkpoints of each trial are kept, and which.

    Attributes:
        count: At least 1.
        score: Name of the value by which the best are kept; None keeps the latest.
        order: Which value is best.
    """

    count: int
    score: str | None = None
    order: str = "max"

    def value(self, result: Mapping[str, Any]) -> float | None:
        """What counts of a result, the higher the better; None where that is no number, or NaN."""
        found = None if self.score is None else result.get(self.score)
        if not isinstance(found, int | float) or math.isnan(found):
            return None
        return found if self.order == "max" else -found


class Retention:
    """The account of all checkpoints that were recorded and not dropped.

    Args:
        rule: What is kept.
    """

    def __init__(self, rule: KeepRule) -> None:
        self._rule = rule
        #: Trial -> path -> (whether it has a score, the score, turn); the greatest is the best.
        self._kept: dict[int, dict[str, tuple[bool, float, int]]] = {}
        #: Path -> trial; the same paths as in ``_kept``.
        self._owner: dict[str, int] = {}
        #: Trial -> path of what it would go on from.
        self._source: dict[int, str] = {}
        #: Path -> how many trials would go on from it; never 0.
        self._users: Counter[str] = Counter()
        self._turn = 0
        self._complained = False

    def note(self, fact: Event, trials: Mapping[int, TrialRecord]) -> Collection[int]:
        """Take in a fact that was applied to the trials.

        Returns:
            Numbers of the trials of which something may have become surplus.
        """
        match fact:
            case Reported() | Ended():
                if fact.checkpoint is None:
                    return ()
                record = trials[fact.trial]
                self._add(fact.trial, fact.checkpoint.path, self._rule.value(record.result or {}))
                return {fact.trial, *self._follow(record)}
            case Reconfigured():
                return self._follow(trials[fact.trial])
            case Resumed():
                self._resumed(fact, trials)
                return list(self._kept)
            case CheckpointsDropped():
                for path in fact.paths:
                    self._forget(path)
            case _:
                pass
        return ()

    def surplus(self, trial: int) -> tuple[str, ...]:
        """Paths of a trial's checkpoints that need not stay, the oldest first."""
        kept = self._kept.get(trial, {})
        if len(kept) <= self._rule.count:
            return ()
        best = heapq.nlargest(self._rule.count, kept, key=kept.__getitem__)
        return tuple(path for path in kept if path not in best and path not in self._users)

    def counts(self, path: str) -> bool:
        """Whether a checkpoint was recorded and not dropped, or a trial would go on from it."""
        return path in self._owner or path in self._users

    def complaint(self, trial_id: str, result: Mapping[str, Any]) -> str:
        """What to tell the user of a result that lacks the score; said once, else empty."""
        name = self._rule.score
        if name is None or name in result or self._complained:
            return ""
        self._complained = True
        near = nearest_name(name, result)
        return (
            f"trial {trial_id} reported a checkpoint without {name!r}, the"
            " checkpoint_score_attribute: such checkpoints count as the worst, and among them the"
            " latest is kept first" + (f"; did you mean {near!r}?" if near else "")
        )

    def _add(self, trial: int, path: str, value: float | None) -> None:
        self._turn += 1
        kept = self._kept.setdefault(trial, {})
        kept.pop(path, None)
        kept[path] = (value is not None, value or 0.0, self._turn)
        self._owner[path] = trial

    def _forget(self, path: str) -> None:
        owner = self._owner.pop(path, None)
        if owner is not None:
            del self._kept[owner][path]

    def _follow(self, record: TrialRecord) -> Collection[int]:
        """Note what a trial would go on from; the trial whose checkpoint it leaves, if any."""
        path = record.checkpoint.path if record.checkpoint else None
        before = self._source.pop(record.number, None)
        if path is not None:
            self._source[record.number] = path
        if path == before:
            return ()
        if path is not None:
            self._users[path] += 1
            if path not in self._owner:
                # Found whole on disk by a restore, though its report was never stored.
                self._add(record.number, path, None)
        if before is None:
            return ()
        self._users[before] -= 1
        if not self._users[before]:
            del self._users[before]
        owner = self._owner.get(before)
        return () if owner is None else (owner,)

    def _resumed(self, fact: Resumed, trials: Mapping[int, TrialRecord]) -> None:
        for number in fact.checkpoints or ():
            # Damaged: it counts as none of those to keep, and is left where it is.
            if (lost := self._source.get(number)) is not None:
                self._forget(lost)
        for record in trials.values():
            self._follow(record)

    def check(self, trials: Mapping[int, TrialRecord]) -> None:
        """Recount everything that is derived; for tests.

        Raises:
            AssertionError: A derived value differs, or something surplus was not dropped.
        """
        sources = {n: r.checkpoint.path for n, r in trials.items() if r.checkpoint is not None}
        assert self._source == sources, (self._source, sources)
        assert self._users == Counter(sources.values())
        owners = {path: trial for trial, kept in self._kept.items() for path in kept}
        assert self._owner == owners, (self._owner, owners)
        for trial, kept in self._kept.items():
            assert not self.surplus(trial), (trial, kept, self._users)
