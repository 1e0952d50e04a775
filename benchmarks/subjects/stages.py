"""Where the driver's CPU time goes: microseconds of each stage for a trial or a report.

The stages are wrapped from outside, so their names follow the code and this script changes with
it. They nest: messages hold the steps that are made in the same turn, and a step holds the engine,
the searcher, the store, the answers and the launches.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections import Counter
from pathlib import Path
from typing import Any

import common
import pegbox_runs
from common import Figures
from pegbox._engine.engine import Engine
from pegbox._run.observers import Observers
from pegbox._run.runner import Runner
from pegbox._run.searcher_desk import SearcherDesk
from pegbox._store.writer import Store
from pegbox.executors.dask.executor import DaskExecutor

#: Figure -> class and method whose calls it sums up.
STAGES: dict[str, tuple[type, str]] = {
    "step_us": (Runner, "step"),
    "store_us": (Store, "append"),
    "engine_us": (Engine, "handle"),
    "searcher_us": (SearcherDesk, "carry_out"),
    "launch_us": (DaskExecutor, "launch"),
    "answer_us": (DaskExecutor, "answer"),
    "messages_us": (DaskExecutor, "_take"),
    "callbacks_us": (Observers, "tell"),
}


class _Stopwatch:
    """Sums up the CPU time of the calls of each stage, in whichever thread they are made."""

    def __init__(self) -> None:
        self._spent: Counter[str] = Counter()
        for figure, (kind, method) in STAGES.items():
            setattr(kind, method, self._timed(figure, getattr(kind, method)))

    def _timed(self, figure: str, function: Any) -> Any:
        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            before = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self._spent[figure] += time.thread_time() - before  # type: ignore[assignment]

        return timed

    def figures(self, units: int) -> Figures:
        return {figure: 1e6 * self._spent[figure] / units for figure in STAGES}


def stages_of_trials(arguments: argparse.Namespace, folder: Path) -> Figures:
    """No-op trials."""
    stopwatch = _Stopwatch()
    found = pegbox_runs.trials(arguments, folder)
    return {"driver_cpu_us": found["driver_cpu_us"], **stopwatch.figures(arguments.n)}


def stages_of_reports(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Trials that report."""
    stopwatch = _Stopwatch()
    found = pegbox_runs.reports(arguments, folder)
    units = arguments.n * arguments.reports
    return {"driver_cpu_us": found["driver_cpu_us"], **stopwatch.figures(units)}


if __name__ == "__main__":
    common.main({"stages_of_trials": stages_of_trials, "stages_of_reports": stages_of_reports})
