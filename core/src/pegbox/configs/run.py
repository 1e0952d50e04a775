"""Where a run is kept, when it stops, and who is told of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pegbox.argument_checks import positive, whole
from pegbox.callback import Callback
from pegbox.configs.checkpoint import CheckpointConfig
from pegbox.configs.failure import FailureConfig
from pegbox.configs.sync import SyncConfig
from pegbox.errors import ConfigError
from pegbox.space.values import same_value
from pegbox.stoppers import Stopper
from pegbox.text import shown

__all__ = ["RunConfig", "StopCondition"]

StopCondition = Mapping[str, Any] | Stopper | Callable[[str, Mapping[str, Any]], bool]


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Where and under which name a run is kept, when it stops, and who is told of it.

    At a restore, what is left at None is as it was when the experiment was last started.

    Attributes:
        name: Name of the experiment and of its folder; None makes one of the trainable's name,
            the time and the run's digits.
        storage_path: The folder that experiments lie in; None is ``~/pegbox_results``.
        failure_config: What becomes of trials that fail; None is `FailureConfig` by itself.
        checkpoint_config: Which checkpoints are kept; None is `CheckpointConfig` by itself.
        stop: When trials are stopped. A dict of reported names: a trial is stopped once one of
            them is at least the number beside it. A function of trial id and result, or a
            `pegbox.stoppers.Stopper`, which can stop the whole run, too.
        callbacks: Objects, or names on offer, that are told what happens.
        verbose: 0 or False shows nothing, 1 the live view, 2 each result in a line, 3 each result
            whole. None is 1.
        progress_reporter: How the view looks, e.g. a `pegbox.CLIReporter`; None is as it comes.
        log_to_file: Whether what trials print goes into files in their folders: True for
            ``stdout`` and ``stderr``, a name for one file, or two names. False leaves it on the
            terminal.
        trial_time_limit_s: Seconds that a trial may run, over all its tries; then it ends as
            failed, by force if need be, and is not tried again. The driver's clock counts, from
            the start of each try, so that the start of its process counts too. None is without
            bound.
        sync_period_s: Seconds between two snapshots of the experiment, where its folder is on a
            network; at most so much is lost with the driver's machine. None is 60.
        sync_config: Ray Tune's; taken with a warning. ``local_dir``: the older name of
            ``storage_path``, with a warning. ``storage_filesystem``: not supported: only None.

    Raises:
        ConfigError: A value that cannot be used.
    """

    name: str | None = None
    storage_path: str | None = None
    failure_config: FailureConfig | None = None
    checkpoint_config: CheckpointConfig | None = None
    stop: StopCondition | None = None
    callbacks: Sequence[Callback | str] | None = None
    verbose: int | None = None
    progress_reporter: Any | None = None
    log_to_file: bool | str | tuple[str, str] | None = None
    trial_time_limit_s: float | None = None
    sync_period_s: float | None = None
    sync_config: SyncConfig | None = None
    local_dir: str | None = None
    storage_filesystem: None = None

    def __post_init__(self) -> None:
        if self.storage_filesystem is not None:
            raise ConfigError(
                "RunConfig(storage_filesystem=...) is not supported, got "
                f"{shown(self.storage_filesystem)}",
                hint="storage_path says where experiments lie: a folder on a local disk, or one "
                "that all workers share.",
            )
        self._check_callbacks()
        self._check_kinds()
        for message in self._older_names():
            warnings.warn(message, FutureWarning, stacklevel=3)
        if isinstance(self.verbose, bool):
            object.__setattr__(self, "verbose", int(self.verbose))
        if self.verbose is not None:
            whole("RunConfig", "verbose", self.verbose, 0)
        if self.trial_time_limit_s is not None:
            unbounded = "Leave it out for no bound."
            positive("RunConfig", "trial_time_limit_s", self.trial_time_limit_s, unbounded)
        if self.sync_period_s is not None:
            positive("RunConfig", "sync_period_s", self.sync_period_s)
        _log_names(self.log_to_file)

    @property
    def log_files(self) -> tuple[str, str] | None:
        """Names of the files for standard output and standard error; None for none."""
        return _log_names(self.log_to_file)

    def _check_callbacks(self) -> None:
        if self.callbacks is None:
            return
        if isinstance(self.callbacks, str) or not isinstance(self.callbacks, Sequence):
            raise ConfigError(
                f"RunConfig(callbacks=...) must be a list, got {shown(self.callbacks)}",
                hint="Write callbacks=[...], with objects or names in it.",
            )

    def _check_kinds(self) -> None:
        kinds = {
            "failure_config": FailureConfig,
            "checkpoint_config": CheckpointConfig,
            "sync_config": SyncConfig,
        }
        for name, kind in kinds.items():
            value = getattr(self, name)
            if not isinstance(value, kind | None):
                raise ConfigError(
                    f"RunConfig({name}=...) must be a {kind.__name__}, got {shown(value)}",
                    hint=f"Write {name}=pegbox.{kind.__name__}(...).",
                )

    def _older_names(self) -> Iterator[str]:
        """Take what is under Ray Tune's older names; yields what to say of each."""
        if self.local_dir is not None:
            yield self._take("storage_path", "local_dir", self.local_dir)
        sync = self.sync_config
        if sync is None:
            return
        if sync.upload_dir is not None:
            yield self._take("storage_path", "sync_config.upload_dir", sync.upload_dir)
        if sync.sync_period != SyncConfig.sync_period:
            yield self._take("sync_period_s", "sync_config.sync_period", sync.sync_period)
        if sync.upload_dir is None and sync.sync_period == SyncConfig.sync_period:
            yield "RunConfig(sync_config=...) is not needed; leave it out"

    def _take(self, name: str, older: str, value: Any) -> str:
        given = getattr(self, name)
        if given is not None and not same_value(given, value):
            raise ConfigError(
                f"RunConfig has {name}={shown(given)} and {older}={shown(value)}, which are one "
                "setting",
                hint=f"Leave {older} out.",
            )
        object.__setattr__(self, name, value)
        return f"{older} is Ray Tune's name; write RunConfig({name}={shown(value)})"


def _log_names(value: object) -> tuple[str, str] | None:
    if value is None or value is False:
        return None
    if value is True:
        return "stdout", "stderr"
    names = (value, value) if isinstance(value, str) else value
    if isinstance(names, tuple | list) and len(names) == 2:
        first, second = names
        if _is_plain(first) and _is_plain(second):
            return first, second
    raise ConfigError(
        f"RunConfig(log_to_file=...) must be True, False, a file's name or two, got {shown(value)}",
        hint='The names are plain, as in ("out.txt", "err.txt"): the files lie in the trial\'s '
        "folder.",
    )


def _is_plain(name: object) -> bool:
    if not isinstance(name, str) or not name or name != name.strip() or name.startswith("."):
        return False
    if len(name) > 100 or not name.isprintable():
        return False
    return not any(character in '/\\:*?"<>|' for character in name)
