"""Ax for pegbox: the doorway. Ax and torch are imported when a run sets its searcher up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pegbox.hookspecs import hookimpl

if TYPE_CHECKING:
    from pegbox_ax.searcher import AxSearch as AxSearch

__all__ = ["AxSearch"]


@hookimpl
def pegbox_searchers() -> Mapping[str, str]:
    """The searchers of this package."""
    return {"ax": "pegbox_ax.searcher:AxSearch"}


def __getattr__(name: str) -> Any:
    if name == "AxSearch":
        from pegbox_ax.searcher import AxSearch

        return AxSearch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
