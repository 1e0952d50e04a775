"""Trials on Dask: the only folder that imports distributed.

This module imports it late, so that worker processes can be started before the driver spends its
time on that import.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pegbox._trial.devices import announced_devices, visible_devices
from pegbox._trial.parameters import SavedParameters
from pegbox._trial.task import TrialTask
from pegbox.commands import Launch
from pegbox.demand import Demand
from pegbox.executors.dask.embedded.cluster import EmbeddedCluster
from pegbox.executors.dask.embedded.cores import usable_cores
from pegbox.executors.dask.embedded.layout import lay_out

if TYPE_CHECKING:
    from pegbox.executors.dask.cluster import Cluster
    from pegbox.executors.dask.executor import DaskExecutor

__all__ = ["check_client", "current_client", "embedded_cluster", "make_dask_executor"]

_logger: Final = logging.getLogger("pegbox")


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
    from pegbox.executors.dask.given.cluster import check_client

    check_client(client)


def embedded_cluster(demand: Demand, trials_at_most: int | None) -> EmbeddedCluster:
    """The cluster that pegbox starts itself, on all cores and GPUs; see `lay_out`.

    Args:
        demand: What trials ask for.
        trials_at_most: How many trials will run at once at most; None for no bound.

    Raises:
        ConfigError: A trial asks for more than this machine has.
    """
    asks = demand.most.units("gpu")
    layout = lay_out(demand, trials_at_most, usable_cores(), visible_devices() if asks else ())
    if not asks:
        _mind_hidden_devices()
    return EmbeddedCluster(
        layout.workers,
        threads_per_worker=layout.threads,
        cpus_per_worker=layout.threads,
        resources={"GPU": layout.gpu} if layout.gpu else {},
        environments=layout.environments,
    )


def _mind_hidden_devices() -> None:
    if there := announced_devices():
        _logger.warning(
            "this machine has %d GPU%s, and no trial asks for one, so trials see none; to give one "
            'to each: trainable = pegbox.with_resources(trainable, {"cpu": 1, "gpu": 1})',
            there,
            "" if there == 1 else "s",
        )


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
    own_folders: bool,
) -> DaskExecutor:
    """An executor on a client's cluster, or on the embedded one; see `DaskExecutor`."""
    from pegbox.executors.dask.executor import DaskExecutor
    from pegbox.executors.dask.given.cluster import GivenCluster

    asks_for_gpus = demand.most.units("gpu") > 0
    where: Cluster = GivenCluster(client) if embedded is None else embedded
    executor = DaskExecutor(
        where,
        trainable,
        make_task,
        experiment,
        first_place,
        parameters=parameters,
        alone=demand.fills,
        own_folders=own_folders,
        apart=embedded is not None and demand.varies and asks_for_gpus,
        asks_for_gpus=asks_for_gpus,
    )
    if embedded is not None:
        embedded.report_failure_to(lambda error: executor.broken(str(error)))
    return executor
