"""What a searcher knows of a run, in the order of the trials."""

from __future__ import annotations

import math

import pytest
from pegbox.known_points import KnownPoint, KnownPoints, losses, parted, refused_id
from pegbox.trial import trial_id


def known(*values):
    return [KnownPoint({"x": index}, value) for index, value in enumerate(values)]


def test_trials_stand_in_the_order_of_their_numbers_however_long_these_are():
    points = KnownPoints("loss")
    for number in (100_000, 7, 99_999):
        name = trial_id("abcde", number)
        points.tell({"x": number}, {"loss": 1}, "finished", name)
    points.tell({"x": -1}, {"loss": 1}, "finished", None)
    points.tell({"x": -2}, {"loss": 1}, "finished", None)
    assert [each.point["x"] for each in points.in_order()] == [-1, -2, 7, 99_999, 100_000]


def test_a_trial_counts_as_it_was_told_last():
    points = KnownPoints("loss")
    for value in (1, 2):
        points.tell({"x": value}, {"loss": value}, "stopped", trial_id("abcde", 0))
    assert points.in_order() == [KnownPoint({"x": 2}, 2.0)]


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ({"loss": 1.0}, "failed"),
        ({"loss": math.nan}, "finished"),
        ({"loss": -math.inf}, "finished"),
        ({"loss": "1"}, "finished"),
        ({"loss": True}, "finished"),
        ({"other": 1.0}, "stopped"),
        (None, "finished"),
    ],
)
def test_without_a_finite_loss_a_trial_has_failed(result, outcome):
    points = KnownPoints("loss")
    points.tell({"x": 0}, result, outcome, None)
    assert points.in_order() == [KnownPoint({"x": 0}, None)]


def test_failed_trials_count_as_the_worst_and_large_losses_have_squares():
    assert losses(known(1.0, None, 3.0, None, -1e300)) == [1.0, 3.0, 3.0, 3.0, -1e100]
    assert losses(known(1e300, None)) == [1e100, 1e100]
    assert losses(known(None, None)) == []


def test_points_that_were_refused_stand_apart_from_trials():
    trials = {trial_id("abcde", number): {"x": number} for number in (100_000, 7, 99_999)}
    refused = {refused_id("abcde_00007", count): {"x": -count} for count in (10, 2)}
    assert parted({**refused, **trials}) == (
        [{"x": 7}, {"x": 99_999}, {"x": 100_000}],
        [{"x": -2}, {"x": -10}],
    )
    assert all(name.startswith("abcde_") and name not in trials for name in refused)
