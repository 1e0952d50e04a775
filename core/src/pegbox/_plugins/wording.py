"""Names in the sentences of errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["folded", "listed", "sentences"]


def listed(names: Iterable[str]) -> str:
    """Names joined for a sentence; ``"none"`` where there are none."""
    return ", ".join(names) or "none"


def sentences(parts: Sequence[str]) -> str:
    """The parts that are not empty, with blanks between."""
    return " ".join(part for part in parts if part)


def folded(name: str) -> str:
    """A name without what people spell in different ways: case, and ``-`` for ``_``."""
    return name.lower().replace("-", "_")
