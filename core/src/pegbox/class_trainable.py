"""`Trainable`: a training as a class, one iteration with each `step`.

It works by hand, as in a user's own test, and knows nothing of reports and decisions: who calls it
in a run is `pegbox._trial.class_run`.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import getattr_static
from typing import Any, NoReturn, TypeVar

from pegbox.checkpoint import Checkpoint
from pegbox.config_copy import copy_config
from pegbox.dict_folder import holds_dict, read_dict, write_dict
from pegbox.errors import ReportError
from pegbox.placement_group import PlacementGroupFactory
from pegbox.resources import Resources
from pegbox.step_counters import StepCounters, here

__all__ = [
    "Identity",
    "Saved",
    "Trainable",
    "begin_counting",
    "make_trainable",
    "overrides",
    "reset_trainable",
]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which trial an object of a class trainable works for.

    Attributes:
        folder: Makes the trial's folder where it is missing, and answers with its path.
    """

    trial_id: str
    name: str
    resources: Resources
    folder: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Saved:
    """What `Trainable.save` gives: usable as a path.

    Attributes:
        checkpoint: The folder.
        metrics: The last result before it.
    """

    checkpoint: Checkpoint
    metrics: Mapping[str, Any]

    def __fspath__(self) -> str:
        return self.checkpoint.path


