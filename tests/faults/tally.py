"""What works where, as the trials say themselves: an account of resources outside pegbox.

All processes of a host read the same monotonic clock, and append to the same file.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pegbox

__all__ = ["Stint", "checkpointing", "most_at_a_device", "most_cpus", "read_tally", "train"]


@dataclass(frozen=True)
class Stint:
    """A try of a trial, from its begin to its end.

    Attributes:
        run: Name of the experiment.
        worker: Empty where the trial had a process of its own beside it.
        end: None where it never came: its process was killed, or it still works.
        gpus: Ids of its devices.
    """

    run: str
    trial: str
    worker: str
    pid: int
    cpus: float
    begin: float
    end: float | None = None
    gpus: tuple[int | str, ...] = ()


def train(config: dict[str, Any]) -> None:
    """Report ``reports`` times, ``report_s`` seconds apart; note begin and end in ``tally``.

    Args:
        config: Also holds ``hangs``: seconds before the first report of a first attempt, and
            ``gate``: a file that is waited for, or None.
    """
    attempt = pegbox.get_context().attempt
    with _noted(config["tally"]):
        time.sleep(config["hangs"] if attempt == 1 else 0)
        _wait_for(config["gate"])
        for number in range(config["reports"]):
            time.sleep(config["report_s"])
            pegbox.report({"loss": float(number)})


def checkpointing(config: dict[str, Any]) -> None:
    """Report ``reports`` times, each with a checkpoint that says which attempt made it.

    Args:
        config: Before its second report, attempt n waits for the file ``gate`` with -n at its end.
    """
    attempt = pegbox.get_context().attempt
    with _noted(config["tally"]), tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.json"
        for iteration in range(_iteration() + 1, config["reports"] + 1):
            if iteration == 2:
                _wait_for(f"{config['gate']}-{attempt}")
            state.write_text(json.dumps({"attempt": attempt, "iteration": iteration}))
            checkpoint = pegbox.Checkpoint.from_directory(folder)
            pegbox.report({"loss": 1.0 / iteration}, checkpoint=checkpoint)


def _iteration() -> int:
    checkpoint = pegbox.get_checkpoint()
    if checkpoint is None:
        return 0
    return int(json.loads((Path(checkpoint.path) / "state.json").read_text())["iteration"])


def _wait_for(gate: str | None) -> None:
    while gate is not None and not Path(gate).exists():
        time.sleep(0.02)


@contextlib.contextmanager
def _noted(tally: str) -> Iterator[None]:
    """Note begin and end of this try."""
    context = pegbox.get_context()
    stint = Stint(
        context.get_experiment_name(),
        f"{context.trial_id}/{context.attempt}",
        _worker(),
        os.getpid(),
        context.get_trial_resources().required_resources.get("CPU", 0),
        time.monotonic(),
        gpus=tuple(context.gpu_ids),
    )
    _note(tally, asdict(stint))
    try:
        yield
    finally:
        _note(tally, {**asdict(stint), "end": time.monotonic()})


def _worker() -> str:
    from distributed import get_worker

    try:
        return get_worker().address
    except ValueError:
        return ""


def _note(path: str, line: dict[str, Any]) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, json.dumps(line).encode() + b"\n")
    finally:
        os.close(file)


def read_tally(path: Path) -> list[Stint]:
    """All stints so far, in the order of their begins."""
    lines = path.read_text().splitlines() if path.exists() else []
    found: dict[tuple[str, str, int], Stint] = {}
    for line in lines:
        stint = Stint(**json.loads(line))
        found[stint.run, stint.trial, stint.pid] = stint
    return sorted(found.values(), key=lambda stint: stint.begin)


def most_cpus(stints: list[Stint]) -> dict[str, float]:
    """worker -> the most cpus that were in use there at one time, over all runs."""
    moments: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for stint in stints:
        moments[stint.worker] += list(_moments(stint, stint.cpus))
    return {worker: _highest(changes) for worker, changes in moments.items()}


def most_at_a_device(stints: list[Stint]) -> dict[int | str, float]:
    """Id of a GPU -> how many had it at one time, over all runs; of one host."""
    moments: dict[int | str, list[tuple[float, float]]] = defaultdict(list)
    for stint in stints:
        for gpu in stint.gpus:
            moments[gpu] += list(_moments(stint, 1))
    return {gpu: _highest(changes) for gpu, changes in moments.items()}


def _moments(stint: Stint, amount: float) -> Iterator[tuple[float, float]]:
    yield stint.begin, amount
    if stint.end is not None:
        yield stint.end, -amount


def _highest(changes: list[tuple[float, float]]) -> float:
    now = highest = 0.0
    for _, change in sorted(changes):
        now += change
        highest = max(highest, now)
    return highest
