"""The functions with which users write a space; names, arguments and meaning are Ray Tune's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.space.listed import Choice, Grid
from pegbox.space.normal import Normal
from pegbox.space.numbers import as_int
from pegbox.space.ranges import Float, Int
from pegbox.text import shown

__all__ = [
    "SampleFrom",
    "choice",
    "grid_search",
    "lograndint",
    "loguniform",
    "qlograndint",
    "qloguniform",
    "qrandint",
    "qrandn",
    "quniform",
    "randint",
    "randn",
    "sample_from",
    "uniform",
]

#: An endless iterator is noticed here.
_MOST_VALUES: Final = 1_000_000


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

    Args:
        lower: Nothing smaller is drawn.
        upper: Nothing larger is drawn.

    Raises:
        ConfigError: The bounds are the wrong way round, equal or not finite.
    """
    return Float(lower, upper)


def quniform(lower: float, upper: float, q: float) -> Float:
    """A multiple of ``q`` between two bounds, both included, all equally likely.

    Bounds that are no multiples count as far as the multiples inside.

    Args:
        lower: Nothing smaller is drawn.
        upper: Nothing larger is drawn.
        q: The quantum, above 0.

    Raises:
        ConfigError: As for `uniform`; or ``q`` is not above 0, or larger than the range.
    """
    return uniform(lower, upper).quantized(q)


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


def qloguniform(lower: float, upper: float, q: float, base: float = 10) -> Float:
    """A multiple of ``q`` between two bounds above 0, drawn evenly in its logarithm.

    Args:
        lower: Nothing smaller is drawn; above 0.
        upper: Nothing larger is drawn.
        q: The quantum, above 0.
        base: As for `loguniform`.

    Raises:
        ConfigError: As for `loguniform`; or ``q`` is not above 0, or larger than the range.
    """
    return loguniform(lower, upper).quantized(q)


def randn(mean: float = 0.0, sd: float = 1.0) -> Normal:
    """A real number of a normal distribution, without bounds.

    Args:
        mean: Where the numbers gather.
        sd: Standard deviation, above 0.

    Raises:
        ConfigError: A number is not finite, or ``sd`` is not above 0.
    """
    return Normal(mean, sd)


def qrandn(mean: float, sd: float, q: float) -> Normal:
    """A number of a normal distribution, rounded to a multiple of ``q``; without bounds.

    Args:
        mean: Where the numbers gather.
        sd: Standard deviation, above 0.
        q: The quantum, above 0.

    Raises:
        ConfigError: As for `randn`; or ``q`` is not above 0.
    """
    return randn(mean, sd).quantized(q)


def randint(lower: int, upper: int) -> Int:
    """A whole number from ``lower`` to ``upper - 1``.

    Args:
        lower: Smallest value.
        upper: Excluded.

    Raises:
        ConfigError: There is no whole number between the bounds.
    """
    return Int(*_without_the_end(lower, upper, "randint"))


def qrandint(lower: int, upper: int, q: int = 1) -> Int:
    """A multiple of ``q`` from ``lower`` to ``upper``: here the upper bound is included.

    Bounds that are no multiples count as far as the multiples inside.

    Raises:
        ConfigError: The bounds are the wrong way round or no whole numbers; ``q`` is not above 0,
            or larger than the range; or there is no multiple.
    """
    return Int(lower, upper).quantized(q)


def lograndint(lower: int, upper: int, base: float = 10) -> Int:
    """A whole number from ``lower`` to ``upper - 1``, drawn evenly in its logarithm.

    Args:
        lower: Smallest value, at least 1.
        upper: Excluded.
        base: As for `loguniform`.

    Raises:
        ConfigError: There is no whole number between the bounds, or ``lower`` is below 1.
    """
    return Int(*_without_the_end(lower, upper, "lograndint"), log=True)


def qlograndint(lower: int, upper: int, q: int, base: float = 10) -> Int:
    """A multiple of ``q`` from ``lower`` to ``upper``, drawn evenly in its logarithm.

    Args:
        lower: Nothing smaller is drawn; at least 1.
        upper: Nothing larger is drawn: here the upper bound is included.
        q: The quantum, above 0.
        base: As for `loguniform`.

    Raises:
        ConfigError: As for `qrandint`; or ``lower`` is below 1.
    """
    return Int(lower, upper, log=True).quantized(q)


def choice(categories: Iterable[Any]) -> Choice:
    """One of some values; a trial gets that very object.

    Args:
        categories: The values, any objects. One that is a dict or a list may hold domains and
            ``sample_from`` of its own: they are drawn only where that value is.

    Raises:
        ConfigError: There are none, or they come in no order that stays the same.
    """
    return Choice(_listed(categories, "choice"))


def grid_search(values: Iterable[Any]) -> Grid:
    """Every one of some values; grids multiply with each other and with ``num_samples``.

    Args:
        values: The values, any objects. One may hold domains of its own, as in `choice`, but no
            other grid.

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
            f"sample_from needs a function of the configuration, got {shown(func)}",
            hint="Write sample_from(lambda config: ...).",
        )
    return SampleFrom(func, _arity(func))


def _without_the_end(lower: int, upper: int, name: str) -> tuple[int, int]:
    first, end = as_int(lower, "lower"), as_int(upper, "upper")
    if first >= end:
        raise ConfigError(
            f"no whole number is at least lower={first} and below upper={end}",
            hint=f"The upper bound of {name} is excluded.",
        )
    return first, end - 1


def _listed(values: Any, name: str) -> tuple[Any, ...]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ConfigError(
            f"{name} needs a list of values, got {shown(values)}", hint=f"Write {name}([...])."
        )
    if isinstance(values, set | frozenset):
        raise ConfigError(
            f"{name} got a set, which has no order: a trial could not be repeated",
            hint=f"Write {name}(sorted(...)) or {name}([...]).",
        )
    try:
        listed = tuple(islice(values, _MOST_VALUES + 1))
    except Exception as error:
        raise ConfigError(
            f"{name} cannot read its values: {type(error).__name__}: {error}",
            hint=f"Write {name}([...]).",
        ) from error
    if len(listed) > _MOST_VALUES:
        raise ConfigError(
            f"{name} takes at most {_MOST_VALUES:,} values",
            hint="A range of numbers is uniform(...) or randint(...).",
        )
    return listed


def _arity(func: Callable[..., Any]) -> int:
    try:
        signature = inspect.signature(func)
    except ValueError:
        raise ConfigError(
            f"the arguments of {shown(func)} cannot be found out",
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
