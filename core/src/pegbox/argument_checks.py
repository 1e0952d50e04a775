"""Checks of arguments that several value objects share; each names it as the user wrote it."""

from __future__ import annotations

import math
from typing import Any

from pegbox.errors import ConfigError

__all__ = ["flag", "function", "one_of", "positive", "whole"]


def whole(owner: str, name: str, value: object, least: int, hint: str = "") -> None:
    """Refuse what is no whole number, or is too small.

    Raises:
        ConfigError: It is; the message names ``owner(name=...)``.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(
            f"{owner}({name}=...) must be a whole number from {least}, got {value!r}", hint=hint
        )


def positive(owner: str, name: str, value: object, hint: str = "") -> None:
    """Refuse what is no finite number above 0.

    Raises:
        ConfigError: It is; the message names ``owner(name=...)``.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
        return
    raise ConfigError(f"{owner}({name}=...) must be a number above 0, got {value!r}", hint=hint)


def flag(owner: str, name: str, value: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        ConfigError: It is; the message names ``owner(name=...)``.
    """
    if not isinstance(value, bool):
        raise ConfigError(f"{owner}({name}=...) must be True or False, got {value!r}")


def one_of(owner: str, name: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse what is none of some words.

    Raises:
        ConfigError: It is; the message names ``owner(name=...)``.
    """
    if value not in choices:
        *others, last = (f'"{choice}"' for choice in choices)
        allowed = f"{', '.join(others)} or {last}" if others else last
        raise ConfigError(f"{owner}({name}=...) must be {allowed}, got {value!r}")


def function(owner: str, name: str, value: Any, takes: str) -> None:
    """Refuse what cannot be called.

    Raises:
        ConfigError: It cannot; the message names ``owner(name=...)``.
    """
    if not callable(value):
        raise ConfigError(f"{owner}({name}=...) must be a function of {takes}, got {value!r}")
