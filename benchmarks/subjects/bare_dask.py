"""The least that Dask itself needs: a `LocalCluster` of two processes, and one task."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import common
from common import Figures

_before = time.perf_counter()
from distributed import Client, LocalCluster  # noqa: E402

_imported = time.perf_counter() - _before


def first_result(arguments: argparse.Namespace, folder: Path) -> Figures:
    """A cold process: import, start, and the result of one task."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.submit(_no_op, {"x": 0.5}).result()
        age = common.process_age()
    return {"wall_s": age, "import_s": _imported}


def _no_op(config: dict[str, float]) -> dict[str, float]:
    return {"loss": config["x"]}


if __name__ == "__main__":
    common.main({"first_result": first_result})
