"""How a run is set up: value objects by subject, under Ray Tune's names.

They check what can be checked of one value alone; what several say together is settled in
`pegbox.tuner`.
"""

from __future__ import annotations

from pegbox.configs.checkpoint import CheckpointConfig
from pegbox.configs.failure import FailureConfig
from pegbox.configs.resume import ResumeConfig
from pegbox.configs.run import RunConfig, StopCondition
from pegbox.configs.settling import settled
from pegbox.configs.sync import SyncConfig
from pegbox.configs.tune import (
    ParameterConstraintChoice,
    ScalarizationChoice,
    SchedulerChoice,
    SearchAlg,
    TuneConfig,
)

__all__ = [
    "CheckpointConfig",
    "FailureConfig",
    "ParameterConstraintChoice",
    "ResumeConfig",
    "RunConfig",
    "ScalarizationChoice",
    "SchedulerChoice",
    "SearchAlg",
    "StopCondition",
    "SyncConfig",
    "TuneConfig",
    "settled",
]
