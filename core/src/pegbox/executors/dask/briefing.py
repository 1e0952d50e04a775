"""What a slot is told when it starts, and with each of its trials."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass

import cloudpickle

from pegbox._trial.blas_threads import threads_for
from pegbox._trial.task import TrialTask
from pegbox.commands import Launch
from pegbox.executors.dask.parameters.shared_block import BlockName
from pegbox.executors.dask.slot.trials import SlotSpec
from pegbox.executors.dask.slots import Slot
from pegbox.resources import Resources

__all__ = ["Briefing"]


@dataclass(frozen=True, slots=True)
class Briefing:
    """What is the same for all slots of a run, and what is made of it for one.

    Attributes:
        run: Key of the run.
        trainable: The user's function or class, pickled.
        make_task: What a process is told for a launch.
        alone: Whether a trial has a worker to itself that has so much.
        own_folders: Whether trials work in folders of their own, for which they need a process.
        apart: Whether each slot starts one for itself, beside the worker's.
        asks_for_gpus: Whether trials do, so that those that ask for none are to see none.
    """

    run: str
    trainable: bytes
    make_task: Callable[[Launch], TrialTask]
    alone: Callable[[Resources], bool]
    own_folders: bool
    apart: bool
    asks_for_gpus: bool

    def spec(self, slot: Slot, capacity: Resources, block: BlockName | None) -> SlotSpec:
        """For a slot that starts.

        Args:
            slot: The slot.
            capacity: All that its worker has.
            block: Of the parameters, where there are some.
        """
        alone = self.alone(capacity)
        return SlotSpec(
            self.run,
            slot.number,
            self.trainable,
            block,
            alone,
            threads_for(slot.resources.get("cpu", 0)),
            slot.gpus if slot.gpus or self.asks_for_gpus else None,
            self.apart or (self.own_folders and not alone),
        )

    def task(self, launch: Launch) -> bytes:
        """For a trial that is to run in a slot, pickled."""
        task = self.make_task(launch)
        try:
            return pickle.dumps(task)
        except (pickle.PicklingError, AttributeError, TypeError):
            return bytes(cloudpickle.dumps(task))
