"""What Dask's client writes to its log when its scheduler is gone, without what helps nobody."""

from __future__ import annotations

import asyncio
import logging

from distributed import Client

__all__ = ["quieten"]

logger = logging.getLogger("distributed.client")


class _NoCancellation(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        return kind is None or not issubclass(kind, asyncio.CancelledError)


_no_cancellation = _NoCancellation()


def quieten(client: Client) -> None:
    """Spare the user the traceback of a client that is closed while it tries to reconnect."""
    if client.status == "connecting":
        logger.addFilter(_no_cancellation)  # a second time changes nothing
