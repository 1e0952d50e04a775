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
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Figures = dict[str, Any]
Workload = Callable[[argparse.Namespace, Path], Figures]

#: Fewer latencies than this have no distribution.
_FEWEST = 40

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
    parser.add_argument("--sleep", type=float, default=0.0, help="seconds of each trial")
    parser.add_argument("--interval", type=float, default=0.0, help="seconds before each report")
    parser.add_argument("--mb", type=int, default=10, help="megabytes of a checkpoint or array")
    parser.add_argument("--workers", type=int, default=0, help="processes of a given cluster")
    parser.add_argument("--searcher", default="random", help="search_alg of an experiment")
    return parser.parse_args()


def rounded(value: Any) -> Any:
    """Floats with 4 significant digits: more would be noise."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def process_age() -> float:
    """Seconds since this process was started, to one tick of the kernel (10 ms)."""
    started = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(started) / _TICKS


class CpuClock:
    """This process's CPU time at any moment of its run, by a look every 20 ms.

    Where others use the machine too, CPU time says what something costs and wall time does not.
    """

    _PERIOD_S = 0.02

    def __init__(self) -> None:
        self._times: list[float] = []
        self._cpu: list[float] = []
        threading.Thread(target=self._look, name="cpu-clock", daemon=True).start()

    def _look(self) -> None:
        while True:
            self._times.append(time.time())
            self._cpu.append(time.process_time())
            time.sleep(self._PERIOD_S)

    def between(self, begin: float, end: float) -> float:
        """CPU seconds between two moments of wall time."""
        return self._at(end) - self._at(begin)

    def _at(self, moment: float) -> float:
        after = min(max(bisect_left(self._times, moment), 1), len(self._cpu) - 1)
        earlier, later = self._times[after - 1], self._times[after]
        share = (moment - earlier) / (later - earlier)
        return self._cpu[after - 1] + share * (self._cpu[after] - self._cpu[after - 1])


def trial_figures(ends: list[float], clock: CpuClock) -> Figures:
    """The steady rate of no-op trials, the driver's CPU time for each, and how they grow.

    Args:
        ends: When the driver knew of each end: wall time, in order.
        clock: Of the driver.
    """
    figures = {
        "steady_trials_per_s": (len(ends) - 1) / (ends[-1] - ends[0]),
        "driver_cpu_us": _cpu_us(ends, clock),
    }
    if len(ends) > 9_000:
        early, late = ends[100:1_001], ends[-1_000:]
        figures["early_ms"], figures["late_ms"] = _wall_ms(early), _wall_ms(late)
        figures["growth"] = figures["late_ms"] / figures["early_ms"]
        figures["cpu_growth"] = _cpu_us(late, clock) / _cpu_us(early, clock)
    return figures


def _wall_ms(ends: list[float]) -> float:
    return 1e3 * (ends[-1] - ends[0]) / (len(ends) - 1)


def _cpu_us(ends: list[float], clock: CpuClock) -> float:
    return 1e6 * clock.between(ends[0], ends[-1]) / (len(ends) - 1)


def paced_figures(wall_s: float, active_s: float, least_s: float) -> Figures:
    """How much longer than it must a run of a known length takes.

    Args:
        wall_s: Seconds from before the imports until all was closed.
        active_s: Seconds from the first trial's start to the last one's end.
        least_s: Seconds that the trials' own work takes.
    """
    return {
        "wall_s": wall_s,
        "active_s": active_s,
        "ratio": wall_s / least_s,
        "active_ratio": active_s / least_s,
    }


def paced_report_figures(figures: Figures, wall_s: float, least_s: float) -> Figures:
    """`report_figures` of trials that all begin at once, with the paced ones.

    Args:
        figures: Of `report_figures`.
        wall_s: As for `paced_figures`.
        least_s: Seconds that one trial's own work takes.
    """
    slowest = {"slowest_ratio": figures["slowest_s"] / least_s}
    return {**figures, **paced_figures(wall_s, figures["active_s"], least_s), **slowest}


def timed_reports(
    count: int, report: Callable[[int], object], scratch: str, interval_s: float = 0.0
) -> None:
    """Body of a reporting trial: report, and save how long each answer took.

    Args:
        count: Number of reports.
        report: Hands in report number i and waits for the decision.
        scratch: Folder that takes a file for each trial.
        interval_s: Seconds of sleep before each report; 0 to report as fast as it is answered.
    """
    latencies, ends = [], []
    start = time.time()
    for step in range(count):
        if interval_s:
            time.sleep(interval_s)
        before = time.perf_counter()
        report(step)
        latencies.append(time.perf_counter() - before)
        ends.append(time.time())
    saved = {"start": start, "ends": ends, "latencies": latencies}
    handle, _ = tempfile.mkstemp(dir=scratch, suffix=".json")
    with os.fdopen(handle, "w") as file:
        json.dump(saved, file)


def saved_reports(scratch: Path) -> list[dict[str, Any]]:
    """What `timed_reports` saved, trial by trial."""
    return [json.loads(path.read_text()) for path in scratch.glob("*.json")]


def report_figures(scratch: Path, expected: int, clock: CpuClock) -> Figures:
    """Rate and latencies of what `timed_reports` saved, and the driver's CPU time for each.

    "Together" is the time in which all trials report; before it, workers still start. Latencies
    are of that time.

    Args:
        scratch: The folder.
        expected: How many reports there must be.
        clock: Of the driver.
    """
    trials = saved_reports(scratch)
    done = [
        pair for trial in trials for pair in zip(trial["ends"], trial["latencies"], strict=True)
    ]
    assert len(done) == expected, (len(done), expected)
    active = max(end for end, _ in done) - min(trial["start"] for trial in trials)
    begin, end = max(trial["start"] for trial in trials), min(t["ends"][-1] for t in trials)
    together = [latency for at, latency in done if begin < at <= end]
    slowest = max(trial["ends"][-1] - trial["start"] for trial in trials)
    figures = {
        "active_s": active,
        "slowest_s": slowest,
        "active_results_per_s": expected / active,
    }
    if len(together) < _FEWEST:
        return figures
    return {
        **figures,
        "together_results_per_s": len(together) / (end - begin),
        "driver_cpu_us": 1e6 * clock.between(begin, end) / len(together),
        **answer_figures(together),
    }


def answer_figures(latencies: list[float]) -> Figures:
    """The distribution of answer times.

    Args:
        latencies: Seconds that each report took; at least `_FEWEST`.
    """
    hundredths = statistics.quantiles(latencies, n=100, method="inclusive")
    quantiles = [min(latencies), *hundredths, max(latencies)]
    return {
        "p50_ms": 1e3 * hundredths[49],
        "p99_ms": 1e3 * hundredths[98],
        #: The least, 99 percentiles, and the most.
        "answer_ms": [float(f"{1e3 * value:.3g}") for value in quantiles],
    }


def folder_size(folder: Path) -> tuple[int, int]:
    """Bytes and files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files), len(files)
