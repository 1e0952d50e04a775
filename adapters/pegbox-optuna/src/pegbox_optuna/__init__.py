"""Optuna's samplers for pegbox: the doorway. Optuna is imported when a searcher is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pegbox.hookspecs import hookimpl

if TYPE_CHECKING:
    from pegbox_optuna.searcher import OptunaSearch as OptunaSearch

__all__ = ["OptunaSearch"]


@hookimpl
def pegbox_searchers() -> Mapping[str, str]:
    """The searchers of this package."""
    return {"optuna": "pegbox_optuna.searcher:OptunaSearch"}


def __getattr__(name: str) -> Any:
    if name == "OptunaSearch":
        from pegbox_optuna.searcher import OptunaSearch

        return OptunaSearch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
