"""Which GPUs a slot's trials see, and whether the worker's process can run them as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pegbox._trial.devices import DeviceId, visible_devices
from pegbox.executors.dask.slot.worker_devices import worker_devices

__all__ = ["SlotDevices", "slot_devices"]


@dataclass(frozen=True, slots=True)
class SlotDevices:
    """The GPUs of a slot.

    Attributes:
        ids: By CUDA's names.
        hidden: Whether the worker's process sees others. What a process sees is settled when it
            loads CUDA, so the slot needs another process then.
    """

    ids: tuple[DeviceId, ...] = ()
    hidden: bool = False


def slot_devices(worker: Any, indices: tuple[int, ...] | None) -> SlotDevices:
    """The devices behind indices.

    Args:
        worker: The slot's.
        indices: Among the worker's devices; None where trials may see what its process sees.

    Raises:
        ConfigError: The worker advertises more than its process sees.
    """
    amount = worker.state.total_resources.get("GPU", 0)
    if indices is None or not (indices or amount):
        return SlotDevices()
    own = worker_devices(worker, amount)
    ids = tuple(own[index] for index in indices)
    return SlotDevices(ids, hidden=ids != visible_devices())
