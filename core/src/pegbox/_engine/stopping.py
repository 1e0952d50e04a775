"""That a run is to end: what said so, and until when what runs is waited for.

Nothing is started and nothing asked for from then on. When the run has ended is decided in
`pegbox._engine.settling`.
"""

from __future__ import annotations

from pegbox._engine.journal import Journal
from pegbox._engine.time_limits import TimeLimits
from pegbox.events import PluginFailed, StopRequested

__all__ = ["Stopping"]


class Stopping:
    """Why one epoch is to end.

    Args:
        journal: Of the engine.
        time_limits: The deadlines.

    Attributes:
        cause: What was said first, but a plugin's failure counts more; None while nothing was.
    """

    def __init__(self, journal: Journal, time_limits: TimeLimits) -> None:
        self._journal = journal
        self._time_limits = time_limits
        self.cause: StopRequested | PluginFailed | None = None

    def stop(self, event: StopRequested | PluginFailed) -> None:
        """The run is to end."""
        self._journal.note(event)
        if self.cause is None or isinstance(event, PluginFailed):
            self.cause = event
        self._time_limits.run_ends(event)
