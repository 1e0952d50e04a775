"""What would do in place of a name that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is nearest, and all there are."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    question = f"Did you mean {near[0]!r}? " if near else ""
    return f"{question}There are: {', '.join(names) or 'none'}."
