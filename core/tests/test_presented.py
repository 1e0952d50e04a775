"""What a searcher sees of each domain, and what its proposals stand for."""

from __future__ import annotations

import math
import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox import Searcher
from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.searcher import Traits
from pegbox.space import Choice, Float, Grid, Int, Normal, Space
from pegbox.space.presented import Presentation, show

KINDS = ({"float"}, {"float", "int"}, {"float", "int", "choice"}, {"float", "normal", "choice"})
FORMS = ((), ("log",), ("step",), ("log", "step"), ("log", "step", "log_step"))
TAKES = [
    Traits(domains=frozenset(kinds), ranges=frozenset(forms))  # type: ignore[arg-type]
    for kinds, forms in product(KINDS, FORMS)
]

DOMAINS = [
    Float(-1, 3),
    Float(0, 1, step=0.25),
    Float(1e-5, 10, log=True),
    Float(1e-300, 1e300, log=True),
    Float(0.5, 8, log=True, step=0.5),
    Float(-8e307, 8e307),
    Float(1e300, 1e300 * (1 + 4e-16), log=True),
    Float(-1.6e308, 1.6e308, step=1e307),
    Int(-3, 4),
    Int(0, 100, step=20),
    Int(1, 1000, log=True),
    Int(8, 64, log=True, step=8),
    Int(5, 5),
    Int(-(2**60), 2**60),
    Int(1 - 2**63, 2**63 - 1),
    Int(0, 2**60, step=2),
    Int(4, 2**60, log=True, step=4),
    Int(2**60, 2**60 + 7),
    Int(7, 7, log=True),
    Normal(2, 3),
    Normal(0, 1, step=0.5),
]


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
@pytest.mark.parametrize("takes", TAKES, ids=lambda t: "-".join(sorted([*t.domains, *t.ranges])))
def test_all_that_is_shown_stands_for_a_value_and_back(domain, takes):
    shown = show(domain, takes)
    assert shown is not None
    assert shown.domain.kind in takes.domains
    rng = random.Random(1)
    for _ in range(50):
        drawn = shown.domain.draw(rng)
        meant = shown.meant(drawn)
        assert domain.contains(meant)
        again = shown.domain.conform(shown.shown(meant))
        assert shown.meant(again) == pytest.approx(meant, rel=1e-9)


@pytest.mark.parametrize("domain", [d for d in DOMAINS if d.size and d.size < 200], ids=str)
@pytest.mark.parametrize("takes", TAKES, ids=lambda t: "-".join(sorted([*t.domains, *t.ranges])))
def test_every_value_can_be_proposed(domain, takes):
    shown = show(domain, takes)
    assert shown is not None
    for index in range(domain.size):
        value = domain.at(index)
        assert shown.meant(shown.domain.conform(shown.shown(value))) == value


@pytest.mark.parametrize(
    ("domain", "forms", "seen", "how"),
    [
        (Float(0, 1), (), Float(0, 1), ""),
        (Float(0, 1, step=0.25), (), Int(0, 4), "by the number of its step, 0 to 4"),
        (Float(1, 8, log=True), (), Float(0, math.log(8)), "by its logarithm"),
        (
            Float(1, 8, log=True, step=1),
            ("log", "step"),
            Float(1, 8, log=True),
            "by the nearest value of a range without steps",
        ),
        (Int(1, 8, log=True), ("log",), Int(1, 8, log=True), ""),
        (Normal(0, 1), ("log",), Float(1e-6, 1 - 1e-6), "by its quantile"),
        (Int(0, 2**53), (), Int(0, 2**53), ""),
        (Int(0, 2**60), (), Float(0, 1), "by its place in the range, from 0 to 1"),
        (Int(1, 2**60, log=True), ("log",), Float(0, math.log(2**60)), "by its logarithm"),
        (Int(2**60, 2**60 + 7), (), Int(0, 7), "by the number of its step, 0 to 7"),
        (
            Int(0, 2**60, step=2**50),
            ("step",),
            Int(0, 2**10),
            "by the number of its step, 0 to 1024",
        ),
        (Int(7, 7, log=True), (), Int(0, 0), "by the number of its step, 0 to 0"),
        (Float(-1e308, 1e308), (), Float(0, 1), "by its place in the range, from 0 to 1"),
        (Float(1e-300, 1.7e308, log=True), ("log",), Float(1e-300, 1.7e308, log=True), ""),
    ],
)
def test_how_it_is_shown(domain, forms, seen, how):
    shown = show(domain, Traits(ranges=frozenset(forms)))
    assert shown is not None
    assert (shown.domain, shown.how) == (seen, how)


def test_what_has_nothing_like_it_is_refused_by_name():
    takes = Traits(domains=frozenset({"float"}))
    for domain in (Choice((1, 2)), Grid((1, 2))):
        assert show(domain, takes) is None
    with pytest.raises(UnsupportedSpace, match="parameter 'a/b' is a choice domain"):
        Presentation(Space({"a": {"b": Choice((1, 2))}}), takes)


def test_a_whole_number_shown_as_a_real_one_has_as_much_room_as_any():
    shown = show(Int(0, 2), Traits(domains=frozenset({"float"})))
    assert shown is not None
    rng = random.Random(0)
    counts = [0, 0, 0]
    for _ in range(3000):
        counts[int(shown.meant(shown.domain.draw(rng)))] += 1
    assert min(counts) > 900


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_value_of_a_normal_domain_can_be_told(value):
    shown = show(Normal(1, 2), Traits())
    assert shown is not None
    assert shown.domain.contains(shown.shown(value))


class Proposes(Searcher):
    traits = Traits(domains=frozenset({"float", "int"}), ranges=frozenset())


def test_a_proposal_outside_is_refused_in_terms_of_what_was_shown():
    presentation = Presentation(Space({"lr": Float(1, 8, log=True)}), Proposes.traits)
    assert presentation.meant({"lr": 0.0}) == {"lr": 1.0}
    with pytest.raises(ConfigError, match=r"parameter 'lr', shown by its logarithm: 3\.0 is not"):
        presentation.meant({"lr": 3.0})
    with pytest.raises(ConfigError, match="lacks a value for 'lr'"):
        presentation.meant({})
