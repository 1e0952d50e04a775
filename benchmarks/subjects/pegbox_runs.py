"""pegbox with its default settings: store on, TLS on, the view as plain lines into a pipe."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import common
from common import Figures

_before = time.perf_counter()
import pegbox  # noqa: E402

NAME = "exp"


def no_op(config: Mapping[str, Any]) -> dict[str, float]:
    """A trial that returns one metric at once."""
    return {"loss": config["x"]}


def run(
    trainable: Callable[..., Any],
    arguments: argparse.Namespace,
    folder: Path,
    *,
    callbacks: Sequence[pegbox.Callback] = (),
    executor: Any = "dask",
    **settings: Any,
) -> pegbox.ResultGrid:
    """A run over one float with everything at its default, but for the bound on trials at once."""
    results = pegbox.Tuner(
        trainable,
        param_space={"x": pegbox.uniform(0, 1)},
        tune_config=pegbox.TuneConfig(
            metric="loss",
            mode="min",
            num_samples=arguments.n,
            max_concurrent_trials=arguments.concurrency,
            **settings,
        ),
        run_config=pegbox.RunConfig(name=NAME, storage_path=str(folder), callbacks=callbacks),
        executor=executor,
    ).fit()
    assert len(results) == arguments.n
    assert not results.errors
    return results


def trials(arguments: argparse.Namespace, folder: Path) -> Figures:
    """No-op trials: the rate while all workers work, and what they left on disk."""
    clock = common.CpuClock()
    begin = time.perf_counter()
    run(no_op, arguments, folder)
    wall = time.perf_counter() - begin
    size, files = common.folder_size(folder)
    return {
        "wall_s": wall,
        **common.trial_figures(_end_times(folder / NAME), clock),
        "bytes_per_trial": size / arguments.n,
        "files": files,
    }


def _end_times(experiment: Path) -> list[float]:
    """When the driver knew of each trial's end, in order, from when all workers had ended one.

    pegbox begins with the first worker that has joined, while the others still start.
    """
    with sqlite3.connect(experiment / "experiment.sqlite") as db:
        select = "SELECT at, place FROM events WHERE kind = 'Ended' ORDER BY seq"
        found = db.execute(select).fetchall()
    places = {place for _, place in found}
    begin = max(min(at for at, place in found if place == one) for one in places)
    together = [at for at, _ in found if at >= begin]
    # Of 200 trials, most may be over by then.
    return together if 2 * len(together) > len(found) else [at for at, _ in found]


def reports(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Trials that report as fast as they are answered; measured inside the trials."""
    clock = common.CpuClock()
    scratch = folder / "scratch"
    scratch.mkdir()
    place, count = str(scratch), arguments.reports

    def trial(config: Mapping[str, Any]) -> None:
        def report(step: int) -> None:
            pegbox.report({"loss": config["x"], "step": step})

        common.timed_reports(count, report, place)

    cpu = min(1.0, 2 / arguments.concurrency)
    run(pegbox.with_resources(trial, {"cpu": cpu}), arguments, folder)
    return common.report_figures(scratch, arguments.n * count, clock)


def resume(arguments: argparse.Namespace, folder: Path) -> Figures:
    """From the folder of an experiment that another process has run: its table, one more trial."""
    script = [sys.executable, __file__, "finished_experiment", "--searcher", arguments.searcher]
    environment = {**os.environ, "PEGBOX_BENCH_FOLDER": str(folder)}
    subprocess.run([*script, "--n", str(arguments.n)], check=True, env=environment)
    open_grid = pegbox.ResultGrid  # the import is not the point here
    begin = time.perf_counter()
    metrics = [result.metrics for result in open_grid(folder / NAME)]
    table = time.perf_counter() - begin
    assert len(metrics) == arguments.n
    assert all("loss" in values for values in metrics)
    size, _ = common.folder_size(folder)
    return {"table_s": table, "bytes": size, "first_new_trial_s": _first_new_trial(folder)}


def _first_new_trial(folder: Path) -> float:
    """Seconds from the call of `restore` to the first line of the first new trial."""
    started = folder / "started"
    started.mkdir()
    place = str(started)

    def trial(config: Mapping[str, Any]) -> dict[str, float]:
        Path(place, str(time.time_ns())).touch()
        return {"loss": config["x"]}

    begin = time.time()
    known = len(pegbox.ResultGrid(folder / NAME))
    more = pegbox.TuneConfig(metric="loss", mode="min", num_samples=known + 2)
    pegbox.Tuner.restore(folder / NAME, trial, tune_config=more).fit()
    return min(int(path.name) for path in started.iterdir()) / 1e9 - begin


def finished_experiment(arguments: argparse.Namespace, folder: Path) -> Figures:
    """No-op trials under ASHA, in the folder that the environment names."""
    place = Path(os.environ["PEGBOX_BENCH_FOLDER"])
    settings = {"search_alg": arguments.searcher, "scheduler": "asha", "seed": 1}
    run(no_op, arguments, place, executor="inline", **settings)
    return {}


def state(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Bytes on disk for each report, of 2 numbers and of 20, against the JSON of its result."""
    figures: Figures = {}
    for width in (2, 20):
        place = folder / str(width)
        results = run(_wide(width, arguments.reports), arguments, place, executor="inline")
        stored, _ = common.folder_size(place)
        last = results[0].metrics
        own = {name: last[name] for name in last if name == "loss" or name.startswith("metric")}
        stored_each = stored / (arguments.n * arguments.reports)
        figures[f"bytes_of_{width}"] = stored_each
        figures[f"ratio_of_{width}"] = stored_each / len(json.dumps(last))
        figures[f"ratio_to_own_of_{width}"] = stored_each / len(json.dumps(own))
    return figures


def _wide(width: int, reports: int) -> Callable[..., None]:
    def trial(config: Mapping[str, Any]) -> None:
        for step in range(reports):
            value = config["x"] / (step + 1)
            names = {f"metric_{number}": value + number for number in range(width - 1)}
            pegbox.report({"loss": value, **names})

    return trial


def inline(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Reports a second in the caller's own thread: engine, store, scheduler, searcher, view."""
    begin = time.perf_counter()
    run(_wide(2, arguments.reports), arguments, folder, executor="inline")
    wall = time.perf_counter() - begin
    return {"wall_s": wall, "results_per_s": arguments.n * arguments.reports / wall}


class _FirstResult(pegbox.Callback):
    age: float | None = None

    def on_trial_result(
        self,
        iteration: int,
        trials: Sequence[Any],
        trial: Any,
        result: Mapping[str, Any],
        decision: str,
    ) -> None:
        if self.age is None:
            self.age = common.process_age()


def first_result(arguments: argparse.Namespace, folder: Path) -> Figures:
    """A cold process: import, start, and the result of one no-op trial in the driver's hands."""
    imported = time.perf_counter() - _before
    first = _FirstResult()
    arguments.n = 1
    run(no_op, arguments, folder, callbacks=[first])
    assert first.age is not None
    return {"wall_s": first.age, "import_s": imported}


if __name__ == "__main__":
    common.main(
        {
            "trials": trials,
            "reports": reports,
            "resume": resume,
            "finished_experiment": finished_experiment,
            "state": state,
            "inline": inline,
            "first_result": first_result,
        }
    )
