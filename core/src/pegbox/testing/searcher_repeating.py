"""Cases about what a searcher's points follow from: seeds and tells, and nothing else."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox import jsonvalue
from pegbox.decisions import Signal
from pegbox.space import choice
from pegbox.testing.searcher_cases import PLANE, SearcherCases, bowl
from pegbox.testing.searcher_elsewhere import points_elsewhere
from pegbox.testing.searcher_rig import SearcherRig
from pegbox.trial import Outcome

__all__ = ["RepeatingCases"]

#: How many trials are under way at a time.
_BESIDE: Final = 3

_DRAWS: Final = "does it draw from a generator that the seed of the ask does not begin anew?"
_RESTORED: Final = (
    "a new searcher is told what is known by `observe`, in the order of the trials: what does it "
    "keep that this does not bring back, or that follows from who was told first?"
)

_OUTCOMES: Final[tuple[Outcome, ...]] = ("finished", "stopped", "failed")


class RepeatingCases(SearcherCases):
    """See the module."""

    def test_repeats(self) -> None:
        """Same seed, same order of tells, same points, whatever happens in between.

        Run twice, restored after every k-th tell (with and without its own state), looked at all
        the time, and in a process where nothing of this one is there to help.
        """
        first = self._points()
        assert self._points() == first, f"the same run gave other points; {_DRAWS}"
        looked_at = self._points(before=lambda rig: rig.call("searcher_save"))
        assert looked_at == first, "looked at its state, it gave other points"
        for every in self.restores:
            self._check_restored(first, _each(every), f"each {every} tells")
        half = self.known // 2
        self._check_restored(first, half.__eq__, f"{half} tells, with its state", with_state=True)
        rig = self.rig()
        here = [dict(trial.raw) for trial in rig.learn(6, bowl)]
        elsewhere = points_elsewhere(self.make_searcher(), PLANE, bowl, 6)
        assert elsewhere == here, f"in a process of its own it gave other points; {_DRAWS}"

    def test_goes_by_the_points_that_trials_had(self) -> None:
        """Where core has moved a point, results belong to the point that ``config`` says.

        So it goes on like a new one that is told the same by `observe`. Points of a searcher that
        does not take ``config`` at the end of a trial are never moved.
        """

        def goes_on_alike(*, moved: bool) -> bool:
            rig = self.rig(moved=moved)
            for trial in rig.asks(self.known):
                if trial.outcome is None:
                    rig.end(trial, bowl(trial.point))
            known = len(rig.trials)
            first = [trial.raw for trial in rig.asks(1)]
            del rig.trials[known:]
            rig.restore()
            return [trial.raw for trial in rig.asks(1)] == first

        # Who does not repeat goes on differently anyway, which is another case.
        assert goes_on_alike(moved=True) or not goes_on_alike(moved=False), (
            "told at the end of trials that their points were others than it had proposed, it gave "
            "other points than one that was told the same by `observe`: does it go by `config`?"
        )

    def test_keeps_its_state_as_json_data(self) -> None:
        """What `get_state` gives can be stored, and comes back as it was."""
        rig = self.rig()
        rig.learn(self.known, bowl)
        state = rig.call("searcher_save") or {}
        kept = json.loads(json.dumps(jsonvalue.plain(state)))
        assert kept == state, f"of {state} the store gives back {kept}"

    def test_depends_on_the_seed(self) -> None:
        """Another seed gives other points."""
        first, second = ([trial.point for trial in self.rig(seed=seed).asks(4)] for seed in (1, 2))
        assert first != second, "seeds 1 and 2 gave the same points: it takes no notice of the seed"

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
        rig = self.rig({"only": choice(["a", "b", "c"])}, explores=True)
        answers = []
        for _ in range(12):
            answer = rig.ask()
            answers.append(answer)
            if not isinstance(answer, Signal):
                rig.end(answer, [0.5])
        if Signal.FINISHED in answers:
            rest = answers[answers.index(Signal.FINISHED) :]
            assert rest == [Signal.FINISHED] * len(rest), f"after FINISHED it answered {rest}"

    def _check_restored(
        self,
        first: list[Mapping[str, float | int]],
        restores: Callable[[int], bool],
        when: str,
        *,
        with_state: bool = False,
    ) -> None:
        found = self._points(restores, with_state=with_state)
        same = _alike(found, first)
        assert found == first, (
            f"restored after {when}, it gave other points from ask {same} on; {_RESTORED}"
        )

    def _points(
        self,
        restores: Callable[[int], bool] = lambda tells: False,
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
