"""Numbers as they come in from users and optimizers, made plain Python without importing numpy."""

from __future__ import annotations

import math
from typing import Any, Final

from pegbox.errors import ConfigError

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
    if getattr(value, "shape", None) == () and callable(getattr(value, "item", None)):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{name} must be a number, got {value!r} of type {type(value).__name__}")
    return int(value) if isinstance(value, int) else float(value)


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
        raise ConfigError(f"{name} must be finite, got {value!r}")
    return result


def as_int(value: Any, name: str) -> int:
    """An integer of at most 64 bits; a float counts where it is whole.

    Raises:
        ConfigError: It is no whole number, or too large.
    """
    plain = number(value, name)
    if isinstance(plain, float):
        if not plain.is_integer():
            raise ConfigError(f"{name} must be a whole number, got {value!r}")
        plain = int(plain)
    if abs(plain) > _MAX_INT:
        raise ConfigError(f"{name} must fit 64 bits, got a number of {plain.bit_length()} bits")
    return plain