class Trainable:
    """A training as a class: override `setup`, `step`, `save_checkpoint` and `load_checkpoint`.

    Each dict that `step` returns is one report. A trial ends when a scheduler or stop rule ends
    it, or when a result has ``done: True``; ``should_checkpoint: True`` saves a checkpoint with
    that result. Override no ``__init__``: `setup` gets the config.

    To go on from a checkpoint that is a dict, the dict is unpickled (unless it is small JSON
    data), which can run any code: go on only with experiments whose origin you trust.

    Args:
        config: Handed to `setup`; empty without one.

    Attributes:
        config: The configuration.
    """

    _identity: Identity | None = None
    _parameters: Mapping[str, Any] = {}
    #: Of a class that stands for a function: that function.
    _function: Callable[..., Any] | None = None

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.config: dict[str, Any] = copy_config(dict(config or {}))
        self._counters = StepCounters()
        self._last_result: dict[str, Any] = {}
        self._own_folder: str | None = None
        self.setup(copy_config(self.config), **self._parameters)

    # ------------------------------------------------------------- to override

    def setup(self, config: dict[str, Any]) -> None:
        """Prepare the training; called once, before the first step.

        What `pegbox.with_parameters` was given comes as further keyword arguments.

        Args:
            config: A copy, which may be changed.
        """

    def step(self) -> dict[str, Any]:
        """Train for one iteration.

        Returns:
            Its result: names to numbers or other JSON data.
        """
        self._lacks("step", "which runs one iteration and returns a dict of metrics")

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any] | None:
        """Save the state of the training.

        Args:
            checkpoint_dir: An empty folder for it.

        Returns:
            A dict that is to be kept, or None where all is in files.
        """
        self._lacks("save_checkpoint", "without which no checkpoint can be saved")

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Take up the state that `save_checkpoint` saved.

        Args:
            checkpoint: The dict that it returned, or else the path of the folder that it wrote
                into, whose files must not be changed.
        """
        self._lacks("load_checkpoint", "without which it cannot go on from a checkpoint")

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Become the object of another trial, to save the time that `setup` takes.

        Called between trials with ``TuneConfig(reuse_actors=True)``.

        Args:
            new_config: The other trial's; `config` is that once this has returned True.

        Returns:
            Whether it worked; if not, a new object is made.
        """
        return False

    def cleanup(self) -> None:
        """Give back what `setup` took; called once at the end, also after a failed step."""

    def log_result(self, result: dict[str, Any]) -> None:
        """Called with each whole ``result``; override it to log in a way of your own."""

    def export_model(
        self, export_formats: list[str] | str, export_dir: str | None = None
    ) -> dict[str, str]:
        """Export the model; pegbox does not call this.

        Args:
            export_formats: Names of formats.
            export_dir: Where to; None for `logdir`.

        Returns:
            Path by format.
        """
        self._lacks("export_model", "which only you can write")

    @classmethod
    def default_resource_request(cls, config: Mapping[str, Any]) -> Mapping[str, float] | None:
        """What a trial asks for, where `pegbox.with_resources` says nothing.

        Args:
            config: The trial's.

        Returns:
            Amount by name (``{"cpu": 2}``) or a `PlacementGroupFactory`; None for one cpu.
        """
        return None

    @classmethod
    def resource_help(cls, config: Mapping[str, Any]) -> str:
        """A sentence on how to set what a trial with this ``config`` asks for; or empty."""
        return ""

    # ---------------------------------------------------------------- to call

    def train(self) -> dict[str, Any]:
        """Run one step.

        Returns:
            Its result with all that pegbox fills in.

        Raises:
            ReportError: `step` returned no dict.
        """
        start = time.monotonic()
        result = self.step()
        took_s = time.monotonic() - start
        if not isinstance(result, Mapping):
            raise ReportError(
                f"{type(self).__name__}.step() returns a dict of metrics, got "
                f"{type(result).__name__}",
                hint='Return e.g. {"loss": loss}.',
            )
        counted = self._counters.count(result, took_s)
        whole = self._counters.fill_in(counted, trial_id=self.trial_id, took_s=took_s)
        self._last_result = whole
        self.log_result(whole)
        return whole

    def train_buffered(
        self, buffer_time_s: float, max_buffer_length: int = 1000
    ) -> list[dict[str, Any]]:
        """Call `train` until a time is over, or a result is the last one or wants a checkpoint.

        Args:
            buffer_time_s: Seconds after which no further step begins.
            max_buffer_length: Results at most.
        """
        results = [self.train()]
        until = time.monotonic() + buffer_time_s
        while time.monotonic() < until and len(results) < max_buffer_length:
            if results[-1]["done"] or results[-1].get("should_checkpoint"):
                break
            results.append(self.train())
        return results

    def save(self, checkpoint_dir: str | os.PathLike[str] | None = None) -> Saved:
        """Save a checkpoint, with the counters that `restore` takes up.

        Args:
            checkpoint_dir: The folder; made where it is missing. None makes a new temporary one,
                which is then the caller's to remove.

        Raises:
            ReportError: `save_checkpoint` wrote no file and returned nothing, or returned
                something else than a dict.
        """
        if checkpoint_dir is None:
            folder = tempfile.mkdtemp(prefix="pegbox_checkpoint_")
        else:
            folder = os.path.abspath(os.path.expanduser(os.fspath(checkpoint_dir)))
            os.makedirs(folder, exist_ok=True)
        self._keep(self.save_checkpoint(folder), folder)
        checkpoint = Checkpoint(folder)
        checkpoint.set_metadata(self._counters.notes())
        return Saved(checkpoint, self._last_result)

    def restore(self, checkpoint_path: str | os.PathLike[str] | Checkpoint) -> None:
        """Go on from a checkpoint.

        Args:
            checkpoint_path: A checkpoint, its folder, or what `save` gave.

        Raises:
            StoreError: The folder is not there, or its dict cannot be read.
        """
        checkpoint = (
            checkpoint_path
            if isinstance(checkpoint_path, Checkpoint)
            else Checkpoint(os.fspath(checkpoint_path))
        )
        with checkpoint.as_directory() as folder:
            self.load_checkpoint(read_dict(folder) if holds_dict(folder) else folder)
        self._counters = StepCounters.from_notes(checkpoint.get_metadata())

    def reset(self, new_config: Mapping[str, Any]) -> bool:
        """Take another configuration, ``new_config``, and begin to count anew.

        Returns:
            What `reset_config` answered; where it is False nothing else has changed.
        """
        config = copy_config(dict(new_config))
        if not self.reset_config(copy_config(config)):
            return False
        self.config = config
        self._counters = StepCounters()
        self._last_result = {}
        return True

    def stop(self) -> None:
        """End: calls `cleanup`."""
        self.cleanup()

    # ----------------------------------------------------------------- to ask

    @property
    def iteration(self) -> int:
        """Steps so far, those before a restore included."""
        return self._counters.iteration

    @property
    def training_iteration(self) -> int:
        """As `iteration`."""
        return self._counters.iteration

    @property
    def trial_id(self) -> str:
        """Id of the trial; ``"default"`` outside of one."""
        return self._identity.trial_id if self._identity else "default"

    @property
    def trial_name(self) -> str:
        """Name of the trial; ``"default"`` outside of one."""
        return self._identity.name if self._identity else "default"

    @property
    def trial_resources(self) -> PlacementGroupFactory:
        """What the trial was given, by name; empty outside of one."""
        return PlacementGroupFactory([self._identity.resources if self._identity else {}])

    @property
    def logdir(self) -> str:
        """The trial's folder, made where it is missing; a temporary one outside of a trial.

        Raises:
            ReportError: The experiment's folder is not visible from this process.
        """
        if self._identity is not None:
            return self._identity.folder()
        if self._own_folder is None:
            self._own_folder = tempfile.mkdtemp(prefix="pegbox_trainable_")
        return self._own_folder

    def get_config(self) -> dict[str, Any]:
        """The configuration."""
        return self.config

    def get_state(self) -> dict[str, Any]:
        """The counters and the last result, under Ray Tune's names."""
        return {**self._counters.notes(), "last_result": self._last_result}

    def get_auto_filled_metrics(
        self,
        now: datetime | None = None,
        time_this_iter: float | None = None,
        timestamp: int | None = None,
        debug_metrics_only: bool = False,
    ) -> dict[str, Any]:
        """What pegbox fills in.

        Args:
            now: The time to name; None for now.
            time_this_iter: Seconds that the step took.
            timestamp: Seconds since 1970, instead of ``now``.
            debug_metrics_only: Whether only ``trial_id``, ``date`` and ``timestamp`` are wanted.
        """
        at = timestamp if timestamp is not None else now.timestamp() if now else None
        filled = self._counters.fill_in(
            {}, trial_id=self.trial_id, took_s=time_this_iter or 0.0, at=at
        )
        wanted = ("trial_id", "date", "timestamp") if debug_metrics_only else tuple(filled)
        return {name: filled[name] for name in wanted}

    def get_current_ip_pid(self) -> tuple[str, int]:
        """Address of this machine, and number of the process."""
        place = here()
        return place.ip, place.pid

    def is_actor(self) -> bool:
        """Whether this object works for a trial of a run, rather than by hand."""
        return self._identity is not None

    # ------------------------------------------------------------------ parts

    def _keep(self, returned: object, folder: str) -> None:
        """Write what `save_checkpoint` returned, or make sure that it wrote something itself."""
        if isinstance(returned, Mapping):
            write_dict(folder, dict(returned))
        elif returned is not None and not _is_folder(returned, folder):
            raise ReportError(
                f"{type(self).__name__}.save_checkpoint() returns a dict or None, got {returned!r}",
                hint="Return None when the state is in files; load_checkpoint then gets the path"
                " of the folder.",
            )
        elif not os.listdir(folder):
            raise ReportError(
                f"{type(self).__name__}.save_checkpoint() wrote no file and returned no dict",
                hint="Write into checkpoint_dir, or return the state as a dict.",
            )

    def _lacks(self, method: str, why: str) -> NoReturn:
        raise NotImplementedError(f"{type(self).__name__} has no {method}(), {why}")


