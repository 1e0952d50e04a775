"""Checks of arguments that many objects share; each names the argument as the user wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean, nearest_name
from pegbox.text import shown

__all__ = ["flag", "function", "named_value", "nearest", "one_of", "positive", "whole"]

#: More fits neither a database column nor an optimizer's arrays.
_MOST: Final = 2**63 - 1


def whole(owner: str, name: str, value: object, least: int, hint: str = "") -> None:
    """Refuse what is no whole number, or is too small or beyond 64 bits.

    Raises:
        ConfigError: It is; the message names ``owner(name=...)``.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(
            f"{owner}({name}=...) must be a whole number from {least}, got {shown(value)}",
            hint=_converted(name, value, "int") or hint or f"Write e.g. {name}={max(least, 1)}.",
        )
    if value > _MOST:
        raise ConfigError(
            f"{owner}({name}=...) must fit 64 bits, got a number of {value.bit_length()} bits",
            hint=f"Write e.g. {name}={max(least, 1)}.",
        )


def positive(owner: str, name: str, value: object, hint: str = "", *, above: float = 0) -> None:
    """Refuse what is no number above 0, or above another bound, or one that 64 bits do not hold.

    Raises:
        ConfigError: It is; the message names ``owner(name=...)``.
    """
    most = ""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > above:
        if value < _MOST:
            return
        most = " and below 2**63"
    raise ConfigError(
        f"{owner}({name}=...) must be a number above {above:g}{most}, got {shown(value)}",
        hint=_converted(name, value, "float") or hint or f"Write e.g. {name}=10.",
    )


def flag(owner: str, name: str, value: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        ConfigError: It is; the message names ``owner(name=...)``.
    """
    if not isinstance(value, bool):
        raise ConfigError(
            f"{owner}({name}=...) must be True or False, got {shown(value)}",
            hint=f"Write {name}=True, or leave it out.",
        )


def one_of(owner: str, name: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse what is none of some words.

    Raises:
        ConfigError: It is; the message names ``owner(name=...)``.
    """
    if isinstance(value, str) and value in choices:
        return
    *others, last = (f'"{choice}"' for choice in choices)
    allowed = f"{', '.join(others)} or {last}" if others else last
    near = nearest_name(value, choices) if isinstance(value, str) else None
    raise ConfigError(
        f"{owner}({name}=...) must be {allowed}, got {shown(value)}",
        hint=f"Did you mean {name}={near!r}?" if near else f"Write e.g. {name}={choices[0]!r}.",
    )


def function(owner: str, name: str, value: Any, takes: str, written: str) -> None:
    """Refuse what cannot be called.

    Args:
        takes: What it is called with, in words. ``written``: as the name of an argument.

    Raises:
        ConfigError: It cannot; the message names ``owner(name=...)``.
    """
    if not callable(value):
        raise ConfigError(
            f"{owner}({name}=...) must be a function of {takes}, got {shown(value)}",
            hint=f"Write e.g. {name}=lambda {written}: ...",
        )


def named_value(owner: str, name: str, value: object, example: str = "loss") -> None:
    """Refuse what cannot be the name of a reported value.

    Raises:
        ConfigError: It is no text, or empty; the message names ``owner(name=...)``.
    """
    if not isinstance(value, str) or not value:
        raise ConfigError(
            f"{owner}({name}=...) must be the name of a reported value, got {shown(value)}",
            hint=f'Write e.g. {name}="{example}", as it is reported.',
        )


def nearest(name: str, known: Iterable[str], beside: Iterable[str] = ()) -> str:
    """For a hint, where nobody knows a name: the known one that is nearest, and all there are.

    Args:
        beside: Other names that it may have been meant for, which are not listed.
    """
    names = sorted(known)
    question = did_you_mean(name, [*names, *beside])
    return f"{question} There are: {', '.join(names) or 'none'}.".lstrip()


def _converted(name: str, value: object, kind: str) -> str:
    """What would do in place of a number of another type, or one that is text; else empty."""
    if isinstance(value, str):
        return f"Write {name}={value}, without quotes." if value.isdecimal() else ""
    foreign = not isinstance(value, int | float) and hasattr(value, f"__{kind}__")
    return f"Write {name}={kind}(...)." if foreign else ""
