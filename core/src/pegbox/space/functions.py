"""The functions with which users write a space; names, arguments and meaning are Ray Tune's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pegbox.errors import ConfigError
from pegbox.space.domains import Choice, Float, Grid, Int
from pegbox.space.numbers import as_int

__all__ = [
    "SampleFrom",
    "choice",
    "grid_search",
    "loguniform",
    "randint",
    "sample_from",
    "uniform",
]


@dataclass(frozen=True, slots=True)
class SampleFrom:
    """A parameter that a function of the user's makes from the others.

    Attributes:
        arity: How many arguments it is called with: none, the configuration, or the
            configuration and a generator.
    """

    function: Callable[..., Any]
    arity: int


def uniform(lower: float, upper: float) -> Float:
    """A real number between two bounds.

    Raises:
        ConfigError: The bounds are the wrong way round, equal or not finite.
    """
    return Float(lower, upper)


def loguniform(lower: float, upper: float, base: float = 10) -> Float:
    """A real number between two bounds above 0, drawn evenly in its logarithm.

    Args:
        lower: Smallest value, above 0.
        upper: Largest value.
        base: Taken because Ray Tune has it; the base of the logarithm does not change which
            numbers are drawn.

    Raises:
        ConfigError: The bounds are the wrong way round, equal, not finite, or not above 0.
    """
    return Float(lower, upper, log=True)


def randint(lower: int, upper: int) -> Int:
    """A whole number from ``lower`` to ``upper - 1``: the upper bound is excluded.

    Raises:
        ConfigError: There is no whole number between the bounds.
    """
    first, end = as_int(lower, "lower"), as_int(upper, "upper")
    if first >= end:
        raise ConfigError(
            f"no whole number is at least lower={first} and below upper={end}",
            hint="The upper bound of randint is excluded.",
        )
    return Int(first, end - 1)


def choice(categories: Iterable[Any]) -> Choice:
    """One of some values, which may be any objects; a trial gets that very object.

    Raises:
        ConfigError: There are none, or they come in no order that stays the same.
    """
    return Choice(_listed(categories, "choice"))


def grid_search(values: Iterable[Any]) -> Grid:
    """Every one of some values; grids multiply with each other and with ``num_samples``.

    Raises:
        ConfigError: There are none, or they come in no order that stays the same.
    """
    return Grid(_listed(values, "grid_search"))


def sample_from(func: Callable[..., Any]) -> SampleFrom:
    """A value computed from the other parameters of the same trial.

    Args:
        func: Called with the configuration: ``lambda config: config["a"]`` or
            ``lambda spec: spec.config.a``. Domains and other ``sample_from`` are resolved when
            they are read, whatever the order in which they are written. A function without
            arguments is called without. One with two gets a ``random.Random`` as the second,
            seeded from the run's seed, so that its draws can be repeated.

    Raises:
        ConfigError: It cannot be called, or needs more than two arguments.
    """
    if not callable(func):
        raise ConfigError(
            f"sample_from needs a function of the configuration, got {func!r}",
            hint="Write sample_from(lambda config: ...).",
        )
    return SampleFrom(func, _arity(func))


def _listed(values: Any, name: str) -> tuple[Any, ...]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ConfigError(
            f"{name} needs a list of values, got {values!r}", hint=f"Write {name}([...])."
        )
    if isinstance(values, set | frozenset):
        raise ConfigError(
            f"{name} got a set, which has no order: a trial could not be repeated",
            hint=f"Write {name}(sorted(...)) or {name}([...]).",
        )
    return tuple(values)


def _arity(func: Callable[..., Any]) -> int:
    try:
        signature = inspect.signature(func)
    except ValueError:
        raise ConfigError(
            f"the arguments of {func!r} cannot be found out",
            hint="Wrap it: sample_from(lambda config: ...).",
        ) from None
    # One argument first: a default (``lambda config, k=k: ...``) is the user's own business.
    for arguments in (("config",), (), ("config", "rng")):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return len(arguments)
    raise ConfigError(
        f"the function of sample_from takes {signature}",
        hint="It is called with the configuration, and with a generator if it takes two.",
    )
