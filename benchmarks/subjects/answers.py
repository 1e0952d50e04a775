"""Answer times of trials that report at a steady pace, while the searcher calculates."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import common
import pegbox
from common import Figures
from slow_searchers import GaussianProcess, PythonLoop, busy_times

SPACE = {name: pegbox.uniform(0, 1) for name in ("x", "y", "z")}

#: Of each trial's reports, these came while connections were still made.
_FIRST = 5


def answers(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Two trials at a time. With a searcher that calculates, only answers beside it count."""
    scratch = folder / "scratch"
    scratch.mkdir()
    place, count, interval = str(scratch), arguments.reports, arguments.interval

    def trial(config: Mapping[str, float]) -> None:
        loss = sum((config[name] - 0.3) ** 2 for name in ("x", "y", "z"))
        common.timed_reports(count, lambda step: pegbox.report({"loss": loss}), place, interval)

    searchers = {"loop": PythonLoop, "skopt": GaussianProcess}
    make = searchers.get(arguments.searcher)
    begin = time.perf_counter()
    pegbox.Tuner(
        trial,
        param_space=SPACE,
        tune_config=pegbox.TuneConfig(
            metric="loss",
            mode="min",
            num_samples=arguments.n,
            max_concurrent_trials=arguments.concurrency,
            search_alg=arguments.searcher if make is None else make(place),
            seed=1,
        ),
        run_config=pegbox.RunConfig(name="exp", storage_path=str(folder)),
    ).fit()
    busy = busy_times(place)
    latencies = _beside(common.saved_reports(scratch), busy if make else None)
    return {
        "wall_s": time.perf_counter() - begin,
        "computing_s": sum(end - begin for begin, end in busy),
        "answers": len(latencies),
        **common.answer_figures(latencies),
    }


def _beside(
    trials: Sequence[Mapping[str, Any]], busy: Sequence[tuple[float, float]] | None
) -> list[float]:
    """Seconds of the answers that were waited for in these times; None for all."""
    found = [
        (at, latency)
        for trial in trials
        for at, latency in list(zip(trial["ends"], trial["latencies"], strict=True))[_FIRST:]
    ]
    return [
        latency
        for at, latency in found
        if busy is None or any(begin < at and at - latency < end for begin, end in busy)
    ]


if __name__ == "__main__":
    common.main({"answers": answers})
