"""Cases about what a searcher makes of results: direction, others' points, failures, pending."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final

from pegbox.constraints import OutcomeConstraint
from pegbox.objective import Objective
from pegbox.testing.conformance import verified
from pegbox.testing.searcher_cases import SearcherCases, bowl
from pegbox.testing.searcher_rig import Loss, SearcherRig, Trial

__all__ = ["LearningCases"]

#: Two of eight points beside each other are at least so far apart, of the cube's edge.
_APART: Final = 0.005
_BESIDE: Final = 8

#: How many results there are at least where failures are among them, or before those eight.
_TOLD: Final = 20

_TWO: Final = (Objective("first", "min"), Objective("second", "min"))


class LearningCases(SearcherCases):
    """See the module."""

    def test_learns_which_way_is_down(self) -> None:
        """From its own points and from others', with one objective and with all that it takes.

        Its points come near to where the loss is least; who is model-free takes no notice.
        """
        self._check_learnt(self._points_after, "of its own points")
        self._check_learnt(self._points_after_others, "of others' points, by `observe`")
        if self.traits.multi_objective:
            self._check_learnt(self._points_after_two, "with two objectives")

    def test_failures_poison_nothing(self) -> None:
        """After 5 failures and 2 NaN among 20 tells come 10 points, not drawn to the failures."""
        rig = self.rig()
        for at, trial in enumerate(rig.asks(max(self.known, _TOLD))):
            if trial.outcome is None:
                _end_or_fail(rig, trial, at)
        points = [trial.point for trial in rig.asks(10)]
        for point in points:
            assert all(0 <= value <= 1 for value in point.values()), f"{point}"
        failing = sum(_fails(point) for point in points)
        assert failing <= 6, f"{failing} of 10 points lie where all trials failed"

    def test_can_begin_with_failures(self) -> None:
        """Where the first trials all fail, there are points still; a restore changes that not."""
        rig = self.rig()
        for trial in rig.asks(4):
            rig.end(trial, None, "failed")
        rig.asks(1)
        rig.restore()
        rig.asks(2)

    def test_differs_from_what_is_pending(self) -> None:
        """8 asks without an answer give 8 points that are worth trying beside each other."""

        def check(*, spaced: bool = False) -> None:
            for seed in range(1, self.seeds + 1):
                rig = self.rig(seed=seed, spaced=spaced)
                rig.observe(rig.drawn(_TOLD - self.known, seed), bowl)
                rig.learn(self.known, bowl)
                points = [trial.point for trial in rig.asks(_BESIDE)]
                least = min(
                    math.dist(one.values(), other.values())
                    for at, one in enumerate(points)
                    for other in points[:at]
                )
                assert least >= _APART, f"seed {seed}: two points are only {least:g} apart" + (
                    " in a run; does on_trial_complete take config?" if spaced else ""
                )

        verified("asking several times in a row", declared=self.traits.batches, check=check)
        if not self.traits.batches:
            check(spaced=True)

    def test_takes_several_objectives_where_it_says_so(self) -> None:
        """Each of the objectives makes a difference."""

        def after(share: float) -> list[Mapping[str, float | int]]:
            rig = self.rig(objectives=_TWO)
            rig.learn(self.known, lambda point: [point["x"] / 10, share * point["y"]])
            return [trial.point for trial in rig.asks(self.modelled)]

        def check() -> None:
            if not self.traits.model_free:
                _check_difference(after, 1.0, -1.0, "the second objective", declared=declared)

        declared = self.traits.multi_objective
        verified("several objectives", declared=declared, check=check)

    def test_heeds_outcome_constraints_where_it_says_so(self) -> None:
        """Whether what trials may report at most makes a difference to later points."""

        def after(constraint: OutcomeConstraint) -> list[Mapping[str, float | int]]:
            rig = self.rig(outcome_constraints=[constraint])
            rig.learn(self.known, bowl, cost=lambda point: point["x"])
            return [trial.point for trial in rig.asks(self.modelled)]

        def check() -> None:
            cheap = median(point["x"] for point in after(OutcomeConstraint({"cost": 1.0}, 0.35)))
            dear = median(point["x"] for point in after(OutcomeConstraint({"cost": -1.0}, -0.65)))
            assert cheap < dear, "the constraint makes no difference"

        declared = self.traits.outcome_constraints
        verified("constraints on outcomes", declared=declared, check=check)

    def test_reads_intermediate_results_where_it_says_so(self) -> None:
        """Whether what a trial reports on its way makes a difference to later points."""

        def after(share: float) -> list[Mapping[str, float | int]]:
            rig = self.rig()
            for trial in rig.asks(self.known):
                for step in (1, 2, 3):
                    value = bowl(trial.point)[0] + share * _other_bowl(trial.point)[0]
                    result = {"loss": value, "training_iteration": step}
                    rig.call("searcher_result", trial_id=trial.name, result=result)
                rig.end(trial, bowl(trial.point))
            return [trial.point for trial in rig.asks(self.modelled)]

        def check() -> None:
            _check_difference(after, 0.0, 9.0, "intermediate results", declared=declared)

        declared = self.traits.intermediate
        verified("intermediate results", declared=declared, check=check)

    def _points_after(self, loss: Loss) -> list[Mapping[str, float | int]]:
        rig = self.rig()
        rig.learn(self.known, loss)
        return [trial.point for trial in rig.learn(self.modelled, loss)]

    def _points_after_others(self, loss: Loss) -> list[Mapping[str, float | int]]:
        rig = self.rig()
        rig.observe(rig.drawn(self.known), loss)
        # What it proposes itself says nothing of where the loss is least.
        return [trial.point for trial in rig.learn(self.modelled, lambda point: [0.3])]

    def _points_after_two(self, loss: Loss) -> list[Mapping[str, float | int]]:
        rig = self.rig(objectives=_TWO)

        def twice(point: Mapping[str, float | int]) -> list[float]:
            return [*loss(point), *loss(point)]

        rig.learn(self.known, twice)
        return [trial.point for trial in rig.learn(self.modelled, twice)]

    def _check_learnt(
        self, after: Callable[[Loss], list[Mapping[str, float | int]]], told: str
    ) -> None:
        """Compare the points after one loss with those after another that is least elsewhere."""
        points, others = after(bowl), after(_other_bowl)
        if self.traits.model_free:
            assert points == others, "the traits say that it is model-free, but results count"
            return
        assert points != others, f"told {told}: results make no difference"
        for loss, ours, theirs in ((bowl, points, others), (_other_bowl, others, points)):
            near = median(math.sqrt(loss(point)[0]) for point in ours)
            far = median(math.sqrt(loss(point)[0]) for point in theirs)
            assert near < far, (
                f"told {told}: its points are {near:.2f} away from the least loss, and {far:.2f} "
                "where the least loss is elsewhere; less is better"
            )


def _check_difference(
    after: Callable[[float], Sequence[Mapping[str, float | int]]],
    one: float,
    other: float,
    of: str,
    *,
    declared: bool,
) -> None:
    points = after(one)
    assert after(other) != points, f"no difference is made by {of}"
    # Who does not repeat gives other points anyway, and takes nothing in by that.
    assert declared or after(one) == points, "the same run gave other points"


def _other_bowl(point: Mapping[str, float | int]) -> list[float]:
    return bowl({"x": 1 - point["x"], "y": 1 - point["y"]})


def _end_or_fail(rig: SearcherRig, trial: Trial, at: int) -> None:
    """All trials in one part of the plane fail: every fourth with a NaN, the others with a lure."""
    if not _fails(trial.point):
        # Nothing here depends on y, so whoever seeks what failed seeks it for that alone.
        rig.end(trial, [(trial.point["x"] - 0.7) ** 2])
    else:
        rig.end(trial, [math.nan if at % 4 == 0 else -1e3], "failed")


def _fails(point: Mapping[str, float | int]) -> bool:
    return point["y"] > 0.65
