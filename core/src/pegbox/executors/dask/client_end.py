"""A client that comes to its end while a run still wants it: how that is noticed and outlived.

Whoever closes a client may end the loop that all its work is done on, and what is handed to that
loop is never done then. So the end is seen from other threads, and is never waited for there.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from distributed import Client, Status

__all__ = ["OutOfReach", "finish", "is_closed", "reaching", "why_closed"]

logger = logging.getLogger("pegbox")

#: The last words to a scheduler take so long at most.
_LAST_S = 20.0
_CLIENT_CLOSED = "the Dask client was closed while the run went on"
_CLUSTER_CLOSED = "the Dask cluster was closed while the run went on"
_ENDED = (Status.closing, Status.closed, Status.failed)


def is_closed(client: Client) -> bool:
    """Whether a client has come to its end, or is about to."""
    return client.status in ("closing", "closed")


def why_closed(client: Client) -> str | None:
    """Who has ended a client, as a sentence; None for one that has not ended."""
    if client.status != "closed":
        return None
    cluster_ended = getattr(client.cluster, "status", None) in _ENDED
    return _CLUSTER_CLOSED if cluster_ended else _CLIENT_CLOSED


class OutOfReach(Exception):
    """A scheduler could not be reached; the text says why."""


@contextlib.contextmanager
def reaching(client: Client) -> Iterator[None]:
    """What is asked of a scheduler in a ``with`` block is an `OutOfReach` if it fails for that."""
    try:
        yield
    except OSError as error:  # it may have been closed here as well: that reads the same
        raise OutOfReach(f"the Dask client has lost its scheduler ({error})") from error
    except Exception as error:  # a closed client raises of many kinds
        if not is_closed(client):
            raise
        raise OutOfReach(why_closed(client) or _CLIENT_CLOSED) from error


def finish(client: Client, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do the last of something on a client's loop, if that goes on.

    Args:
        client: Its end may have come already; then nothing is waited for.
        last: What to do.
    """
    if is_closed(client):
        client.loop.add_callback(last)
        return
    try:
        client.sync(last, callback_timeout=_LAST_S)
    except (OSError, TimeoutError, RuntimeError) as error:
        logger.debug("the Dask client ended before the run was closed: %r", error)
