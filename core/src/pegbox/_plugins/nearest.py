"""The name that was probably meant, for the sentences of errors."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = ["did_you_mean", "folded", "listed", "sentences"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``'Did you mean "x"?'`` for the nearest known name, or empty where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'Did you mean "{near[0]}"?' if near else ""


def listed(names: Iterable[str]) -> str:
    """Names joined for a sentence; ``"none"`` where there are none."""
    return ", ".join(names) or "none"


def sentences(parts: Sequence[str]) -> str:
    """The parts that are not empty, with blanks between."""
    return " ".join(part for part in parts if part)


def folded(name: str) -> str:
    """A name without what people spell in different ways: case, and ``-`` for ``_``."""
    return name.lower().replace("-", "_")
