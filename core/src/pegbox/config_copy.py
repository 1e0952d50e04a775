"""A configuration in containers of its own, around the very same values."""

from __future__ import annotations

from typing import Any

__all__ = ["copy_config"]


def copy_config(value: Any) -> Any:
    """The same values in new dicts and lists: objects in it are not copied."""
    if type(value) is dict:
        return {key: copy_config(item) for key, item in value.items()}
    if type(value) is list:
        return [copy_config(item) for item in value]
    return value
