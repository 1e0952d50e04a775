"""scikit-optimize for pegbox: the doorway. skopt is imported when a searcher is set up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pegbox.hookspecs import hookimpl

if TYPE_CHECKING:
    from pegbox_skopt.searcher import SkOptSearch as SkOptSearch

__all__ = ["SkOptSearch"]


@hookimpl
def pegbox_searchers() -> Mapping[str, str]:
    """The searchers of this package."""
    return {"skopt": "pegbox_skopt.searcher:SkOptSearch"}


def __getattr__(name: str) -> Any:
    if name == "SkOptSearch":
        from pegbox_skopt.searcher import SkOptSearch

        return SkOptSearch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
