"""What the searcher's desk calls, and the searcher that answers in this very process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pegbox._plugins.bindings import Role
from pegbox._plugins.manager import RoleManager
from pegbox.decisions import FINISHED, WAIT, Signal
from pegbox.errors import PegboxError, PluginError
from pegbox.searcher import Point

__all__ = ["SearcherCalls", "SearcherHere", "outside_the_space"]


def outside_the_space(label: str, error: PegboxError) -> PluginError:
    """The failure of a searcher whose answer is no point, for what ``error`` says."""
    return PluginError(
        f"searcher {label} suggested a point outside the space: {error}",
        plugin=label,
        hook="searcher_suggest",
    )


class SearcherCalls(Protocol):
    """One run's searcher with all that stands around it, wherever it is."""

    @property
    def role(self) -> Role:
        """The searcher's."""

    @property
    def label(self) -> str:
        """What proposes: name, package and version."""

    @property
    def decided_s(self) -> float:
        """Seconds that were waited for it."""

    def implements(self, hook_name: str, /) -> bool:
        """Whether a call of this hook would reach a plugin."""

    def call(self, hook_name: str, /, **arguments: Any) -> Any:
        """Call a hook of the role; see `pegbox._plugins.manager.RoleManager.call`.

        What is only told may be carried out later, but before the next answer, and before
        `settle` returns; that raises what came of it.
        """

    def suggest(
        self, *, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Mapping[str, Any] | Signal:
        """Ask for a point; see `pegbox.searcher.Searcher.suggest`.

        Returns:
            What need not be a point of the space yet; `WAIT` or `FINISHED`.

        Raises:
            PluginError: A plugin raised, or answered something else.
        """

    def settle(self) -> None:
        """Wait until everything that was told has been heard.

        Raises:
            PluginError: A plugin raised when it was told.
        """

    def end(self) -> None:
        """Nothing is called any more."""


class SearcherHere:
    """See `SearcherCalls`.

    Args:
        manager: Holds the searcher.
    """

    def __init__(self, manager: RoleManager) -> None:
        self._manager = manager
        self.role = manager.role
        self.implements = manager.implements
        self.call = manager.call

    @property
    def label(self) -> str:
        """See `SearcherCalls`."""
        return self._manager.describe(self._manager.plugins[0][1])

    @property
    def decided_s(self) -> float:
        """See `SearcherCalls`."""
        return self._manager.decided_s

    def suggest(
        self, *, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Mapping[str, Any] | Signal:
        """See `SearcherCalls`."""
        answer = self._manager.call(
            "searcher_suggest", trial_id=trial_id, pending=pending, ask=ask, seed=seed
        )
        if answer is WAIT or answer is FINISHED or isinstance(answer, Mapping):
            return answer
        raise self._manager.wrong_answer("searcher_suggest", answer)

    def settle(self) -> None:
        """See `SearcherCalls`."""

    def end(self) -> None:
        """See `SearcherCalls`."""