_T = TypeVar("_T", bound=Trainable)


def make_trainable(
    kind: type[_T],
    config: Mapping[str, Any],
    identity: Identity,
    parameters: Mapping[str, Any],
) -> _T:
    """An object for a trial; its identity is known while `Trainable.setup` runs.

    Args:
        kind: The user's class.
        config: The trial's.
        identity: Which trial it is for.
        parameters: Further keyword arguments of `Trainable.setup`.
    """
    trainable = kind.__new__(kind)
    trainable._identity = identity
    if parameters:
        trainable._parameters = parameters
    trainable.__init__(config)  # type: ignore[misc]
    return trainable


def reset_trainable(trainable: Trainable, config: Mapping[str, Any], identity: Identity) -> bool:
    """Make an object that of another trial; whether that worked. If not, it is the old one's."""
    before, trainable._identity, done = trainable._identity, identity, False
    try:
        done = trainable.reset(config)
    finally:
        if not done:
            trainable._identity = before
    return done


def begin_counting(trainable: Trainable, iteration: int, time_total_s: float) -> None:
    """Count on from where a trial stands, which a copied checkpoint cannot know."""
    notes = trainable._counters.notes()
    trainable._counters = StepCounters.from_notes(
        {**notes, "iteration": iteration, "time_total": time_total_s}
    )


def overrides(kind: type[Trainable], method: str) -> bool:
    """Whether a class has a method of its own in place of `Trainable`'s."""
    return getattr_static(kind, method) is not getattr_static(Trainable, method)


def _is_folder(returned: object, folder: str) -> bool:
    if not isinstance(returned, str | os.PathLike):
        return False
    return os.path.abspath(os.fspath(returned)) == folder
