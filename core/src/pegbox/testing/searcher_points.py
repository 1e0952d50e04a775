"""Cases about what a searcher proposes: support, types, steps, logarithms, conditions."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

import pytest

from pegbox.constraints import LinearConstraint
from pegbox.space import (
    Choice,
    Domain,
    DomainKind,
    Float,
    Int,
    Normal,
    choice,
    grid_search,
    lograndint,
    loguniform,
    product_size,
    qlograndint,
    qloguniform,
    qrandint,
    quniform,
    randint,
    randn,
    uniform,
)
from pegbox.testing.conformance import verified
from pegbox.testing.random_spaces import random_space
from pegbox.testing.searcher_cases import PLANE, SearcherCases, bowl
from pegbox.testing.searcher_rig import SearcherRig

__all__ = ["PointCases"]

_SPACES: Final = 8
#: Of a range: by how much rounding may leave it.
_SLACK: Final = 1e-9

_NUMBERS: Final = {
    "f": uniform(0, 1),
    "l": loguniform(1e-3, 1),
    "i": randint(0, 9),
    "c": choice(["a", "b"]),
}

_KINDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "float": {"a": uniform(-2, 3), "b": uniform(0, 1e-3)},
    "int": {"a": randint(-3, 40), "b": randint(0, 2)},
    "choice": {"a": choice(["x", "y", "z"]), "b": choice([True, False])},
    "normal": {"a": randn(5, 2), "b": randn(0, 1e-3)},
    "grid": {"a": grid_search([1, 2, 3]), "b": grid_search(["u", "v"])},
}

_STEPS: Final[Mapping[str, Mapping[str, Any]]] = {
    "step": {
        "a": quniform(0, 1, 0.1),
        "b": quniform(-2.4, 4.2, 0.3),
        "c": qrandint(-9, 300, 3),
        "d": quniform(1e6, 2e6, 2.5e5),
    },
    "log_step": {"a": qloguniform(0.5, 90, 0.5), "b": qlograndint(4, 4000, 4)},
}

#: Of more combinations than anybody draws one after the other.
_GRIDS: Final = {"a": grid_search([1, 2, 3, 4, 5]), "b": grid_search(["s", "t", "u", "v"])}

#: What is to be tried first.
_GIVEN: Final = [{"x": 0.25, "y": 0.5}, {"y": 0.125}, {"x": 0.75}]

_TREE: Final = {
    "kind": choice(
        [
            {"name": "linear", "l2": uniform(0, 1)},
            {"name": "net", "width": randint(1, 99), "head": choice([{"drop": uniform(0, 1)}, 0])},
            "none",
        ]
    ),
    "rate": uniform(0, 1),
}


class PointCases(SearcherCases):
    """See the module."""

    @pytest.mark.parametrize("number", range(_SPACES))
    def test_proposes_points_of_any_space(self, number: int) -> None:
        """Many points of a random space, by the initial design and then by the model."""
        rig = self.rig(random_space(number), explores=True)
        for trial in rig.asks(self.explored):
            _check_point(rig, trial.raw)
        if number < self.modelled_spaces:
            rig = self.rig(random_space(number))
            rig.learn(self.known, _any_loss(number))
            for trial in rig.asks(self.modelled):
                _check_point(rig, trial.raw)

    def test_gives_plain_numbers(self) -> None:
        """Floats, ints and indices as Python's own: nothing else crosses to another process."""
        rig = self.rig(_NUMBERS, explores=True)
        found = rig.asks(10)
        rig = self.rig(_NUMBERS)
        rig.learn(self.known, _any_loss(0))
        for trial in [*found, *rig.trials, *rig.asks(2)]:
            for path, value in trial.raw.items():
                assert type(path) is str, f"a path is {path!r}"
                whole = isinstance(rig.domains[path], Int | Choice)
                assert type(value) in ((int,) if whole else (int, float)), (
                    f"{path!r} is {value!r}, of {type(value)}"
                )

    @pytest.mark.parametrize("kind", get_args(DomainKind))
    def test_takes_the_kinds_of_domain_that_it_declares(self, kind: DomainKind) -> None:
        """No more and no less: what it does not take is mapped or refused by the core."""

        def check() -> None:
            rig = self.rig(_KINDS[kind], explores=True, as_it_is=True)
            trials = rig.asks(40)
            for trial in trials:
                _check_point(rig, trial.raw)
            for path, domain in rig.domains.items():
                _check_spread(path, domain, [trial.point[path] for trial in trials])
            if kind == "grid":
                _check_every_combination(self.rig(_GRIDS, explores=True, as_it_is=True))

        verified(f"the domain {kind!r}", declared=kind in self.traits.domains, check=check)

    @pytest.mark.parametrize("form", _STEPS)
    def test_keeps_to_steps(self, form: Any) -> None:
        """Each value is on its grid, both ends included."""

        def check() -> None:
            rig = self.rig(_STEPS[form], explores=True, as_it_is=True)
            trials = rig.asks(60)
            rig = self.rig(_STEPS[form], as_it_is=True)
            rig.learn(self.known, _any_loss(1))
            for trial in [*trials, *rig.asks(self.modelled)]:
                for path, value in trial.raw.items():
                    domain = rig.domains[path]
                    near = domain.nearest(value)  # type: ignore[attr-defined]
                    assert math.isclose(near, value, rel_tol=1e-9, abs_tol=1e-12), (
                        f"{path!r}: {value!r} is not on the grid of {domain}"
                    )

        verified(f"the form {form!r}", declared=form in self.traits.ranges, check=check)

    def test_spreads_evenly_over_logarithms(self) -> None:
        """The initial design has about half of its points below the geometric mean."""

        def check() -> None:
            space = {"a": loguniform(1e-6, 1), "b": lograndint(1, 100_000)}
            rig = self.rig(space, explores=True, as_it_is=True)
            trials = rig.asks(60)
            for path, domain in rig.domains.items():
                assert isinstance(domain, Float | Int)
                middle = math.sqrt(domain.lower * domain.upper)
                below = sum(trial.point[path] < middle for trial in trials) / len(trials)
                assert 0.2 < below < 0.8, f"{below:.0%} of {path!r} are below {middle:g}"

        verified("the form 'log'", declared="log" in self.traits.ranges, check=check)

    def test_leaves_out_what_does_not_exist(self) -> None:
        """A parameter is in a point if and only if its condition holds there."""

        def check() -> None:
            rig = self.rig(_TREE, explores=True, as_it_is=True)
            trials = rig.asks(60)
            rig = self.rig(_TREE, as_it_is=True)
            rig.learn(self.known, _any_loss(2))
            for trial in [*trials, *rig.asks(self.modelled)]:
                assert set(trial.raw) == set(trial.point), f"{dict(trial.raw)}"

        verified("leaving out what does not exist", declared=self.traits.conditions, check=check)

    def test_keeps_parameter_constraints_where_it_says_so(self) -> None:
        """No point breaks a linear constraint: not at first, and not where the loss is less."""

        def check() -> None:
            constraint = LinearConstraint({"x": 1.0, "y": 1.0}, 0.7)
            rig = self.rig(PLANE, explores=True, parameter_constraints=[constraint])
            trials = rig.asks(20)
            rig = self.rig(PLANE, parameter_constraints=[constraint])
            rig.learn(self.known, bowl)
            for trial in [*trials, *rig.trials, *rig.asks(self.modelled)]:
                total = trial.point["x"] + trial.point["y"]
                assert total <= 0.7 + _SLACK, f"{total} is more than {constraint.bound}"

        declared = self.traits.constraints
        verified("constraints between parameters", declared=declared, check=check)

    def test_tries_the_given_points_first(self) -> None:
        """In their order; what one leaves out is the searcher's to choose."""
        rig = self.rig(PLANE, points=_GIVEN)
        points = [trial.point for trial in rig.asks(3)]
        for number, (point, given) in enumerate(zip(points, _GIVEN, strict=True)):
            near = {path: point[path] for path in given}
            assert near == pytest.approx(given), f"point {number} is {point} and not {given}"


