"""What a worker process of the embedded cluster does: be one Dask worker, end with the driver.

Its driver speaks to it through its standard input: a line of ``boot`` (where to import from) at
once, a line of ``order`` (whom to join) when the scheduler stands. The pipe then stays open; its
end is the end of the process. The driver's side, with the few words of program that lead here, is
`pegbox.executors.dask.embedded.worker_handle`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from pegbox._processes.dependent_process import end_with_parent, prepare_streams
from pegbox._processes.exit_cause import LEFT

__all__ = ["main"]


def main(pipe: BinaryIO, boot: Mapping[str, Any]) -> NoReturn:
    """Run a worker until the scheduler sends it away or the driver is gone.

    Args:
        pipe: From the driver.
        boot: The first line, decoded: ``parent`` (process id), ``sys_path``, ``failure_file``
            (where to write why the worker could not start).
    """
    prepare_streams()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # its exit shall tell that a signal did it
    try:
        import pegbox.executors.dask.slot.task  # noqa: F401 (distributed too, while the driver does)

        _let_dask_say(logging.ERROR)
        order = json.loads(pipe.readline() or sys.exit())
        end_with_parent(pipe, boot["parent"])
        asyncio.run(_serve(order))
    except Exception:
        Path(boot["failure_file"]).write_text(traceback.format_exc())
        sys.exit(1)
    sys.exit(LEFT)


def _let_dask_say(level: int) -> None:
    """Set what of Dask's own messages reaches the terminal: those of this level and above."""
    for handler in logging.getLogger("distributed").handlers:
        handler.setLevel(level)


async def _serve(order: Mapping[str, Any]) -> None:
    import dask
    from distributed import Security, Worker

    class QuietWorker(Worker):
        """A worker without the HTTP server, which asks nobody for a certificate."""

        def start_http_server(self, *args: Any, **kwargs: Any) -> None:
            pass

        async def close(self, *args: Any, **kwargs: Any) -> str | None:
            _let_dask_say(logging.CRITICAL)  # a heartbeat that the end cuts off is no news
            return cast("str | None", await super().close(*args, **kwargs))

    # Nobody looks at the profile, and each trial would pay for the sampling.
    with dask.config.set({"distributed.worker.profile.enabled": False}):
        worker = await QuietWorker(
            order["scheduler"],
            name=order["name"],
            nthreads=order["nthreads"],
            resources=order["resources"],
            security=Security(**order["security"]),
            host="127.0.0.1",
            local_directory=order["folder"],
            memory_limit=0,
        )
    await worker.finished()
