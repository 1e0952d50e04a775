"""`Experiment`: one experiment's settings as a value, for `pegbox.run_experiments`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from pegbox._run.folder import experiment_folder
from pegbox.configs import CheckpointConfig
from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.text import shown
from pegbox.trainable import trainable_name

__all__ = ["Experiment"]


class Experiment:
    """What one experiment is, to be run later.

    Args:
        name: Its name, which is also the name of its folder.
        run: A function, a class, or the name of one that was registered.
        **settings: Any other argument of `pegbox.run`, e.g. ``config``, ``stop``,
            ``num_samples``, ``storage_path``. ``checkpoint_config`` may be a dict here.

    Attributes:
        name: Its name.
        run: The trainable, or its name.
        settings: The other arguments.

    Raises:
        ConfigError: The name is no plain folder name, or the dict has a name too many.
    """

    def __init__(self, name: str, run: str | Callable[..., Any] | type, **settings: Any) -> None:
        self.name = name
        self.run = run
        self.settings = settings
        if isinstance(checkpoints := settings.get("checkpoint_config"), Mapping):
            settings["checkpoint_config"] = _checkpoint_config(checkpoints)
        self._folder = experiment_folder(
            settings.get("storage_path", settings.get("local_dir")), name
        )

    @classmethod
    def from_json(cls, name: str, spec: Mapping[str, Any]) -> Experiment:
        """An experiment of Ray Tune's dict: ``{"run": ..., "config": ..., "stop": ...}``.

        Args:
            name: As for `Experiment`.
            spec: The trainable under ``"run"``, beside it any other argument of `pegbox.run`.

        Raises:
            ConfigError: It is no dict, or has no ``run``.
        """
        if not isinstance(spec, Mapping) or "run" not in spec:
            raise ConfigError(
                f"experiment {name!r} must be a dict with 'run' in it, got {spec!r}",
                hint='Write {"run": trainable, "config": {...}, "stop": {...}}.',
            )
        return cls(name, spec["run"], **{key: spec[key] for key in spec if key != "run"})

    @property
    def path(self) -> str:
        """The experiment's folder, absolute; there once it has run."""
        return str(self._folder)

    @property
    def local_path(self) -> str:
        """The same as ``path``."""
        return self.path

    @property
    def checkpoint_config(self) -> CheckpointConfig:
        """Which checkpoints are kept."""
        given: CheckpointConfig | None = self.settings.get("checkpoint_config")
        return given or CheckpointConfig()

    @property
    def run_identifier(self) -> str:
        """The trainable's name."""
        return self.run if isinstance(self.run, str) else trainable_name(self.run)

    @property
    def public_spec(self) -> dict[str, Any]:
        """The settings, with the trainable under ``"run"``."""
        return {"run": self.run, **self.settings}

    def __repr__(self) -> str:
        return f"Experiment({self.name!r}, {self.run_identifier})"


def _checkpoint_config(given: Mapping[Any, Any]) -> CheckpointConfig:
    known = [field.name for field in fields(CheckpointConfig)]
    for name in given:
        if name not in known:
            raise ConfigError(
                f"Experiment(checkpoint_config={{...}}) has {shown(name)}, which is no field of "
                "CheckpointConfig",
                hint=did_you_mean(name, known, f"Fields are {', '.join(known)}."),
            )
    return CheckpointConfig(**given)
