"""Steps and quanta: what is refused of them, and the multiples of a quantum between two bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from pegbox.errors import ConfigError

__all__ = ["UNCOUNTED", "check_fine", "check_step", "float_multiples", "int_multiples", "rounded"]

#: What would do where values are to be counted.
UNCOUNTED: Final = "Give it a step (q), or list the values with choice([...])."

#: Digits that floats keep, relative to the largest value: steps are told apart above this.
_FINEST: Final = 1e-14


def float_multiples(lower: float, upper: float, q: float) -> tuple[float, float]:
    """The first and the last multiple of ``q`` from ``lower`` to ``upper``.

    Raises:
        ConfigError: There are fewer than two, or floats cannot tell them apart.
    """
    _check_size(lower, upper, q, "q")
    largest = max(abs(lower), abs(upper))
    check_fine(q, largest, "q")
    first = rounded(_places(lower, q, math.ceil) * q, largest)
    last = rounded(_places(upper, q, math.floor) * q, largest)
    if not first < last:
        raise ConfigError(
            f"between lower={lower} and upper={upper} there is one multiple of q={q}: {first}",
            hint="Use a smaller q, or write the number itself.",
        )
    return first, last


def int_multiples(lower: int, upper: int, q: int) -> tuple[int, int]:
    """The first and the last multiple of ``q`` from ``lower`` to ``upper``.

    Raises:
        ConfigError: There is none.
    """
    _check_size(lower, upper, q, "q")
    first, last = -(-lower // q) * q, upper // q * q
    if first > last:
        raise ConfigError(
            f"between lower={lower} and upper={upper} is no multiple of q={q}",
            hint="Use a smaller q, or bounds that are multiples of it.",
        )
    return first, last


def check_step(lower: float, upper: float, step: float) -> None:
    """Refuse a step that does not lead from ``lower`` to ``upper``.

    Raises:
        ConfigError: It does not.
    """
    _check_size(lower, upper, step, "step")
    if isinstance(step, float):
        check_fine(step, max(abs(lower), abs(upper)), "step")
    steps, error = _steps(lower, upper, step)
    if abs(steps - round(steps)) > error:
        last = lower + math.floor(steps) * step
        raise ConfigError(
            f"upper={upper} is not lower={lower} plus a multiple of step={step}",
            hint=f"The last value below is {last:.12g}.",
        )


def check_fine(step: float, largest: float, name: str) -> None:
    """Refuse steps that floats could not tell apart.

    Raises:
        ConfigError: They are too small for numbers as large as these.
    """
    if step < _FINEST * largest:
        raise ConfigError(
            f"{name}={step} is too small beside {largest:g}: floats have about 15 digits",
            hint=f"Use a larger {name}, or none.",
        )


def rounded(value: float, largest: float) -> float:
    """The value with the digits that steps have beside ``largest``: 0.3, not 0.30000000000000004.

    Digits are counted from the largest value, so that what should be 0 is 0.
    """
    digits = 14 - math.floor(math.log10(largest)) if largest else 0
    return (round(value, digits) if digits > 0 else value) + 0.0


def _check_size(lower: float, upper: float, step: float, name: str) -> None:
    if step <= 0:
        raise ConfigError(
            f"{name} must be above 0, got {step}",
            hint="It is the distance from one value to the next.",
        )
    steps, error = _steps(lower, upper, step)
    if steps < 1 - error and lower != upper:
        raise ConfigError(
            f"{name}={step} is larger than the range from {lower} to {upper}",
            hint=f"Use a smaller {name}, or wider bounds.",
        )


def _steps(lower: float, upper: float, step: float) -> tuple[float, float]:
    """How many steps lead from ``lower`` to ``upper``, and by how much that may be rounded."""
    first, last = lower / step, upper / step  # the difference of large bounds would overflow
    steps = last - first
    return steps, 1e-9 * max(steps, 1.0) + 1e-15 * (abs(first) + abs(last))


def _places(bound: float, q: float, away: Callable[[float], int]) -> int:
    """How many times ``q`` the bound is; away from it where it is no multiple."""
    places = bound / q or bound  # not 0 for what is only nearly 0
    nearest = round(places)
    # A bound that is a multiple but for rounding counts as one; 1e-12 is not 0.
    if nearest and abs(places - nearest) <= 1e-9 + 1e-15 * abs(places):
        return nearest
    return away(places)
