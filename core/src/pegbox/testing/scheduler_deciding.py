"""Cases about what a scheduler decides, and what it goes by."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from pegbox.testing.scheduler_cases import SchedulerCases, check_ended
from pegbox.testing.scheduler_trials import (
    is_odd,
    losses,
    losses_with_odd_ones,
    no_faults,
    some_faults,
)

__all__ = ["DecidingCases"]


class DecidingCases(SchedulerCases):
    """See the module."""

    @pytest.mark.parametrize("broken", [False, True])
    def test_brings_every_trial_to_an_end(self, broken: bool) -> None:
        """Also where tries fail, workers die and trials go back to a checkpoint."""
        run, _ = self.play(faults=some_faults if broken else no_faults)
        check_ended(run)

    def test_keeps_the_best(self) -> None:
        """No trial gets further than the one that is best at every iteration."""
        run, _ = self.play()
        best = min(run.trials, key=lambda trial: trial.config["x"])
        furthest = max(trial.iteration for trial in run.trials)
        assert best.iteration == furthest, f"the best ended at {best.iteration} of {furthest}"

    def test_takes_either_mode(self) -> None:
        """A metric to be maximized is decided on like its opposite to be minimized."""
        _, less = self.play()
        _, more = self.play(mode="max", curve=losses(-1))
        assert more.decisions == less.decisions, (
            "with mode='max' and values of the other sign it decided differently; "
            "does it rank by Objective.loss?"
        )

    @pytest.mark.parametrize("odd", [{"loss": math.nan}, {"loss": math.inf}])
    def test_ranks_nan_and_infinity_worst(self, odd: Mapping[str, float]) -> None:
        """They are no reason to fail, and go no further than with the worst loss of all."""

        def reached(instead: Mapping[str, float]) -> list[int]:
            run, _ = self.play(curve=losses_with_odd_ones(instead))
            assert run.error is None, f"{run.error}"
            return [each.iteration for each in run.trials if is_odd(each.config)]

        pairs = zip(reached(odd), reached({"loss": 1e6}), strict=True)
        further = [pair for pair in pairs if pair[0] > pair[1]]
        assert not further, f"with {odd} trials got to {further[0][0]}, and not to {further[0][1]}"

    def test_touches_nothing_but_what_it_is_given(self) -> None:
        """No clock, no file, no random numbers but those of the generator handed in."""
        _, watched = self.play(noting=True)
        assert not watched.impure, f"it calls {sorted(set(watched.impure))}"

    def test_leaves_alone_what_it_is_given(self) -> None:
        """Results are others' data."""
        _, watched = self.play()
        assert not watched.changed, watched.changed[0]
