"""Numbers as they come in from users and optimizers, made plain Python without importing numpy."""

from __future__ import annotations

import math
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.scalars import unpacked
from pegbox.text import shown

__all__ = ["as_float", "as_int", "number"]

#: Integers beyond this fit neither a database column nor an optimizer's arrays.
_MAX_INT: Final = 2**63 - 1


def number(value: Any, name: str) -> int | float:
    """A plain int or float from a number or a numpy scalar.

    Raises:
        ConfigError: It is no number; booleans and strings are none.
    """
    if type(value) is float or type(value) is int:
        return value
    plain = unpacked(value)
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise ConfigError(
            f"{name} must be a number, got {shown(value)} of type {type(value).__name__}",
            hint=_as_number(value),
        )
    return int.__int__(plain) if isinstance(plain, int) else float.__float__(plain)


def as_float(value: Any, name: str) -> float:
    """A finite float.

    Raises:
        ConfigError: It is no number, NaN or infinite.
    """
    plain = number(value, name)
    try:
        result = float(plain)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise ConfigError(
            f"{name} must be finite, got {shown(value)}", hint="Use a number of at most 1e308."
        )
    return result


def as_int(value: Any, name: str) -> int:
    """An integer of at most 64 bits; a float counts where it is whole.

    Raises:
        ConfigError: It is no whole number, or too large.
    """
    plain = number(value, name)
    if isinstance(plain, float):
        if not plain.is_integer():
            raise ConfigError(
                f"{name} must be a whole number, got {shown(value)}",
                hint="For other numbers there are uniform, quniform and loguniform.",
            )
        plain = int(plain)
    if abs(plain) > _MAX_INT:
        raise ConfigError(
            f"{name} must fit 64 bits, got a number of {plain.bit_length()} bits",
            hint="For larger numbers there are uniform and loguniform.",
        )
    return plain


def _as_number(value: object) -> str:
    """What would do in place of what is no number."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            pass
        else:
            return "Write it without quotes, or convert what was read from a file: float(...)."
    return "Write a number, e.g. 0.1."
