"""bayesian-optimization for pegbox: the doorway. It is imported when a searcher is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pegbox.hookspecs import hookimpl

if TYPE_CHECKING:
    from pegbox_bayesopt.searcher import BayesOptSearch as BayesOptSearch

__all__ = ["BayesOptSearch"]


@hookimpl
def pegbox_searchers() -> Mapping[str, str]:
    """The searchers of this package."""
    return {"bayesopt": "pegbox_bayesopt.searcher:BayesOptSearch"}


def __getattr__(name: str) -> Any:
    if name == "BayesOptSearch":
        from pegbox_bayesopt.searcher import BayesOptSearch

        return BayesOptSearch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
