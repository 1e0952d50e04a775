"""Schedulers, and how to make one by name. Ray Tune's names.

The class of every installed scheduler is here, too, and is imported when it is asked for.
"""

from __future__ import annotations

from typing import Any

from pegbox._plugins.classes import class_called
from pegbox._plugins.origin import create_by_name
from pegbox.builtin.asha import ASHAScheduler, AsyncHyperBandScheduler
from pegbox.builtin.fifo import FIFOScheduler
from pegbox.scheduler import Scheduler

__all__ = [
    "ASHAScheduler",
    "AsyncHyperBandScheduler",
    "FIFOScheduler",
    "Scheduler",
    "TrialScheduler",
    "create_scheduler",
]

#: Ray Tune's name of the base class.
TrialScheduler = Scheduler


def create_scheduler(scheduler: str, /, **options: Any) -> Any:
    """Make a scheduler by its name, for ``TuneConfig(scheduler=...)``.

    A restore makes it again by itself, where all options are JSON data.

    Args:
        scheduler: A name on offer, such as ``"asha"``; ``pegbox plugins`` lists them.
        **options: Arguments of its class.

    Raises:
        ConfigError: Nobody offers the name, or an option is unknown, missing or refused.
        MissingDependency: A package that it needs is not installed.
        PluginError: Its package is broken, or two bring the name.
    """
    return create_by_name("scheduler", scheduler, options)


def __getattr__(name: str) -> Any:
    return class_called("scheduler", __name__, name)
