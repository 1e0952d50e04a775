"""The trainable that a run was given, settled: code, parameters, and what its trials ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox.class_trainable import Trainable, overrides
from pegbox.configs import CheckpointConfig
from pegbox.demand import demand_by_config, fixed_demand
from pegbox.errors import ConfigError
from pegbox.resources import Resources
from pegbox.space import Space
from pegbox.trainable import stated_resources, trainable_name
from pegbox.wrapped_trainable import unwrap

__all__ = ["settle_trainable"]

_logger: Final = logging.getLogger("pegbox")


def settle_trainable(
    trainable: Callable[..., Any],
    space: Space,
    seed: int,
    otherwise: Resources,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Fields of `pegbox._run.plan.Plan`.

    Args:
        trainable: As the user passed it; checked.
        space: Where configurations come from.
        seed: The run's.
        otherwise: What a trial asks for where nothing is said.
        options: What the user set of the run, as `Plan` has it.

    Raises:
        ConfigError: What it asks for cannot be used, or checkpoints are asked of a trainable that
            saves none.
    """
    unwrapped = unwrap(trainable)
    name = trainable_name(trainable)
    _check_checkpoints(unwrapped.target, name, options["checkpoint_config"])
    _mind_reuse(unwrapped.target, reuse=options["reuse_actors"])
    asked = stated_resources(trainable)
    if asked is None:
        asked = otherwise
    return {
        "trainable": unwrapped.target,
        "parameters": unwrapped.parameters,
        "demand": fixed_demand(asked)
        if isinstance(asked, Resources)
        else demand_by_config(asked, space, seed),
    }


def _check_checkpoints(target: object, name: str, checkpoints: CheckpointConfig) -> None:
    wanted = {
        "checkpoint_frequency": checkpoints.checkpoint_frequency,
        "checkpoint_at_end": checkpoints.checkpoint_at_end,
    }
    asked = next((f"{key}={value}" for key, value in wanted.items() if value), None)
    if asked is None:
        return
    if not (isinstance(target, type) and issubclass(target, Trainable)):
        raise ConfigError(
            f"CheckpointConfig({asked}) is for class trainables, and {name} is a function",
            hint="A function decides itself: pegbox.report(metrics, checkpoint=...).",
        )
    if not overrides(target, "save_checkpoint"):
        raise ConfigError(
            f"CheckpointConfig({asked}) needs a save_checkpoint(), which {name} does not have",
            hint="Write def save_checkpoint(self, folder): ..., and load_checkpoint beside it.",
        )


def _mind_reuse(target: object, *, reuse: bool) -> None:
    if not reuse or not (isinstance(target, type) and issubclass(target, Trainable)):
        return  # a function's process stays warm in any case
    if not overrides(target, "reset_config"):
        _logger.warning(
            "reuse_actors=True has no effect: %s has no reset_config(), so each trial gets a new"
            " object",
            target.__name__,
        )
