"""How the machine is divided among the worker processes that pegbox starts itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pegbox._trial.devices import FORCED, DeviceId, device_variables
from pegbox.demand import Demand
from pegbox.errors import ConfigError
from pegbox.resources import Resources

__all__ = ["Layout", "lay_out"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Worker processes, all of one size.

    Attributes:
        workers: How many.
        threads: Of each; also the cores that it gives away.
        gpu: What each gives away of GPUs.
        environments: Variables of each: those by which it sees its GPUs.
    """

    workers: int
    threads: int
    gpu: float
    environments: tuple[Mapping[str, str], ...]


def lay_out(
    demand: Demand, trials_at_most: int | None, cores: int, devices: Sequence[DeviceId]
) -> Layout:
    """The layout that keeps the machine busy, with a process for each trial of a core or more.

    Fractions of a core share a process as threads, but not where trials ask for GPUs: then each
    has a process, which sees its own devices alone. Where it varies what trials ask for, and GPUs
    are among it, one worker has everything, and each trial gets a process beside it, since no
    division fits them all.

    Args:
        demand: What trials ask for.
        trials_at_most: How many will run at once at most; None for no bound.
        cores: How many the machine has. ``devices``: its GPUs.

    Raises:
        ConfigError: A trial asks for more than there is.
    """
    _check(demand.most, cores, devices)
    if not demand.most.units("gpu"):
        threads, workers = _by_cores(demand, trials_at_most, cores)
        return Layout(workers, threads, 0, _shown(workers, ()))
    if demand.varies:
        return Layout(1, cores, len(devices), _shown(1, devices))
    return _by_devices(demand.most, trials_at_most, cores, devices)


def _check(asked: Resources, cores: int, devices: Sequence[DeviceId]) -> None:
    for name, amount in asked.items():
        if name not in ("cpu", "gpu"):
            raise ConfigError(
                f"a trial asks for {name}={amount:g}, which the workers that pegbox starts on this "
                "machine do not offer",
                hint="Connect a distributed.Client to a cluster whose workers have that resource.",
            )
    if asked.get("cpu", 0) > cores:
        raise ConfigError(
            f"a trial asks for cpu={asked['cpu']:g}, and this machine has {cores}",
            hint="Ask for less with pegbox.with_resources, or connect a Client to a cluster.",
        )
    if asked.get("gpu", 0) > len(devices):
        raise ConfigError(
            f"a trial asks for gpu={asked['gpu']:g}, and this machine has {len(devices) or 'none'}",
            hint="Ask for less with pegbox.with_resources, or connect a Client to a cluster. GPUs "
            f"that were not found can be stated: {FORCED}=2 in the environment.",
        )


def _by_cores(demand: Demand, trials_at_most: int | None, cores: int) -> tuple[int, int]:
    """Threads per worker and number of workers, where it is for cores alone."""
    cpus = demand.most.get("cpu", 0)
    threads = max(1, math.ceil(cpus))
    workers = max(1, int(cores // threads))
    if trials_at_most is not None:
        per_worker = max(1, int(threads // max(cpus, demand.least.get("cpu", 0))))
        workers = max(1, min(workers, math.ceil(trials_at_most / per_worker)))
    return threads, workers


def _by_devices(
    asked: Resources, trials_at_most: int | None, cores: int, devices: Sequence[DeviceId]
) -> Layout:
    """A worker for each trial that there are devices and cores for."""
    machine = Resources({"cpu": cores, "gpu": len(devices)})
    gpu = asked["gpu"]
    shares = [*_sets(devices, int(gpu))] if gpu >= 1 else [(device,) for device in devices]
    together = 1 if gpu >= 1 else Resources({"gpu": gpu}).times_in(Resources({"gpu": 1}))
    workers = min(asked.times_in(machine), len(shares) * together)
    if trials_at_most is not None:
        workers = min(workers, trials_at_most)
    # Few trials are spread over the devices.
    own = [device_variables(shares[place % len(shares)]) for place in range(workers)]
    return Layout(workers, max(1, math.ceil(asked.get("cpu", 0))), gpu, tuple(own))


def _sets(devices: Sequence[DeviceId], size: int) -> list[tuple[DeviceId, ...]]:
    whole = len(devices) // size * size
    return [tuple(devices[start : start + size]) for start in range(0, whole, size)]


def _shown(workers: int, devices: Sequence[DeviceId]) -> tuple[Mapping[str, str], ...]:
    return (device_variables(devices),) * workers
