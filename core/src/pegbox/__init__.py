"""pegbox: hyperparameter tuning on Dask, with any optimizer."""

from __future__ import annotations

from pegbox.callback import Callback
from pegbox.checkpoint import Checkpoint
from pegbox.configs import FailureConfig, RunConfig, TuneConfig
from pegbox.errors import PegboxError
from pegbox.reporting import get_checkpoint, get_context, report
from pegbox.results import Result, ResultGrid
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher
from pegbox.space import choice, grid_search, loguniform, randint, sample_from, uniform
from pegbox.syncer import Syncer
from pegbox.trainable import with_resources
from pegbox.tuner import Tuner

__all__ = [
    # Run
    "Tuner",
    "TuneConfig",
    "RunConfig",
    "FailureConfig",
    "ResultGrid",
    "Result",
    # Inside a trial
    "report",
    "get_checkpoint",
    "get_context",
    "Checkpoint",
    "with_resources",
    # Spaces
    "uniform",
    "loguniform",
    "randint",
    "choice",
    "grid_search",
    "sample_from",
    # Plugins
    "Searcher",
    "Scheduler",
    "Syncer",
    "Callback",
    # Errors
    "PegboxError",
]
