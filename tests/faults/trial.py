"""The trial that is disturbed: a curve that follows from configuration and iteration alone."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pegbox

from faults.journal import Entry, write_entry

__all__ = ["CHECKPOINT_EVERY", "STATE_FILE", "loss", "train"]

#: Reports from one checkpoint to the next.
CHECKPOINT_EVERY = 2
STATE_FILE = "state.json"

CRASHES = {
    "exit": lambda: os._exit(1),
    "segv": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
}


def loss(x: float, iteration: int) -> float:
    """The curve."""
    return x * x + 1.0 / iteration


def train(config: dict[str, Any]) -> None:
    """Report ``config["iterations"]`` times, with ``config["report_s"]`` seconds for each.

    Args:
        config: Also holds ``journal`` (a folder), ``x``, and may hold ``crash``: a name of
            `CRASHES`, with ``crash_attempts``, how many tries do so, and ``crash_at``, before
            which report; and ``gate``, a file that is waited for.
    """
    context = pegbox.get_context()
    number = int(context.trial_id.rpartition("_")[2])
    place = int(os.environ.get("FAULTS_ROUND", "0")), os.getpid()

    def note(kind: str, *facts: Any) -> None:
        write_entry(config["journal"], Entry(kind, number, context.attempt, *place, *facts))

    done = _state()["iteration"]
    note("start", done)
    try:
        for iteration in range(done + 1, config["iterations"] + 1):
            if iteration == config.get("crash_at", 3):
                _crash_if_asked(config, context.attempt)
            _work(config)
            value = loss(config["x"], iteration)
            _report(value, iteration, context.trial_id)
            note("returned", iteration, value, iteration % CHECKPOINT_EVERY == 0)
    finally:
        note("end")


def _work(config: Mapping[str, Any]) -> None:
    time.sleep(config["report_s"])
    while "gate" in config and not Path(config["gate"]).exists():
        time.sleep(0.01)


def _crash_if_asked(config: Mapping[str, Any], attempt: int) -> None:
    if attempt <= config.get("crash_attempts", 0) and config["crash"] in CRASHES:
        CRASHES[config["crash"]]()


def _state() -> dict[str, Any]:
    checkpoint = pegbox.get_checkpoint()
    if checkpoint is None:
        return {"iteration": 0}
    state: dict[str, Any] = json.loads((Path(checkpoint.path) / STATE_FILE).read_text())
    return state


def _report(value: float, iteration: int, trial_id: str) -> None:
    if iteration % CHECKPOINT_EVERY:
        pegbox.report({"loss": value})
        return
    with tempfile.TemporaryDirectory() as folder:
        state = {"trial_id": trial_id, "iteration": iteration, "weights": "0" * 2000}
        (Path(folder) / STATE_FILE).write_text(json.dumps(state))
        pegbox.report({"loss": value}, checkpoint=pegbox.Checkpoint.from_directory(folder))
