"""The trials of a slot, one after the other, in the process that runs them.

It says what happened and waits for what comes next, in one call to the driver; between trials,
imports and data stay warm. Imports no distributed: a process beside a worker starts the sooner.
"""

from __future__ import annotations

import os
import pickle
import socket
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cloudpickle

from pegbox._trial.blas_threads import thread_limit
from pegbox._trial.devices import DeviceId
from pegbox._trial.stage import Stage
from pegbox._trial.task import EndMessage, Order, ReportMessage, TrialTask
from pegbox.executors.dask.parameters.pull import Parameters
from pegbox.executors.dask.parameters.shared_block import BlockName
from pegbox.executors.dask.protocol import EXIT, Line
from pegbox.executors.dask.versions import versions

__all__ = ["SlotSpec", "run_trials"]


@dataclass(frozen=True, slots=True)
class SlotSpec:
    """What a slot's task is told.

    Attributes:
        run: Key of the run at the mailbox, with its epoch.
        slot: Number of the slot within the run; never used twice.
        trainable: The user's function or class, pickled.
        parameters: The block that `pegbox.with_parameters`' values are in; None without any.
        owns_process: Whether the process runs this slot alone.
        threads: How many BLAS and OpenMP threads its trials may use.
        gpus: Indices of those of the worker's GPUs that its trials see; None where they see what
            the worker's process does.
        apart: Whether it runs its trials in a process beside the worker's in any case.
    """

    run: str
    slot: int
    trainable: bytes
    parameters: BlockName | None = None
    owns_process: bool = False
    threads: int = 1
    gpus: tuple[int, ...] | None = None
    apart: bool = False


class _TrialChannel:
    """A running trial's way to the driver: `pegbox._trial.task.Channel`."""

    def __init__(self, line: Line, task: TrialTask) -> None:
        self._line = line
        self._key = (task.trial, task.attempt)
        self.cut = False

    def send(self, report: ReportMessage) -> Order:
        answer = self._line.call("report", *self._key, tuple(report))
        self.cut = answer == EXIT
        return Order.END if self.cut else Order(answer)


def run_trials(spec: SlotSpec, line: Line, ip: str, gpu_ids: tuple[DeviceId, ...]) -> None:
    """Open, then run trial after trial until told to end.

    Args:
        spec: The slot.
        line: Its way to the driver.
        ip: Address of the machine.
        gpu_ids: The GPUs that its trials have.
    """
    place = (socket.gethostname(), ip, os.getpid())
    reply = line.call("open", place, versions(), spec.apart)
    if reply == EXIT:
        return
    parameters = Parameters(spec.parameters, line)
    with thread_limit(spec.threads) as limit:
        with limit:
            target = _load(spec.trainable)
        stage = Stage(target, parameters.values, owns_process=spec.owns_process)
        try:
            while reply != EXIT:
                task: TrialTask = pickle.loads(reply)
                channel = _TrialChannel(line, task)
                with limit:
                    end = stage.run(task._replace(gpu_ids=gpu_ids) if gpu_ids else task, channel)
                if channel.cut:
                    return
                reply = line.call("ended", task.trial, task.attempt, _plain(end))
        finally:
            stage.close()
            parameters.close()


def _plain(end: EndMessage) -> tuple[Any, ...]:
    failure = end.failure
    flat = failure and (failure.cause, failure.message, failure.type_name, failure.traceback)
    return end.how, flat, end.report and tuple(end.report), end.checkpoint


@lru_cache(maxsize=8)
def _load(trainable: bytes) -> Any:
    """The function, unpickled once per process, so that what it imports and caches stays warm."""
    return cloudpickle.loads(trainable)
