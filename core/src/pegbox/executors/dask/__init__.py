"""Trials on Dask: the only folder that imports distributed.

This module imports it late, so that worker processes can be started before the driver spends its
time on that import.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pegbox._trial.parameters import SavedParameters
from pegbox._trial.task import TrialTask
from pegbox.commands import Launch
from pegbox.demand import Demand
from pegbox.errors import ConfigError
from pegbox.executors.dask.cores import usable_cores
from pegbox.executors.dask.embedded import EmbeddedCluster
from pegbox.resources import Resources

if TYPE_CHECKING:
    from pegbox.executors.dask.executor import ClusterLike, DaskExecutor

__all__ = ["check_client", "current_client", "embedded_cluster", "make_dask_executor"]


def current_client() -> Any | None:
    """The Dask client that the user's script has connected, if there is one."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.get_client()
    except ValueError:
        return None


def check_client(client: Any) -> None:
    """Look at a client that the user gave.

    Raises:
        ConfigError: It cannot be used.
    """
    from pegbox.executors.dask.given import check_client

    check_client(client)


def embedded_cluster(demand: Demand, trials_at_most: int | None) -> EmbeddedCluster:
    """The cluster that pegbox starts itself: a worker process per running trial, on all cores.

    Args:
        demand: What trials ask for; fractions of a core share processes as threads. Where it
            varies, each process has room for the largest trial, which smaller ones share.
        trials_at_most: How many trials will run at once at most; None for no bound.

    Raises:
        ConfigError: A trial asks for more than this machine has.
    """
    threads, workers = _layout(demand, trials_at_most)
    return EmbeddedCluster(workers, threads_per_worker=threads, cpus_per_worker=threads)


def _layout(demand: Demand, trials_at_most: int | None) -> tuple[int, int]:
    """Threads per worker and number of workers."""
    cores, resources = usable_cores(), demand.most
    cpus = resources.get("cpu", 0)
    if cpus > cores:
        raise ConfigError(
            f"a trial asks for cpu={cpus:g}, and this machine has {cores}",
            hint="Ask for less with pegbox.with_resources, or connect a Client to a cluster.",
        )
    others = [name for name in resources if name != "cpu"]
    if others:
        raise ConfigError(
            f"a trial asks for {others[0]}={resources[others[0]]:g}, which the workers that pegbox "
            "starts on this machine do not offer",
            hint="Connect a distributed.Client to a cluster whose workers have that resource.",
        )
    threads = max(1, math.ceil(cpus))
    workers = max(1, int(cores // threads))
    if trials_at_most is not None:
        per_worker = max(1, int(threads // max(cpus, demand.least.get("cpu", 0))))
        workers = max(1, min(workers, math.ceil(trials_at_most / per_worker)))
    return threads, workers


def make_dask_executor(
    embedded: EmbeddedCluster | None,
    client: Any | None,
    trainable: bytes,
    make_task: Callable[[Launch], TrialTask],
    experiment: str,
    first_place: int,
    *,
    parameters: SavedParameters | None,
    demand: Demand,
) -> DaskExecutor:
    """An executor on a client's cluster, or on the embedded one; see `DaskExecutor`."""
    from pegbox.executors.dask.executor import DaskExecutor
    from pegbox.executors.dask.given import GivenCluster

    where: ClusterLike = GivenCluster(client) if embedded is None else embedded
    executor = DaskExecutor(
        where,
        trainable,
        make_task,
        experiment,
        first_place,
        parameters=parameters,
        alone=embedded is not None and _has_process_to_itself(demand, embedded),
    )
    if embedded is not None:
        embedded.report_failure_to(lambda error: executor.broken(str(error)))
    return executor


def _has_process_to_itself(demand: Demand, embedded: EmbeddedCluster) -> bool:
    worker = Resources({"cpu": embedded.cpus_per_worker})
    return not demand.varies and demand.least.times_in(worker) == 1