def _check_point(rig: SearcherRig, raw: Mapping[str, Any]) -> None:
    """That it has what exists, and lies between the bounds; steps and types are for others."""
    unknown = set(raw) - set(rig.domains)
    assert not unknown, f"a point has {sorted(unknown)}, the space {sorted(rig.domains)}"
    for path, domain in rig.domains.items():
        if path in raw:
            assert _is_inside(domain, raw[path]), f"{path!r}: {raw[path]!r} is not in {domain}"
    rig.config(raw)


def _is_inside(domain: Domain, value: Any) -> bool:
    if isinstance(domain, Float | Int):
        slack = _SLACK * (domain.upper if domain.log else domain.upper - domain.lower)
        return bool(domain.lower - slack <= value <= domain.upper + slack)
    if isinstance(domain, Normal):
        return math.isfinite(value)
    assert domain.size is not None
    return bool(value == int(value) and 0 <= value < domain.size)


def _check_spread(path: str, domain: Domain, values: list[float | int]) -> None:
    """That the initial design goes about the domain, and not about another one."""
    if isinstance(domain, Normal):
        mean = sum(values) / len(values)
        assert abs(mean - domain.mean) < domain.sd, f"{path!r}: its mean is {mean}"
        far = sum(abs(value - domain.mean) > 0.2 * domain.sd for value in values)
        assert far > len(values) / 4, f"{path!r}: nearly all are at its mean"
    elif domain.size is not None and domain.size <= 3:
        assert len(set(values)) == domain.size, f"{path!r}: only {sorted(set(values))}"
    else:
        assert isinstance(domain, Float | Int)
        share = (max(values) - min(values)) / (domain.upper - domain.lower)
        assert share > 0.5, f"{path!r}: only between {min(values)} and {max(values)}"


def _check_every_combination(rig: SearcherRig) -> None:
    """That it goes through a grid in turn: to draw from it is what a choice is for."""
    size = product_size(rig.domains)
    trials = rig.learn(size, _any_loss(3))
    found = {tuple(trial.point.values()) for trial in trials}
    assert len(found) == size, f"{size} points have {len(found)} of {size} combinations"


def _any_loss(seed: int) -> Callable[[Mapping[str, float | int]], list[float]]:
    rng = random.Random(seed)
    return lambda point: [rng.random()]
