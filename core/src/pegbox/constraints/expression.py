"""Linear inequalities as text: ``x + 2*model/width <= 1``. A small reader; nothing is evaluated.

A name is a word, or words with ``/`` or ``.`` between them; any other stands in backticks. It
knows no space and no metrics.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, NoReturn

from pegbox.errors import ConfigError
from pegbox.text import clip, shown

__all__ = ["parse", "written"]

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*(?:[/.]\w+)*)"
    r"|`(?P<quoted>[^`]+)`"
    r"|(?P<sign><=|>=|==|!=|\S))"
)
_PLAIN_NAME: Final = re.compile(r"[^\W\d]\w*(?:[/.]\w+)*")

_EXAMPLE: Final = 'Write e.g. "x + 2*y <= 1".'

_NO_EQUALITY: Final = "Write <= or >=; what equals something else is computed from it."
_NOT_LINEAR: Final = "Pass a function of the configuration for what is not linear."
_NO_BRACKETS: Final = "Write each term without brackets: 2*x + 2*y."

#: Signs that a linear inequality has no place for, and what would do.
_REMEDIES: Final[Mapping[str, str]] = {
    "<": "Write <=; between whole numbers, x + 1 <= y.",
    ">": "Write >=; between whole numbers, x >= y + 1.",
    "=": _NO_EQUALITY,
    "==": _NO_EQUALITY,
    "!=": _NOT_LINEAR,
    "^": _NOT_LINEAR,
    "*": _NOT_LINEAR,
    "/": "Write 0.5*x in place of x / 2.",
    "(": _NO_BRACKETS,
    ")": _NO_BRACKETS,
}

#: Name to coefficient; "" for what has no name.
_Sum = dict[str, float]


def parse(text: str) -> tuple[dict[str, float], float]:
    """Coefficients by name, and the bound, of what is then ``sum <= bound``.

    Raises:
        ConfigError: It is no linear inequality; what is wrong with it is said.
    """
    if not isinstance(text, str):
        raise ConfigError(f"a constraint is a text, got {shown(text)}", hint=_EXAMPLE)
    reader = _Reader(text)
    left, sign, right = reader.sum(), reader.relation(), reader.sum()
    reader.end()
    if sign == ">=":
        left, right = right, left
    total = {name: left.get(name, 0.0) - right.get(name, 0.0) for name in {**left, **right}}
    bound = -total.pop("", 0.0)
    coefficients = {name: value for name, value in total.items() if value}
    if not coefficients:
        reader.refuse("has nothing that varies", _EXAMPLE)
    if not all(map(math.isfinite, (bound, *coefficients.values()))):
        reader.refuse("has a number that is too large", _EXAMPLE)
    # Minus zero reads badly.
    return coefficients, bound + 0.0


def written(coefficients: Mapping[str, float], bound: float) -> str:
    """The text of a constraint that `parse` takes."""
    total = ""
    for name, value in coefficients.items():
        sign = "-" if value < 0 else "+" if total else ""
        total += f" {sign} {_term(name, abs(value))}" if total else sign + _term(name, abs(value))
    return f"{total} <= {bound:.12g}"


def _term(name: str, size: float) -> str:
    name = name if _PLAIN_NAME.fullmatch(name) else f"`{name}`"
    return name if size == 1 else f"{size:.12g}*{name}"


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def sum(self) -> _Sum:
        """Terms with ``+`` and ``-`` between them."""
        found: _Sum = {}
        sign = self._signs()
        while True:
            name, value = self._product()
            found[name] = found.get(name, 0.0) + sign * value
            if self._next() not in ("+", "-"):
                return found
            sign = self._signs()

    def relation(self) -> str:
        """``<=`` or ``>=``."""
        sign = self._next()
        if sign not in ("<=", ">="):
            self._refuse_next("<= or >=")
        return self._take()

    def end(self) -> None:
        """Refuse what follows."""
        if self._next() in ("<=", ">="):
            self.refuse("compares twice", "Write two constraints.")
        if self._next():
            self._refuse_next("its end")

    def refuse(self, what: str, hint: str) -> NoReturn:
        """Say what is wrong with the whole text."""
        raise ConfigError(f"constraint {clip(self._text, 200, '...')!r} {what}", hint=hint)

    def _signs(self) -> float:
        sign = 1.0
        while self._next() in ("+", "-"):
            sign = -sign if self._take() == "-" else sign
        return sign

    def _product(self) -> tuple[str, float]:
        name, value = self._factor()
        while self._next() == "*":
            self._take()
            sign = self._signs()
            other, more = self._factor()
            if name and other:
                self.refuse(f"multiplies {name!r} by {other!r}", _NOT_LINEAR)
            name, value = name or other, sign * value * more
        return name, value

    def _factor(self) -> tuple[str, float]:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["sign"]:
            self._refuse_next("a number or a name")
        self._at = match.end()
        if match["number"]:
            return "", float(match["number"])
        return match["name"] or match["quoted"], 1.0

    def _next(self) -> str:
        """The next sign, number or name; empty at the end."""
        match = _TOKEN.match(self._text, self._at)
        return "" if match is None else match[0].strip()

    def _take(self) -> str:
        taken = self._next()
        match = _TOKEN.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return taken

    def _refuse_next(self, wanted: str) -> NoReturn:
        found = self._next()
        place = f"has {found!r} where {wanted}" if found else f"ends where {wanted}"
        self.refuse(f"{place} is expected", _REMEDIES.get(found, _EXAMPLE))
