"""Asynchronous halving: who is stopped, where, and that a copy decides alike."""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox.builtin.asha import ASHAScheduler, AsyncHyperBandScheduler
from pegbox.decisions import CONTINUE, STOP, Decision
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, State, TrialFailure, TrialView

MINIMIZE = (Objective("loss", "min"),)


@dataclass
class Record:
    """What a view reads."""

    number: int
    state: State = State.RUNNING
    attempt: int = 1
    iteration: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    result: Mapping[str, Any] | None = None
    checkpoint: CheckpointRecord | None = None
    failure: TrialFailure | None = None


def view(number: int) -> TrialView:
    return TrialView(Record(number), "abcde", "train")


def made(
    objectives: tuple[Objective, ...] = MINIMIZE, seed: int = 0, **options: Any
) -> ASHAScheduler:
    scheduler = ASHAScheduler(**options)
    scheduler.setup(objectives, random.Random(seed))
    return scheduler


def tell(scheduler: ASHAScheduler, number: int, time: float, loss: object) -> Decision:
    return scheduler.on_trial_result(view(number), {"training_iteration": time, "loss": loss})


def test_at_a_rung_a_trial_worse_than_the_best_quarter_stops() -> None:
    asha = made(grace_period=4)
    for number, loss in enumerate([8.0, 7.0, 6.0, 5.0, 4.0]):
        assert tell(asha, number, 4, loss) is CONTINUE
    assert tell(asha, 5, 4, 5.01) is STOP
    assert tell(asha, 6, 4, 5.0) is CONTINUE, "a tie with the cutoff goes on"


def test_nothing_is_stopped_before_the_grace_period_or_between_rungs() -> None:
    asha = made(grace_period=4, reduction_factor=2)
    tell(asha, 0, 4, 0.0)
    assert [tell(asha, 1, time, 9.0) for time in (1, 2, 3)] == [CONTINUE] * 3
    assert tell(asha, 0, 5, 99.0) is CONTINUE
    assert tell(asha, 1, 4, 9.0) is STOP


def test_max_t_ends_a_trial_however_good_unless_told_otherwise() -> None:
    assert tell(made(max_t=9), 0, 9, 0.0) is STOP
    assert tell(made(max_t=9, stop_last_trials=False), 0, 9, 0.0) is CONTINUE


def test_a_jump_over_rungs_counts_at_the_highest_and_never_below_later() -> None:
    asha = made(reduction_factor=2, max_t=100)
    tell(asha, 0, 1, 1.0)
    assert tell(asha, 1, 9, 5.0) is CONTINUE, "the first at rung 8"
    assert tell(asha, 1, 10, 5.0) is CONTINUE, "not compared at rungs 1, 2, 4 with a late loss"
    assert tell(asha, 2, 8, 5.1) is STOP


def test_maximizing_turns_the_comparison_round() -> None:
    asha = made((Objective("loss", "max"),))
    assert tell(asha, 0, 1, 0.9) is CONTINUE
    assert tell(asha, 1, 1, 0.8) is STOP
    assert tell(asha, 2, 1, 0.95) is CONTINUE


def test_its_own_metric_goes_before_the_runs() -> None:
    asha = made(metric="accuracy", mode="max")
    result = {"training_iteration": 1, "loss": 0.0}
    assert asha.on_trial_result(view(0), {**result, "accuracy": 0.9}) is CONTINUE
    assert asha.on_trial_result(view(1), {**result, "accuracy": 0.1}) is STOP


def test_another_time_attr() -> None:
    asha = made(time_attr="epoch", max_t=8)
    result = {"training_iteration": 1, "loss": 0.0}
    assert asha.on_trial_result(view(0), {**result, "epoch": 7}) is CONTINUE
    assert asha.on_trial_result(view(0), {**result, "epoch": 8}) is STOP


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, None, "low"])
def test_a_loss_that_is_no_finite_number_ranks_worst(loss: object) -> None:
    asha = made()
    assert tell(asha, 0, 1, 1e300) is CONTINUE
    assert tell(asha, 1, 1, loss) is STOP


def test_bad_losses_at_a_rung_do_not_poison_its_cutoff() -> None:
    asha = made(reduction_factor=2)
    assert [tell(asha, n, 1, math.nan) for n in range(3)] == [CONTINUE] * 3
    assert tell(asha, 3, 1, 5.0) is CONTINUE
    assert tell(asha, 4, 1, 4.0) is CONTINUE
    assert tell(asha, 5, 1, math.nan) is CONTINUE, "cutoff is still a bad loss: 2 of 5 are finite"
    assert [tell(asha, n, 1, 1.0) for n in (6, 7, 8)] == [CONTINUE] * 3
    assert tell(asha, 9, 1, math.nan) is STOP


def test_a_result_without_the_metric_leaves_the_rung_open() -> None:
    asha = made()
    tell(asha, 0, 1, 1.0)
    assert asha.on_trial_result(view(1), {"training_iteration": 1}) is CONTINUE
    assert tell(asha, 1, 2, 3.0) is STOP


def test_the_same_iteration_reported_again_counts_once() -> None:
    once, twice = made(), made()
    for asha, repeats in ((once, 1), (twice, 5)):
        for _ in range(repeats):
            tell(asha, 0, 1, 1.0)
        tell(asha, 1, 1, 0.5)
    assert once.get_state() == twice.get_state()


