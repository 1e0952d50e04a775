"""Each parameter's place in Ax: there and back, and in constraints."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pegbox.space import Choice, Domain, Float, Int


def _coordinate(domain: Domain) -> Any:
    from pegbox_ax.coordinates import coordinate

    return coordinate("p0", "x", domain)


RANGES = st.one_of(
    st.builds(
        lambda lower, width: Float(lower, lower + width),
        st.floats(-1e3, 1e3),
        st.floats(1e-9, 1e6),
    ),
    st.sampled_from([Float(-1e308, 1e308), Float(0, 5e-324), Float(1e-12, 2e-12)]),
    st.builds(
        lambda lower, size, step: Int(lower, lower + size * step, step=step),
        st.integers(-(10**12), 2**62),
        st.integers(0, 10**7),
        st.integers(1, 50),
    ),
    st.builds(
        lambda lower, size, step: Float(lower, lower + size * step, step=step),
        st.integers(-50, 50),
        st.integers(1, 4000),
        st.sampled_from([0.25, 0.5, 2.0]),
    ),
)
DOMAINS = RANGES | st.builds(lambda size: Choice(tuple(range(size))), st.integers(1, 1500))


@settings(deadline=None)
@given(DOMAINS, st.floats(0, 1))
@pytest.mark.usefixtures("ax")
def test_each_value_goes_to_ax_and_comes_back(domain: Domain, share: float) -> None:
    place = _coordinate(domain)
    value = place.spread(share)
    assert type(value) is (float if domain.kind == "float" else int)
    assert domain.contains(value)
    back = place.value(place.coded(value))
    if domain.size is not None:
        assert back == value
    else:
        span = domain.upper / 2 - domain.lower / 2  # type: ignore[attr-defined]
        assert abs(back / 2 - value / 2) <= 1e-12 * span + 5e-324
    assert place.value(0) == domain.at(0) if domain.size else place.value(0.0) == domain.lower  # type: ignore[attr-defined]


@settings(deadline=None)
@given(RANGES, st.floats(0, 1), st.sampled_from([-9.0, -0.1, 1e-6, 1.0, 7.5]))
@pytest.mark.usefixtures("ax")
def test_a_term_of_a_constraint_is_never_below_the_value_it_stands_for(
    domain: Domain, share: float, coefficient: float
) -> None:
    place = _coordinate(domain)
    value = place.spread(share)
    slope, constant = place.term(coefficient)
    size = abs(slope) + abs(constant)
    if math.isfinite(size):
        assert coefficient * value <= slope * place.coded(value) + constant + 1e-9 * size
