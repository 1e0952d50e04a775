"""What the searcher's desk calls, and the searcher that answers in this very process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pegbox._plugins.manager import RoleManager
from pegbox.decisions import FINISHED, WAIT, Signal

__all__ = ["SearcherCalls", "SearcherHere"]


class SearcherCalls(Protocol):
    """One run's searcher with all that stands around it, wherever it is."""

    @property
    def label(self) -> str:
        """What proposes: name, package and version."""

    def implements(self, hook_name: str) -> bool:
        """Whether a call of this hook would reach a plugin."""

    def call(self, hook_name: str, /, **arguments: Any) -> Any:
        """Call a hook of the role; see `pegbox._plugins.manager.RoleManager.call`."""

    def suggest(self, **arguments: Any) -> Mapping[str, Any] | Signal:
        """Ask for a point.

        Args:
            **arguments: Those of ``searcher_suggest``.

        Returns:
            JSON data, which need not be a point of the space; `WAIT` or `FINISHED`.

        Raises:
            PluginError: A plugin raised, or answered something else.
        """


class SearcherHere:
    """See `SearcherCalls`.

    Args:
        manager: Holds the searcher.
    """

    def __init__(self, manager: RoleManager) -> None:
        self._manager = manager
        self.implements = manager.implements
        self.call = manager.call

    @property
    def label(self) -> str:
        """See `SearcherCalls`."""
        return self._manager.describe(self._manager.plugins[0][1])

    def suggest(self, **arguments: Any) -> Mapping[str, Any] | Signal:
        """See `SearcherCalls`."""
        answer = self._manager.call("searcher_suggest", **arguments)
        if answer is WAIT or answer is FINISHED or isinstance(answer, Mapping):
            return answer
        raise self._manager.wrong_answer("searcher_suggest", answer)
