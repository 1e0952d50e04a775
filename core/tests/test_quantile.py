"""The running quantile equals the one taken from all values anew, and stays cheap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox.builtin.quantile import RunningQuantile

LOSSES = st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float)
DIVISORS = st.sampled_from([1.5, 2, 2.5, 3, 4, 10])


@given(values=st.lists(LOSSES, min_size=1, max_size=60), divisor=DIVISORS)
def test_equals_numpy_after_every_value(values: list[float], divisor: float) -> None:
    running = RunningQuantile(divisor)
    for count, value in enumerate(values, start=1):
        running.add(value)
        naive = float(np.quantile(values[:count], 1 / divisor))
        assert running.value == pytest.approx(naive, rel=1e-9, abs=1e-6)
        assert len(running) == count


@given(values=st.lists(LOSSES | st.just(math.inf), max_size=40), divisor=DIVISORS)
def test_infinities_behave_as_very_large_values(values: list[float], divisor: float) -> None:
    running = RunningQuantile(divisor, values)
    if not values:
        assert running.value is None
        return
    place = (len(values) - 1) / divisor
    below, above = (sorted(values)[i] for i in (math.floor(place), math.ceil(place)))
    assert running.value is not None
    assert below <= running.value <= above
    assert math.isinf(running.value) == math.isinf(above)


@given(value=st.floats(allow_nan=False), count=st.integers(1, 30), divisor=DIVISORS)
def test_equal_values_give_exactly_that_value(value: float, count: int, divisor: float) -> None:
    assert RunningQuantile(divisor, [value] * count).value == value


def test_a_gap_past_the_largest_float_does_not_overflow() -> None:
    assert RunningQuantile(2, [-1.7e308, 1.7e308]).value == 0.0


@given(values=st.lists(LOSSES, max_size=40), more=st.lists(LOSSES, max_size=20))
def test_made_again_from_its_values_it_goes_on_alike(
    values: list[float], more: list[float]
) -> None:
    running = RunningQuantile(3, values)
    again = RunningQuantile(3, running.values())
    assert again.values() == sorted(values)
    for value in more:
        running.add(value)
        again.add(value)
        assert again.value == running.value
