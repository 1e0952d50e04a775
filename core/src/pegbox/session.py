"""What a trial's function calls, as Ray's older ``session`` module has it.

``from ray.air import session`` becomes ``from pegbox import session``; all of this is in `pegbox`
itself too: `pegbox.report`, `pegbox.get_checkpoint`, `pegbox.get_context`.
"""

from __future__ import annotations

from pegbox.placement_group import PlacementGroupFactory
from pegbox.reporting import get_checkpoint, get_context, report

__all__ = [
    "get_checkpoint",
    "get_experiment_name",
    "get_local_rank",
    "get_local_world_size",
    "get_node_rank",
    "get_trial_dir",
    "get_trial_id",
    "get_trial_name",
    "get_trial_resources",
    "get_world_rank",
    "get_world_size",
    "report",
]


def get_experiment_name() -> str:
    """See `pegbox.reporting.TrialContext.get_experiment_name`; so for all below."""
    return get_context().get_experiment_name()


def get_trial_id() -> str:
    """Id of the trial."""
    return get_context().get_trial_id()


def get_trial_name() -> str:
    """Name of the trial."""
    return get_context().get_trial_name()


def get_trial_dir() -> str:
    """The trial's folder, absolute; made where it is missing."""
    return get_context().get_trial_dir()


def get_trial_resources() -> PlacementGroupFactory:
    """What the trial was given."""
    return get_context().get_trial_resources()


def get_world_size() -> int:
    """Processes that train together: 1."""
    return get_context().get_world_size()


def get_world_rank() -> int:
    """Which of them this is: 0."""
    return get_context().get_world_rank()


def get_local_world_size() -> int:
    """Processes of the trial on this machine: 1."""
    return get_context().get_local_world_size()


def get_local_rank() -> int:
    """Which of them this is: 0."""
    return get_context().get_local_rank()


def get_node_rank() -> int:
    """Which of the trial's machines this is: 0."""
    return get_context().get_node_rank()
