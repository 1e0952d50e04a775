"""pegbox's domains as hyperopt's expressions, and hyperopt's values as the domains' own.

A parameter's label is its flat path. A choice with parameters inside its values becomes a nested
``hp.choice``, so that hyperopt's algorithms know which parameters exist when.

hyperopt rounds to multiples of a quantum after it has drawn between the bounds, so that it can
leave them, and those at the ends come half as often. For whole numbers the bounds lie half a step
further out here: each value has as much room, and none lies outside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from hyperopt import Domain as Problem
from hyperopt import hp
from pegbox.errors import UnsupportedSpace
from pegbox.searcher import Point
from pegbox.space import Choice, Condition, Domain, Float, Int, Normal

__all__ = ["Expressions", "to_value"]

#: With more whole numbers than this, differences of hyperopt's distribution functions at single
#: ones are lost in rounding; then they are drawn as real numbers, and rounded here.
_MOST_COUNTED: Final = 2**31


class Expressions:
    """A space in hyperopt's terms.

    Args:
        space: Flat path to domain, a parent before what depends on it.
        conditions: Path to condition, for parameters that have one.

    Raises:
        UnsupportedSpace: A domain that hyperopt cannot compute with.
    """

    def __init__(self, space: Mapping[str, Domain], conditions: Mapping[str, Condition]) -> None:
        self._space = dict(space)
        #: Parent and index to the paths that exist there; None for those that always do.
        self._paths: dict[Condition | None, list[str]] = {}
        for path in space:
            self._paths.setdefault(conditions.get(path), []).append(path)

    def problem(self, given: Point) -> Problem | None:
        """What an algorithm of hyperopt's has to choose where some values are ``given``.

        None where there is nothing.
        """
        expressions = self._where(None, given)
        return Problem(_no_objective, expressions) if expressions else None

    def _where(self, condition: Condition | None, given: Point) -> list[Any]:
        """The expressions of all parameters that exist under a condition and are not given."""
        found: list[Any] = []
        for path in self._paths.get(condition, ()):
            if path not in given:
                found.append(self._expression(path, given))
            elif self._space[path].kind == "choice":
                found.extend(self._where(Condition(path, int(given[path])), given))
        return found

    def _expression(self, path: str, given: Point) -> Any:
        match self._space[path]:
            case Choice(size=size):
                inside = [self._where(Condition(path, index), given) for index in range(size)]
                # Without parameters inside, the same distribution without the values' nodes.
                return hp.choice(path, inside) if any(inside) else hp.randint(path, size)
            case Normal(mean, sd, None):
                return hp.normal(path, mean, sd)
            case Normal(mean, sd, step):
                return hp.qnormal(path, mean, sd, step)
            case Float(step=None) | Int(step=1) as domain:
                return _range(path, domain)
            case domain:
                raise UnsupportedSpace(
                    f"parameter {path!r}: hyperopt has nothing like {domain}",
                    hint="It takes ranges without steps, choices and normal distributions.",
                )


def to_value(domain: Domain, drawn: Any) -> float | int:
    """The domain's own value for one that hyperopt drew."""
    if isinstance(domain, Int):
        return domain.nearest(round(float(drawn)))
    if isinstance(domain, Float | Normal):
        return domain.nearest(float(drawn))
    return int(drawn)


def _range(path: str, domain: Float | Int) -> Any:
    low, high = _bounds(path, domain, margin=0.5 if isinstance(domain, Int) else 0.0)
    if isinstance(domain, Int) and domain.size <= _MOST_COUNTED:
        return (hp.qloguniform if domain.log else hp.quniform)(path, low, high, 1)
    return (hp.loguniform if domain.log else hp.uniform)(path, low, high)


def _bounds(path: str, domain: Float | Int, margin: float) -> tuple[float, float]:
    """Its bounds as hyperopt takes them: in the logarithm for a logarithmic range."""
    try:
        low, high = domain.lower - margin, domain.upper + margin
        if domain.log:
            return math.log(low), math.log(high)
        if math.isfinite(abs(low) + abs(high)):
            return low, high
    except OverflowError:
        pass
    raise UnsupportedSpace(
        f"parameter {path!r}: hyperopt computes with the sum and the difference of the bounds, "
        f"which floats cannot hold for {domain.lower} to {domain.upper}",
        hint="Use a smaller range.",
    )


def _no_objective(config: Any) -> float:
    raise AssertionError("pegbox runs the trials, not hyperopt")
