"""pegbox with its default settings: store on, TLS on, the view as plain lines into a pipe."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import common
from common import Figures

_before = time.perf_counter()
import pegbox  # noqa: E402

NAME = "exp"

#: Hands in a value and the number of the step, and waits for the decision.
Report = Callable[[float, int], None]


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
    run(_sleeper(arguments.sleep) if arguments.sleep else no_op, arguments, folder)
    wall = time.perf_counter() - begin
    size, files = common.folder_size(folder)
    figures = {
        "wall_s": wall,
        **common.trial_figures(_end_times(folder / NAME), clock),
        "bytes_per_trial": size / arguments.n,
        "files": files,
    }
    if arguments.sleep:
        least = arguments.n * arguments.sleep / arguments.concurrency
        wall = time.perf_counter() - _before
        figures |= common.paced_figures(wall, _active_s(folder / NAME), least)
    return figures


def _sleeper(seconds: float) -> Callable[..., Any]:
    def trial(config: Mapping[str, Any]) -> dict[str, float]:
        time.sleep(seconds)
        return {"loss": config["x"]}

    return trial


def _active_s(experiment: Path) -> float:
    """Seconds from the first trial's launch to the last one's end, as the driver knew of them."""
    with sqlite3.connect(experiment / "experiment.sqlite") as db:
        select = "SELECT max(at) - min(at) FROM events WHERE kind IN ('Launched', 'Ended')"
        return float(db.execute(select).fetchone()[0])


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
    """Trials that report; measured inside the trials."""

    def prepare() -> Report:
        return lambda value, step: pegbox.report({"loss": value, "step": step})

    return _all_reports(prepare, arguments, folder)


def checkpoints(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Trials that hand in a checkpoint with each report, from a folder made for it."""
    size = arguments.mb * 1_000_000

    def prepare() -> Report:
        content = os.urandom(size)

        def report(value: float, step: int) -> None:
            with tempfile.TemporaryDirectory() as place:
                Path(place, "model.bin").write_bytes(content)
                checkpoint = pegbox.Checkpoint.from_directory(place)
                pegbox.report({"loss": value}, checkpoint=checkpoint)

        return report

    figures = _all_reports(prepare, arguments, folder)
    kept, _ = common.folder_size(folder / NAME)
    assert kept > arguments.n * arguments.reports * size, "checkpoints are missing"
    return figures


def _all_reports(
    prepare: Callable[[], Report], arguments: argparse.Namespace, folder: Path
) -> Figures:
    clock = common.CpuClock()
    scratch = folder / "scratch"
    scratch.mkdir()
    place, count, interval = str(scratch), arguments.reports, arguments.interval

    def trial(config: Mapping[str, Any]) -> None:
        report = prepare()
        common.timed_reports(count, lambda step: report(config["x"], step), place, interval)

    cpu = min(1.0, 2 / arguments.concurrency)
    with _given_cluster(arguments.workers):
        run(pegbox.with_resources(trial, {"cpu": cpu}), arguments, folder)
    wall = time.perf_counter() - _before
    figures = common.report_figures(scratch, arguments.n * count, clock)
    return common.paced_report_figures(figures, wall, count * interval) if interval else figures


@contextmanager
def _given_cluster(workers: int) -> Iterator[None]:
    """A cluster of so many processes that the run finds by its client; for 0, none."""
    if not workers:
        yield
        return
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        yield


def broadcast(arguments: argparse.Namespace, folder: Path) -> Figures:
    """An array for every trial, which reads each of its pages; a given cluster is up before."""
    import numpy
    import process_memory

    data = numpy.ones(arguments.mb * 1_000_000 // 8)
    trainable = pegbox.with_parameters(_read, data=data)
    with _given_cluster(arguments.workers), process_memory.sampled() as peaks:
        begin = time.perf_counter()
        run(trainable, arguments, folder)
        wall = time.perf_counter() - begin
    return {"wall_s": wall, **peaks}


def _read(config: Mapping[str, Any], data: Any) -> dict[str, float]:
    return {"loss": float(data[::512].sum())}


def memory(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Peak memory of the driver, and how it grows where each trial reports twice as often."""
    peak = _peak_mb(arguments.reports, arguments)
    reports = arguments.n * arguments.reports
    growth = (_peak_mb(2 * arguments.reports, arguments) - peak) * 100_000 / reports
    return {"peak_mb": peak, "growth_mb": growth}


def _peak_mb(reports: int, arguments: argparse.Namespace) -> float:
    """Of a process of its own."""
    words = ["--n", arguments.n, "--reports", reports, "--concurrency", arguments.concurrency]
    command = [sys.executable, __file__, "peak_memory", *map(str, words)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(ended.stdout)["peak_mb"])


def peak_memory(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Trials that report, and a look at the best of them."""
    count = arguments.reports

    def trial(config: Mapping[str, Any]) -> None:
        for step in range(count):
            pegbox.report({"loss": config["x"] / (step + 1)})

    cpu = min(1.0, 2 / arguments.concurrency)
    results = run(pegbox.with_resources(trial, {"cpu": cpu}), arguments, folder)
    assert results.get_best_result().metrics["training_iteration"] == count
    return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


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
            "checkpoints": checkpoints,
            "broadcast": broadcast,
            "memory": memory,
            "peak_memory": peak_memory,
            "resume": resume,
            "finished_experiment": finished_experiment,
            "state": state,
            "inline": inline,
            "first_result": first_result,
        }
    )
