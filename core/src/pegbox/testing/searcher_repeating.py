"""Cases about what a searcher's points follow from: seeds and tells, and nothing else."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox import jsonvalue
from pegbox.decisions import Signal
from pegbox.testing.searcher_cases import PLANE, SearcherCases, bowl
from pegbox.testing.searcher_elsewhere import points_elsewhere
from pegbox.testing.searcher_rig import SearcherRig
from pegbox.trial import Outcome

__all__ = ["RepeatingCases"]

#: How many trials are under way at a time.
_BESIDE: Final = 3

_OUTCOMES: Final[tuple[Outcome, ...]] = ("finished", "stopped", "failed")


class RepeatingCases(SearcherCases):
    """See the module."""

    def test_repeats(self) -> None:
        """Same seed, same order of tells, same points; also with restores after every k-th tell."""
        first = self._points(lambda tells: None)
        assert self._points(lambda tells: None) == first, "the same run gave other points"
        for every in self.restores:
            restored = self._points(_each(every))
            same = _alike(restored, first)
            assert restored == first, (
                f"restored after every {every} tells, it gave other points from ask {same} on"
            )

    def test_repeats_with_its_state(self) -> None:
        """What `get_state` gave is JSON data, and goes on where it was taken."""
        first = self._points(lambda tells: None)

        def look(rig: SearcherRig) -> None:
            state = rig.call("searcher_save")
            if state:
                assert json.loads(json.dumps(jsonvalue.plain(state))) == state

        half = self.known // 2
        restored = self._points(lambda tells: tells == half, with_state=True, before=look)
        assert restored == first, "handed its own state, it gave other points"

    def test_a_look_at_its_state_changes_nothing(self) -> None:
        """Whoever saves it now and then gets the same points as who does not."""
        looks = self._points(lambda tells: None, before=lambda rig: rig.call("searcher_save"))
        assert looks == self._points(lambda tells: None)

    def test_depends_on_the_seed(self) -> None:
        """Another seed gives other points."""
        first, second = ([trial.point for trial in self.rig(seed=seed).asks(4)] for seed in (1, 2))
        assert first != second

    def test_leaves_alone_what_it_is_given(self) -> None:
        """Results and points are others' data, which it may keep but not change."""
        rig = self.rig()
        given: list[tuple[Any, Any]] = []
        for trial in rig.asks(4):
            result = rig.result(bowl(trial.point))
            given.append((result, copy.deepcopy(result)))
            rig.end(trial, None, result=result)
        for point in rig.drawn(3):
            result = rig.result(bowl(point))
            given += [(point, dict(point)), (result, copy.deepcopy(result))]
            rig.call(
                "searcher_observe", config=point, result=result, outcome="finished", trial_id=None
            )
        rig.asks(2)
        for now, before in given:
            assert now == before, f"{before} became {now}"

    def test_never_waits_for_nothing(self) -> None:
        """A wait ends with the next tell; where nothing is pending there is none to come."""
        rig = self.rig()
        rig.learn(self.known, bowl)
        assert not rig.idle_waits, "it waited while nothing was pending: the run would stand still"

    def test_has_finished_for_good(self) -> None:
        """Whoever answers `FINISHED` never gives a point again."""
        rig = self.rig(explores=True)
        answers = []
        for _ in range(12):
            answer = rig.ask()
            answers.append(answer)
            if not isinstance(answer, Signal):
                rig.end(answer, bowl(answer.point))
        if Signal.FINISHED in answers:
            rest = answers[answers.index(Signal.FINISHED) :]
            assert set(rest) == {Signal.FINISHED}, f"after FINISHED it answered {rest}"

    def test_answers_alike_in_a_process_of_its_own(self) -> None:
        """Where nothing of this process is there to help, the points are the same."""
        rig = self.rig()
        here = [trial.raw for trial in rig.learn(6, bowl)]
        assert points_elsewhere(self.make_searcher(), PLANE, bowl, 6) == [dict(raw) for raw in here]

    def _points(
        self,
        restores: Callable[[int], Any],
        *,
        with_state: bool = False,
        before: Callable[[SearcherRig], Any] = lambda rig: None,
    ) -> list[Mapping[str, float | int]]:
        """The points of a run whose trials end out of order and in every way.

        Args:
            restores: Whether to restore after so many tells.
            with_state: Whether a restore hands the state on.
            before: Called after every tell, before a restore.
        """
        rig = self.rig()
        events = random.Random(5)
        for tells in range(1, self.known + 1):
            while len(rig.pending) < _BESIDE and not isinstance(rig.ask(), Signal):
                pass
            trial = events.choice(rig.pending)
            outcome = events.choices(_OUTCOMES, [6, 2, 1])[0]
            rig.end(trial, None if outcome == "failed" else bowl(trial.point), outcome)
            before(rig)
            if restores(tells):
                rig.restore(with_state=with_state)
        while len(rig.pending) < _BESIDE and not isinstance(rig.ask(), Signal):
            pass
        return [trial.point for trial in rig.trials]


def _each(every: int) -> Callable[[int], bool]:
    return lambda tells: tells % every == 0


def _alike(one: list[Any], other: list[Any]) -> int:
    """How many from the start are the same."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
