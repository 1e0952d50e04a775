"""Runs in virtual time: what an event costs at several sizes, and Tune's scalability table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import common
import pegbox
from common import Figures
from pegbox.executors.simulated import SimulatedCluster, SimulatedRun, simulate
from pegbox.executors.simulated.cluster import Curve

_SUBJECTS: Final = Path(__file__).parent

#: Shares of the full size, by the name that their figures bear.
_SIZES: Final = {"tenth": 0.1, "third": 0.3, "full": 1.0}


def sizes(arguments: argparse.Namespace, folder: Path) -> Figures:
    """ASHA at a tenth, three tenths and the whole of the size, each in a process of its own."""
    figures: Figures = {}
    for name, share in _SIZES.items():
        trials, workers = round(arguments.n * share), round(arguments.workers * share)
        words = ["--n", trials, "--workers", workers]
        found = _run("simulated.py", "one_size", *words)
        figures |= {f"{figure}_{name}": value for figure, value in found.items()}
    figures["growth"] = figures["cpu_us_full"] / figures["cpu_us_tenth"]
    return figures


def one_size(arguments: argparse.Namespace, folder: Path) -> Figures:
    """One of them; CPU time, since others may use the machine too."""
    wall, cpu = time.perf_counter(), time.process_time()
    settings = {"scheduler": pegbox.schedulers.ASHAScheduler(max_t=27, reduction_factor=3)}
    cluster = SimulatedCluster(workers=arguments.workers)
    ended = _simulate(_learning(27), arguments.n, cluster, **settings)
    cpu = time.process_time() - cpu
    return {
        "events": len(ended.journal),
        "wall_s": time.perf_counter() - wall,
        "sim_cpu_s": cpu,
        "cpu_us": 1e6 * cpu / len(ended.journal),
    }


def _learning(iterations: int) -> Curve:
    def curve(config: Mapping[str, Any], iteration: int) -> tuple[float, dict[str, float]] | None:
        if iteration > iterations:
            return None
        return 1.0 + config["x"], {"loss": config["x"] + 1 / iteration}

    return curve


class _Load(NamedTuple):
    """A row of the table: trials that report at an even pace.

    Attributes:
        interval_s: Seconds from one report to the next.
        least_s: Seconds that the whole must take.
    """

    trials: int
    reports: int
    interval_s: float
    workers: int
    cpus: int
    least_s: float


#: As in Ray Tune's scalability guide. Its own ratios: 1.144, 1.68, 1.69, 7.6.
_GUIDE: Final = {
    "many_trials": _Load(10_000, 1, 1.0, 1, 16, 625),
    "many_at_once": _Load(1_000, 10, 10.0, 16, 64, 100),
    "many_results": _Load(96, 1_000, 0.1, 1, 96, 100),
    "many_nodes": _Load(200, 300, 1.0, 200, 1, 300),
}


def guide(arguments: argparse.Namespace, folder: Path) -> Figures:
    """The table at full size, with a driver that is as slow as one that was just measured."""
    event_s, way_s = _measured()
    figures = {"event_us": 1e6 * event_s, "way_us": 1e6 * way_s}
    return figures | {f"{name}_ratio": _play(load, event_s, way_s) for name, load in _GUIDE.items()}


def _measured() -> tuple[float, float]:
    """Seconds of the driver's CPU time for one event, and of the way to the driver and back.

    An event is a report, an end or a launch: the dearer of a report, and half of a trial without.
    The way is an answer's median without the event.
    """
    trials = _run("pegbox_runs.py", "trials", "--n", 1_000)
    reports = _run("pegbox_runs.py", "reports", "--n", 2, "--reports", 500)
    event_us = max(trials["driver_cpu_us"] / 2, reports["driver_cpu_us"])
    return event_us / 1e6, max(0.0, reports["p50_ms"] / 1e3 - event_us / 1e6)


def _play(load: _Load, event_s: float, way_s: float) -> float:
    def curve(config: Mapping[str, Any], iteration: int) -> tuple[float, dict[str, float]] | None:
        return (load.interval_s, {"loss": config["x"]}) if iteration <= load.reports else None

    cluster = SimulatedCluster(
        workers=load.workers,
        capacity={"cpu": load.cpus},
        checkpoint_period=0,
        decision_s=way_s,
        event_s=event_s,
    )
    return _simulate(curve, load.trials, cluster).ended.at / load.least_s


def _simulate(
    curve: Curve, trials: int, cluster: SimulatedCluster, **settings: Any
) -> SimulatedRun:
    ended = simulate(
        curve,
        param_space={"x": pegbox.uniform(0, 1)},
        tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=trials, **settings),
        cluster=cluster,
    )
    assert ended.ended.how == "complete", ended.ended
    assert len(ended.trials) == trials
    return ended


def _run(script: str, *words: object) -> Figures:
    """Figures of another script, in a process of its own."""
    command = [sys.executable, str(_SUBJECTS / script), *map(str, words)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(ended.stdout.splitlines()[-1]))


if __name__ == "__main__":
    common.main({"sizes": sizes, "one_size": one_size, "guide": guide})
