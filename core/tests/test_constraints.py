"""Linear inequalities: read from text, held against numbers."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox import PegboxError
from pegbox.constraints import LinearConstraint, OutcomeConstraint


@contextlib.contextmanager
def refused(message, hint):
    with pytest.raises(PegboxError) as caught:
        yield
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "coefficients", "bound"),
    [
        ("x + 2*y <= 1", {"x": 1, "y": 2}, 1),
        ("model/width <= 4*model/depth", {"model/width": 1, "model/depth": -4}, 0),
        ("accuracy >= 0.9", {"accuracy": -1}, -0.9),
        ("3 - x*2 >= -+-1e-1 + .5*layers/0/units - 1.", {"x": 2, "layers/0/units": 0.5}, 3.9),
        ("`learning rate` - `x-y` <= 0", {"learning rate": 1, "x-y": -1}, 0),
        ("x + x <= y + x", {"x": 1, "y": -1}, 0),
        ("2*3*größe<=6", {"größe": 6}, 6),
        ("ray/tune.metric <= 0", {"ray/tune.metric": 1}, 0),
    ],
)
def test_text_is_read_as_a_weighted_sum_and_a_bound(text, coefficients, bound):
    found = LinearConstraint.from_text(f" {text} ")
    assert found.coefficients == pytest.approx(coefficients)
    assert found.bound == pytest.approx(bound)
    assert str(found) == text
    again = LinearConstraint.from_text(str(LinearConstraint(found.coefficients, found.bound)))
    assert again == found, "an object reads as text does"


NAMES = st.text(st.characters(exclude_characters="`"), min_size=1, max_size=6)
NUMBERS = st.integers(-(10**6), 10**6).map(float)


@given(st.dictionaries(NAMES, NUMBERS.filter(bool), min_size=1, max_size=4), NUMBERS)
def test_what_an_object_reads_as_is_read_back(coefficients, bound):
    constraint = LinearConstraint(coefficients, bound)
    assert LinearConstraint.from_text(str(constraint)) == constraint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("x < y", "has '<' where <= or >= is expected", "between whole numbers, x + 1 <= y"),
        ("x > y", "has '>' where <= or >= is expected", "between whole numbers, x >= y + 1"),
        ("x == y", "has '==' where <= or >= is expected", "is computed from it"),
        ("x", "ends where <= or >= is expected", '"x + 2*y <= 1"'),
        ("x <=", "ends where a number or a name is expected", '"x + 2*y <= 1"'),
        ("0 <= x <= 1", "compares twice", "Write two constraints."),
        ("x * y <= 1", "multiplies 'x' by 'y'", "Pass a function of the configuration"),
        ("x ** 2 <= 1", "has '*' where a number or a name", "Pass a function"),
        ("x / 2 <= 1", "has '/' where <= or >= is expected", "Write 0.5*x"),
        ("2*(x + y) <= 1", "has '(' where a number or a name", "without brackets: 2*x + 2*y"),
        ("2x <= 1", "has 'x' where <= or >= is expected", '"x + 2*y <= 1"'),
        ("x <= 1; y <= 1", "has ';' where its end is expected", '"x + 2*y <= 1"'),
        ("x - x <= 1", "has nothing that varies", '"x + 2*y <= 1"'),
        ("1 <= 2", "has nothing that varies", '"x + 2*y <= 1"'),
        ("1e999*x <= 2", "has a number that is too large", '"x + 2*y <= 1"'),
        ("__import__('os') <= 1", "has '(' where <= or >= is expected", "brackets"),
    ],
)
def test_what_is_no_linear_inequality_is_refused_with_what_would_do(text, message, hint):
    with refused(f"constraint {text!r} {message}", hint):
        LinearConstraint.from_text(text)


def test_a_constraint_of_other_things_than_names_and_numbers_is_refused():
    example = 'LinearConstraint({"x": 1, "y": 2}, bound=1)'
    with refused("a constraint is a text, got 3", '"x + 2*y <= 1"'):
        LinearConstraint.from_text(3)
    with refused("LinearConstraint(coefficients=...) must be a dict of names and numbers", example):
        LinearConstraint({}, 1)
    for coefficients in ({"x": 0}, {"x": math.nan}, {"x": "1"}, {"x": True}, {3: 1}, {"": 1}):
        with refused("must have a number other than 0 beside each name", example):
            LinearConstraint(coefficients, 1)
    with refused("OutcomeConstraint(bound=...) must be a number, got inf", "at most this"):
        OutcomeConstraint({"latency": 1}, math.inf)


def test_the_bound_belongs_to_what_holds_and_rounding_breaks_nothing():
    sum_of_two = LinearConstraint({"x": 1, "y": 1}, 1)
    assert 1.1 * 3 - 2.3 > 1
    assert sum_of_two.excess({"x": 1.1 * 3, "y": -2.3}) == 0
    assert sum_of_two.excess({"x": 2, "y": 0.5}) == 1.5
    assert sum_of_two.excess({"x": 0.25, "y": 0.25}) == -0.5
    assert not sum_of_two.holds({"x": 1, "y": 1e-6})
    assert LinearConstraint({"x": 1e12}, 1e12).holds({"x": 1 + 1e-12})


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, "1", True, 10**400])
def test_without_a_number_a_parameter_is_free_and_a_metric_is_not_good(value):
    values = {"other": 1} if value is None else {"x": value}
    assert LinearConstraint({"x": 1}, 5).excess(values) is None
    assert LinearConstraint({"x": 1}, 5).holds(values)
    assert not OutcomeConstraint({"x": 1}, 5).holds(values)
