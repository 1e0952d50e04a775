"""A slot: one long Dask task that holds a trial's resources and runs trial after trial.

Runs on a worker. It says what happened and waits for what comes next, in one call to the mailbox;
between trials, imports and data stay warm.
"""

from __future__ import annotations

import os
import pickle
import socket
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cloudpickle
from distributed import get_worker, secede

from pegbox._trial.stage import Stage
from pegbox._trial.task import EndMessage, Order, ReportMessage, TrialTask
from pegbox.executors.dask.mailbox import EXIT
from pegbox.executors.dask.parameter_pull import Parameters
from pegbox.executors.dask.shared_block import BlockName
from pegbox.executors.dask.slot_line import SlotLine
from pegbox.executors.dask.versions import versions

__all__ = ["SlotSpec", "run_slot"]


@dataclass(frozen=True, slots=True)
class SlotSpec:
    """What a slot's task is told.

    Attributes:
        run: Key of the run at the mailbox, with its epoch.
        slot: Number of the slot within the run; never used twice.
        trainable: The user's function or class, pickled.
        parameters: The block that `pegbox.with_parameters`' values are in; None without any.
        owns_process: Whether the process runs this slot alone.
    """

    run: str
    slot: int
    trainable: bytes
    parameters: BlockName | None = None
    owns_process: bool = False


class _TrialChannel:
    """A running trial's way to the driver: `pegbox._trial.task.Channel`."""

    def __init__(self, line: SlotLine, task: TrialTask) -> None:
        self._line = line
        self._key = (task.trial, task.attempt)
        self.cut = False

    def send(self, report: ReportMessage) -> Order:
        answer = self._line.call("report", *self._key, tuple(report))
        self.cut = answer == EXIT
        return Order.END if self.cut else Order(answer)


def run_slot(spec: SlotSpec) -> None:
    """The body of the task: open, then trial after trial until told to end."""
    secede()
    line = SlotLine(get_worker(), spec.run, spec.slot)
    try:
        _run_trials(spec, line)
    finally:
        line.close()


def _run_trials(spec: SlotSpec, line: SlotLine) -> None:
    reply = line.call("open", _place(), versions())
    if reply == EXIT:
        return
    parameters = Parameters(spec.parameters, line)
    stage = Stage(_load(spec.trainable), parameters.values, owns_process=spec.owns_process)
    try:
        while reply != EXIT:
            task: TrialTask = pickle.loads(reply)
            channel = _TrialChannel(line, task)
            end = stage.run(task, channel)
            if channel.cut:
                return
            reply = line.call("ended", task.trial, task.attempt, _plain(end))
    finally:
        stage.close()
        parameters.close()


def _place() -> tuple[str, str, int]:
    worker = get_worker()
    ip = worker.address.rpartition("://")[2].rpartition(":")[0]
    return socket.gethostname(), ip, os.getpid()


def _plain(end: EndMessage) -> tuple[Any, ...]:
    failure = end.failure
    flat = failure and (failure.cause, failure.message, failure.type_name, failure.traceback)
    return end.how, flat, end.report and tuple(end.report), end.checkpoint


@lru_cache(maxsize=8)
def _load(trainable: bytes) -> Any:
    """The function, unpickled once per process, so that what it imports and caches stays warm."""
    return cloudpickle.loads(trainable)
