"""Asking Ax's model for the next point."""

from __future__ import annotations

from typing import Any, cast

import torch
from ax.api.utils.generation_strategy_dispatch import choose_generation_strategy
from ax.api.utils.structs import GenerationStrategyDispatchStruct
from ax.core.experiment import Experiment
from ax.exceptions.core import AxError
from botorch.exceptions.errors import BotorchError, ModelFittingError
from pegbox.errors import ConfigError

__all__ = ["FAILURES", "check_device", "next_parameters"]

#: What Ax and what lies below it raise where no model can be fitted, or it has nothing to try.
FAILURES = (
    *(AxError, BotorchError, ModelFittingError),
    *(ArithmeticError, RuntimeError, StopIteration, ValueError),
)


def next_parameters(experiment: Experiment, method: str, device: str | None) -> dict[str, Any]:
    """What Ax would try next, by its names of parameters; it may have been tried before.

    Args:
        experiment: With a result at least.
        method: ``"fast"`` or ``"quality"``.
        device: Torch's name of where the model computes; None for the default.

    Raises:
        FAILURES: There is no model, or nothing that it would try.
    """
    struct = GenerationStrategyDispatchStruct(
        method=cast(Any, method),
        initialization_budget=0,  # what a study begins with is not the model's
        initialize_with_center=False,
        torch_device=device,
    )
    strategy = choose_generation_strategy(struct)
    [node] = strategy.nodes_by_name.values()
    # Else it asks up to five times for what it has not tried, which rarely gives anything else.
    node.should_deduplicate = False
    [[run]] = strategy.gen(experiment, n=1)
    [arm] = run.arms
    return dict(arm.parameters)


def check_device(name: str | None) -> None:
    """Refuse a device that torch cannot use.

    Raises:
        ConfigError: It cannot; torch's reason is said.
    """
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(
            f"AxSearch(torch_device={name!r}): torch cannot use it: {reason}",
            hint='Write e.g. torch_device="cuda", or leave it out.',
        ) from error
