"""A slot: one long Dask task that holds a trial's resources and runs trial after trial.

Runs on a worker. How its trials are run is in `pegbox.executors.dask.slot.trials`; that may be in
another process than the worker's.
"""

from __future__ import annotations

from distributed import get_worker, secede
from distributed.comm import get_address_host

from pegbox.executors.dask.slot.devices import slot_devices
from pegbox.executors.dask.slot.line import SlotLine
from pegbox.executors.dask.slot.process import run_apart
from pegbox.executors.dask.slot.trials import SlotSpec, run_trials

__all__ = ["run_slot"]


def run_slot(spec: SlotSpec) -> None:
    """The body of the task: open, then trial after trial until told to end."""
    secede()
    worker = get_worker()
    line = SlotLine(worker, spec.run, spec.slot)
    try:
        ip = get_address_host(worker.address)
        devices = slot_devices(worker, spec.gpus)
        if spec.apart or devices.hidden:
            run_apart(spec, line, ip, devices.ids)
        else:
            run_trials(spec, line, ip, devices.ids)
    finally:
        line.close()
