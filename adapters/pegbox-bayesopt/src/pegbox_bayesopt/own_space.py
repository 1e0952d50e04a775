"""A space that the searcher was given itself, as Ray Tune takes it, made a `param_space`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pegbox.errors import ConfigError
from pegbox.space import Choice, Float, Int
from pegbox.text import shown

__all__ = ["to_param_space"]


def to_param_space(space: Any) -> Mapping[str, Any]:
    """A part of ``param_space``: bounds as bayesian-optimization writes them, all else as it is.

    ``(0, 10)`` and ``(0, 10, float)`` are real numbers, ``(0, 10, int)`` whole ones; any other
    tuple or list has the values to choose from.

    Raises:
        ConfigError: It is no dict, or bounds are none.
    """
    if not isinstance(space, Mapping):
        raise ConfigError(
            f"BayesOptSearch(space=...) must be a dict of name to bounds, got {shown(space)}",
            hint='Write e.g. space={"x": (0, 10)}, or give param_space to the Tuner.',
        )
    return {name: _domain(name, value) for name, value in space.items()}


def _domain(name: str, value: Any) -> Any:
    if not isinstance(value, tuple | list):
        return value
    try:
        return _from_bounds(value)
    except ConfigError as error:
        raise ConfigError(
            f"BayesOptSearch(space=...): {name!r}: {error.message}", hint=error.hint
        ) from None


def _from_bounds(given: Sequence[Any]) -> Float | Int | Choice:
    match given:
        case [lower, upper] if _number(lower) and _number(upper):
            return Float(lower, upper)
        case [lower, upper, kind] if kind is float:
            return Float(lower, upper)
        case [lower, upper, kind] if kind is int:
            return Int(lower, upper)
    return Choice(tuple(given))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
