"""What every subject's script shares: arguments, the JSON line at the end, and the clock.

A script runs one workload in a fresh process and prints one line of JSON. Whatever else it or its
workers print goes to standard error. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Figures = dict[str, Any]
Workload = Callable[[argparse.Namespace, Path], Figures]

_TICKS = os.sysconf("SC_CLK_TCK")


def main(workloads: Mapping[str, Workload]) -> None:
    """Run the workload that the command line names; its folder is removed afterwards."""
    arguments = _parse(workloads)
    folder = Path(tempfile.mkdtemp(prefix="pegbox-bench-"))
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        figures = workloads[arguments.workload](arguments, folder)
        line = json.dumps({name: rounded(value) for name, value in figures.items()})
        os.write(stdout, f"{line}\n".encode())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _parse(workloads: Mapping[str, Workload]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("workload", choices=sorted(workloads))
    parser.add_argument("--n", type=int, default=200, help="number of trials")
    parser.add_argument("--reports", type=int, default=100, help="reports of each trial")
    parser.add_argument("--concurrency", type=int, default=2, help="trials at once")
    parser.add_argument("--searcher", default="random", help="search_alg of an experiment")
    return parser.parse_args()


def rounded(value: Any) -> Any:
    """Floats with 4 significant digits: more would be noise."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def process_age() -> float:
    """Seconds since this process was started, to one tick of the kernel (10 ms)."""
    started = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(started) / _TICKS


def rate(ends: list[float]) -> float:
    """Ends per second between the first and the last one."""
    return (len(ends) - 1) / (max(ends) - min(ends))


def growth(ends: list[float]) -> Figures:
    """Milliseconds for a trial late in a run of 10,000 against early in the same run."""
    if len(ends) < 10_000:
        return {}
    early, late = 1e3 / rate(ends[100:1_000]), 1e3 / rate(ends[9_000:10_000])
    return {"early_ms": early, "late_ms": late, "growth": late / early}


def timed_reports(count: int, report: Callable[[int], object], scratch: str) -> None:
    """Body of a reporting trial: report as fast as it is answered, and save how long each took.

    Args:
        count: Number of reports.
        report: Hands in report number i and waits for the decision.
        scratch: Folder that takes a file for each trial.
    """
    latencies = []
    start = time.time()
    for step in range(count):
        before = time.perf_counter()
        report(step)
        latencies.append(time.perf_counter() - before)
    saved = {"start": start, "end": time.time(), "latencies": latencies}
    handle, _ = tempfile.mkstemp(dir=scratch, suffix=".json")
    with os.fdopen(handle, "w") as file:
        json.dump(saved, file)


def report_figures(scratch: Path, expected: int) -> Figures:
    """Rate and latencies of what `timed_reports` saved.

    Args:
        scratch: The folder.
        expected: How many reports there must be.
    """
    trials = [json.loads(path.read_text()) for path in scratch.glob("*.json")]
    latencies = [seconds for trial in trials for seconds in trial["latencies"]]
    assert len(latencies) == expected, (len(latencies), expected)
    active = max(trial["end"] for trial in trials) - min(trial["start"] for trial in trials)
    hundredths = statistics.quantiles(latencies, n=100, method="inclusive")
    return {
        "active_s": active,
        "active_results_per_s": expected / active,
        "p50_ms": 1e3 * hundredths[49],
        "p99_ms": 1e3 * hundredths[98],
    }


def folder_size(folder: Path) -> tuple[int, int]:
    """Bytes and files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files), len(files)