def test_a_failed_trial_that_starts_again_is_not_counted_twice() -> None:
    asha = made()
    tell(asha, 0, 1, 1.0)
    asha.on_trial_complete(view(0), {"training_iteration": 1, "loss": 1.0}, "failed")
    before = asha.get_state()
    assert tell(asha, 0, 1, 0.1) is CONTINUE
    assert asha.get_state() == before


def test_a_last_result_that_was_not_decided_on_counts_at_its_rung() -> None:
    asha = made()
    asha.on_trial_complete(view(0), {"training_iteration": 1, "loss": 1.0}, "finished")
    assert tell(asha, 1, 1, 2.0) is STOP


def naive_decision(before: list[float], loss: float, factor: float) -> Decision:
    if not before:
        return CONTINUE
    # Interpolates anew from all values; exact ties are the other tests' matter.
    return STOP if loss > np.quantile(before, 1 / factor) else CONTINUE


@given(
    losses=st.lists(st.integers(-500, 500), min_size=1, max_size=80, unique=True),
    factor=st.sampled_from([2, 4]),
)
def test_decisions_equal_those_of_a_pass_over_all_values(losses: list[int], factor: int) -> None:
    asha = made(reduction_factor=factor)
    for number, loss in enumerate(losses):
        expected = naive_decision([float(x) for x in losses[:number]], loss, factor)
        assert tell(asha, number, 1, float(loss)) is expected


REPORTS = st.tuples(
    st.integers(0, 12), st.integers(1, 30), st.floats(0, 1) | st.sampled_from([math.nan, None])
)


@given(
    before=st.lists(REPORTS, max_size=40),
    after=st.lists(REPORTS, max_size=40),
    brackets=st.integers(1, 3),
)
def test_a_copy_made_from_json_goes_on_alike(
    before: list[Any], after: list[Any], brackets: int
) -> None:
    original = made(brackets=brackets, max_t=27, reduction_factor=3)
    for report in before:
        tell(original, *report)
    text = json.dumps(original.get_state(), allow_nan=False)
    copy = made(brackets=brackets, max_t=27, reduction_factor=3, seed=1)
    copy.set_state(json.loads(text))
    assert [tell(copy, *report) for report in after] == [
        tell(original, *report) for report in after
    ]
    assert copy.get_state() == original.get_state()


def test_a_scheduler_that_has_served_a_run_begins_anew() -> None:
    scheduler = made(grace_period=1, max_t=100)
    for number in range(8):
        tell(scheduler, number, 1, float(number))
    state = made(grace_period=1, max_t=100).get_state()
    scheduler.setup(MINIMIZE, random.Random(0))
    assert scheduler.get_state() == state


def test_a_state_with_other_rungs_is_refused() -> None:
    state = made(max_t=100).get_state()
    with pytest.raises(ConfigError, match="saved state of ASHA has rungs"):
        made(max_t=1000).set_state(state)


def first_rung(asha: ASHAScheduler, number: int) -> int:
    """The first iteration at which the trial counts."""
    for time in range(1, 100):
        counted = len(asha.get_state()["counted_at"])
        tell(asha, number, time, 0.0)
        if len(asha.get_state()["counted_at"]) > counted:
            return time
    raise AssertionError("never counted")


def test_brackets_begin_a_rung_higher_each_and_hold_fewer_trials() -> None:
    asha = made(brackets=3)
    counts = Counter(first_rung(asha, number) for number in range(300))
    assert sorted(counts) == [1, 4, 16]
    assert counts[1] > counts[4] > counts[16] > 0


def test_the_bracket_depends_on_seed_and_number_not_on_order() -> None:
    forward, backward = made(brackets=3), made(brackets=3)
    rungs = {n: first_rung(forward, n) for n in range(40)}
    assert {n: first_rung(backward, n) for n in reversed(range(40))} == rungs
    other = made(brackets=3, seed=7)
    assert {n: first_rung(other, n) for n in range(40)} != rungs


def test_the_milestone_at_max_t_is_not_lost_to_rounding() -> None:
    state = made(max_t=1000, reduction_factor=10).get_state()
    assert state["brackets"][0]["milestones"] == [1, 10, 100, 1000]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_t": 5, "grace_period": 6}, "max_t=5 and grace_period=6"),
        ({"max_t": 0}, "max_t=...) must be a number above 0, got 0"),
        ({"max_t": "9"}, "max_t=...) must be a number"),
        ({"max_t": math.inf}, "max_t=...) must be a number"),
        ({"grace_period": 0}, "grace_period=...) must be a number above 0"),
        ({"reduction_factor": 1}, "reduction_factor=...) must be a number above 1, got 1"),
        ({"reduction_factor": math.nan}, "reduction_factor=...) must be a number"),
        ({"brackets": 0}, "brackets=...) must be a whole number"),
        ({"brackets": 1.5}, "brackets=...) must be a whole number"),
        ({"brackets": 5}, "room for 4 only"),
        ({"time_attr": ""}, "time_attr=...) must be the name"),
        ({"metric": "loss"}, "without mode"),
        ({"metric": "loss", "mode": "down"}, 'mode must be "min" or "max"'),
    ],
)
def test_wrong_arguments_fail_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        AsyncHyperBandScheduler(**options)


def test_no_metric_at_all_fails_at_setup() -> None:
    with pytest.raises(ConfigError, match="needs a metric"):
        made(objectives=())


def test_a_misspelt_time_attr_is_named_at_the_first_result() -> None:
    asha = made(time_attr="training_iterations")
    with pytest.raises(ConfigError, match=r"Did you mean 'training_iteration'\?"):
        tell(asha, 0, 1, 1.0)
