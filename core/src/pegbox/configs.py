"""How a run is set up: value objects by subject, under Ray Tune's names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pegbox.callback import Callback
from pegbox.errors import ConfigError
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher

__all__ = [
    "FailureConfig",
    "RunConfig",
    "SchedulerChoice",
    "SearchAlg",
    "TuneConfig",
    "settled",
]

_Config = TypeVar("_Config")

SearchAlg = str | tuple[str, Mapping[str, Any]] | Searcher | None
SchedulerChoice = str | tuple[str, Mapping[str, Any]] | Scheduler | None


def settled(argument: str, config: _Config | None, kind: type[_Config]) -> _Config:
    """What was passed as a configuration, or that of its kind without anything said.

    Raises:
        ConfigError: It is of another kind.
    """
    if config is None:
        return kind()
    if not isinstance(config, kind):
        raise ConfigError(
            f"{argument} must be a {kind.__name__}, got {config!r}",
            hint=f"Write {argument}=pegbox.{kind.__name__}(...).",
        )
    return config


def _whole(owner: str, name: str, value: object, least: int, hint: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(
            f"{owner}({name}=...) must be a whole number from {least}, got {value!r}", hint=hint
        )


def _positive(owner: str, name: str, value: object) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
        return
    raise ConfigError(f"{owner}({name}=...) must be a number above 0, got {value!r}")


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """What is searched for, and how.

    At a restore, what is left at None is as it was when the experiment was last started.

    Attributes:
        metric: Name of the reported value that counts. ``mode``: ``"min"`` or ``"max"``.
        num_samples: Trials in all; with grids, how often the whole grid is gone through. -1 goes
            on until the run is stopped. None is 1.
        search_alg: A searcher by name (``"optuna"``), with options (``("optuna", {"sampler":
            "tpe"})``), or an object. None is random search.
        scheduler: As ``search_alg``, e.g. ``"asha"`` or ``("asha", {"max_t": 50})``. None runs
            every trial to its end.
        max_concurrent_trials: Trials that may run at once; None for as many as there is room.
        seed: The one seed of the run, from which each component's and each trial's is derived;
            None draws one, which is stored.

    Raises:
        ConfigError: A value that cannot be used.
    """

    metric: str | Sequence[str] | None = None
    mode: str | Sequence[str] | None = None
    num_samples: int | None = None
    search_alg: SearchAlg = None
    scheduler: SchedulerChoice = None
    max_concurrent_trials: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.num_samples not in (None, -1):
            unbounded = "-1 goes on until the run is stopped."
            _whole("TuneConfig", "num_samples", self.num_samples, 1, unbounded)
        if self.max_concurrent_trials is not None:
            _whole("TuneConfig", "max_concurrent_trials", self.max_concurrent_trials, 1)
        if self.seed is not None:
            _whole("TuneConfig", "seed", self.seed, 0)


@dataclass(frozen=True, kw_only=True)
class FailureConfig:
    """What becomes of trials that fail.

    Attributes:
        max_failures: How often a trial that failed by its own fault is tried again, from its last
            checkpoint; -1 without bound. A worker that disappeared does not count.
    """

    max_failures: int = 0

    def __post_init__(self) -> None:
        unbounded = "-1 tries again without bound."
        _whole("FailureConfig", "max_failures", self.max_failures, -1, unbounded)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Where and under which name a run is kept, and who is told of it.

    At a restore, what is left at None is as it was when the experiment was last started.

    Attributes:
        name: Name of the experiment and of its folder; None makes one of the trainable's name,
            the time and the run's digits.
        storage_path: The folder that experiments lie in; None is ``~/pegbox_results``.
        failure_config: What becomes of trials that fail; None is `FailureConfig` by itself.
        sync_period_s: Seconds between two snapshots of the experiment, where its folder is on a
            network; at most so much is lost with the driver's machine. None is 60.
        callbacks: Objects, or names on offer, that are told what happens.
        verbose: 0 shows nothing, 1 the live view. None is 1.

    Raises:
        ConfigError: A value that cannot be used.
    """

    name: str | None = None
    storage_path: str | None = None
    failure_config: FailureConfig | None = None
    sync_period_s: float | None = None
    callbacks: Sequence[Callback | str] = ()
    verbose: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.callbacks, str) or not isinstance(self.callbacks, Sequence):
            raise ConfigError(
                f"RunConfig(callbacks=...) must be a list, got {self.callbacks!r}",
                hint="Write callbacks=[...], with objects or names in it.",
            )
        if self.verbose is not None:
            _whole("RunConfig", "verbose", self.verbose, 0)
        if self.sync_period_s is not None:
            _positive("RunConfig", "sync_period_s", self.sync_period_s)
        if not isinstance(self.failure_config, FailureConfig | None):
            raise ConfigError(
                f"RunConfig(failure_config=...) must be a FailureConfig, got "
                f"{self.failure_config!r}"
            )
