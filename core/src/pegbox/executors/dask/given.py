"""A cluster that the user gave: used as it is, and left as it was."""

from __future__ import annotations

from distributed import Client

from pegbox.executors.dask.exit_cause import ExitCause

__all__ = ["GivenCluster"]


class GivenCluster:
    """The workers behind a client of the user's.

    Args:
        client: A connected, synchronous client; it stays open.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def start(self) -> Client:
        """The client."""
        return self._client

    def exit_cause(self, worker: str, timeout_s: float) -> ExitCause | None:
        """Not known for processes that somebody else watches."""
        return None

    def close(self) -> None:
        """Leave everything as it is."""
