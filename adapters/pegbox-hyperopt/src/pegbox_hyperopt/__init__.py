"""hyperopt's algorithms for pegbox: the doorway. hyperopt is imported when a run is set up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pegbox.hookspecs import hookimpl

if TYPE_CHECKING:
    from pegbox_hyperopt.searcher import HyperOptSearch as HyperOptSearch

__all__ = ["HyperOptSearch"]


@hookimpl
def pegbox_searchers() -> Mapping[str, str]:
    """The searchers of this package."""
    return {"hyperopt": "pegbox_hyperopt.searcher:HyperOptSearch"}


def __getattr__(name: str) -> Any:
    if name == "HyperOptSearch":
        from pegbox_hyperopt.searcher import HyperOptSearch

        return HyperOptSearch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
