"""The floor for large data: a file in shared memory that each worker process maps.

The same processes as pegbox has them: its own embedded cluster, or a `LocalCluster` that is up
before the clock runs. What a trial does is a Dask task.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import common
import numpy as np
import process_memory
from common import Figures
from distributed import Client, LocalCluster
from pegbox.executors.dask.embedded.cluster import EmbeddedCluster

WORKERS = 2


def broadcast(arguments: argparse.Namespace, folder: Path) -> Figures:
    """An array for every trial, which reads each of its pages."""
    data = np.ones(arguments.mb * 1_000_000 // 8)
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm", prefix="pegbox-bench-") as shared,
        _given(arguments.workers) as client,
        process_memory.sampled() as peaks,
    ):
        begin = time.perf_counter()
        place = Path(shared, "data")
        if client is not None:
            data.tofile(place)
            _read_all(client, arguments.n, place)
        else:
            cluster = EmbeddedCluster(WORKERS)
            cluster.prestart()  # the processes import meanwhile
            data.tofile(place)
            _read_all(cluster.start(), arguments.n, place)
            cluster.close()
        wall = time.perf_counter() - begin
    return {"wall_s": wall, **peaks}


@contextmanager
def _given(workers: int) -> Iterator[Client | None]:
    if not workers:
        yield None
        return
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _read_all(client: Client, trials: int, place: Path) -> None:
    futures = [client.submit(_read, str(place), pure=False) for _ in range(trials)]
    assert len(set(client.gather(futures))) == 1


def _read(place: str) -> float:
    data: Any = np.memmap(place, np.float64, "r")
    return float(data[::512].sum())


if __name__ == "__main__":
    common.main({"broadcast": broadcast})
