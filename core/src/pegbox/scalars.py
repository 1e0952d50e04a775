"""Scalars of numpy and their like as Python's own, without importing any of them."""

from __future__ import annotations

from typing import Any

__all__ = ["unpacked"]


def unpacked(value: Any) -> Any:
    """What a scalar, or an array without dimensions, holds; any other value as it is."""
    try:
        if getattr(value, "shape", None) == () and callable(getattr(value, "item", None)):
            return value.item()
    except Exception:  # an object of a user's own that only looks like one may do anything
        pass
    return value
