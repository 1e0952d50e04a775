"""pegbox: hyperparameter tuning on Dask, with any optimizer.

Names are imported when they are first used: a worker that only runs trials then loads no store,
no tables and no plugin machinery, which is a third of its start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pegbox.analysis import ExperimentAnalysis
    from pegbox.callback import Callback
    from pegbox.checkpoint import Checkpoint
    from pegbox.class_trainable import Trainable
    from pegbox.configs import (
        CheckpointConfig,
        FailureConfig,
        ResumeConfig,
        RunConfig,
        SyncConfig,
        TuneConfig,
    )
    from pegbox.errors import PegboxError, TuneError
    from pegbox.experiment import Experiment
    from pegbox.function_trainable import wrap_function
    from pegbox.launch import run, run_experiments
    from pegbox.placement_group import PlacementGroupFactory
    from pegbox.progress_reporter import CLIReporter, JupyterNotebookReporter, ProgressReporter
    from pegbox.reporting import get_checkpoint, get_context, report
    from pegbox.results import Result, ResultGrid
    from pegbox.scheduler import Scheduler
    from pegbox.schedulers import create_scheduler
    from pegbox.search import create_searcher
    from pegbox.searcher import Searcher
    from pegbox.space import (
        choice,
        grid_search,
        lograndint,
        loguniform,
        qlograndint,
        qloguniform,
        qrandint,
        qrandn,
        quniform,
        randint,
        randn,
        sample_from,
        uniform,
    )
    from pegbox.stoppers import Stopper
    from pegbox.syncer import Syncer
    from pegbox.trainable import register_trainable, with_parameters, with_resources
    from pegbox.tuner import Tuner
    from pegbox.usage import Usage

__all__ = [
    # Run
    "Tuner",
    "TuneConfig",
    "RunConfig",
    "FailureConfig",
    "CheckpointConfig",
    "ResumeConfig",
    "SyncConfig",
    "ResultGrid",
    "Result",
    "Usage",
    "ExperimentAnalysis",
    "run",
    "run_experiments",
    "Experiment",
    # Inside a trial
    "report",
    "get_checkpoint",
    "get_context",
    "Checkpoint",
    "Trainable",
    # Around a trainable
    "with_resources",
    "PlacementGroupFactory",
    "with_parameters",
    "register_trainable",
    "wrap_function",
    # Spaces
    "uniform",
    "quniform",
    "loguniform",
    "qloguniform",
    "randn",
    "qrandn",
    "randint",
    "qrandint",
    "lograndint",
    "qlograndint",
    "choice",
    "grid_search",
    "sample_from",
    # Plugins
    "Searcher",
    "create_searcher",
    "Scheduler",
    "create_scheduler",
    "Syncer",
    "Callback",
    "ProgressReporter",
    "CLIReporter",
    "JupyterNotebookReporter",
    "Stopper",
    # Errors
    "PegboxError",
    "TuneError",
]

#: Public name -> the module that has it.
_MODULES = {
    "CLIReporter": "progress_reporter",
    "Callback": "callback",
    "Checkpoint": "checkpoint",
    "CheckpointConfig": "configs",
    "Experiment": "experiment",
    "ExperimentAnalysis": "analysis",
    "FailureConfig": "configs",
    "JupyterNotebookReporter": "progress_reporter",
    "PegboxError": "errors",
    "PlacementGroupFactory": "placement_group",
    "ProgressReporter": "progress_reporter",
    "Result": "results",
    "ResultGrid": "results",
    "ResumeConfig": "configs",
    "RunConfig": "configs",
    "Scheduler": "scheduler",
    "Searcher": "searcher",
    "Stopper": "stoppers",
    "SyncConfig": "configs",
    "Syncer": "syncer",
    "Trainable": "class_trainable",
    "TuneConfig": "configs",
    "TuneError": "errors",
    "Tuner": "tuner",
    "Usage": "usage",
    "choice": "space",
    "create_scheduler": "schedulers",
    "create_searcher": "search",
    "get_checkpoint": "reporting",
    "get_context": "reporting",
    "grid_search": "space",
    "lograndint": "space",
    "loguniform": "space",
    "qlograndint": "space",
    "qloguniform": "space",
    "qrandint": "space",
    "qrandn": "space",
    "quniform": "space",
    "randint": "space",
    "randn": "space",
    "register_trainable": "trainable",
    "report": "reporting",
    "run": "launch",
    "run_experiments": "launch",
    "sample_from": "space",
    "uniform": "space",
    "with_parameters": "trainable",
    "with_resources": "trainable",
    "wrap_function": "function_trainable",
}


#: Modules with public names of their own, there without an import of theirs.
_SUBMODULES = ("loggers", "schedulers", "search", "session", "stoppers")


#: Names of Ray Tune's that are not here, and what is.
_INSTEAD = {
    "checkpoint_dir": "write a folder, and pegbox.report(metrics, checkpoint=...) keeps it",
    "register_env": "an environment is RLlib's; make it in the trainable",
}


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name in _INSTEAD:
        raise AttributeError(f"pegbox has no {name}: {_INSTEAD[name]}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
