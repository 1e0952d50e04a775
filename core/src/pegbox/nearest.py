"""The name that was probably meant, for the hints of errors.

For core and for plugins alike, so that all ask in the same words. What else a hint says is its
error's to know.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

__all__ = ["did_you_mean", "nearest_name"]

#: Names that share less than this are not near, by `difflib`'s ratio from 0 to 1.
_LIKENESS: Final = 0.6


def did_you_mean(name: object, known: Iterable[object], otherwise: str = "") -> str:
    """``"Did you mean 'x'?"``.

    Args:
        name: What nobody knows.
        known: Names that there are.
        otherwise: What to say where none of these is near.
    """
    near = nearest_name(name, known)
    return otherwise if near is None else f"Did you mean {near!r}?"


def nearest_name(name: object, known: Iterable[object], likeness: float = _LIKENESS) -> str | None:
    """The one of the known names that is nearest; None where none is near.

    Args:
        name: What nobody knows.
        known: Names that there are; other values count as they are written.
        likeness: How much it has to share with ``name``, from 0 to 1, by Python's `difflib`.
    """
    near = difflib.get_close_matches(str(name), [str(each) for each in known], 1, likeness)
    return near[0] if near else None
