"""How a trial ended, in Optuna's terms. It knows no study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from optuna.trial import TrialState
from pegbox.constraints import OutcomeConstraint
from pegbox.objective import finite_value
from pegbox.trial import Outcome

__all__ = ["FAILED", "RUNNING", "Told", "make_told"]


@dataclass(frozen=True, slots=True)
class Told:
    """How a trial stands.

    Attributes:
        values: The losses; None unless complete or pruned.
        constraints: Name of each outcome constraint to what lies beyond it; above 0 it is broken.
        step: The iteration of ``values``, for a pruned trial.
    """

    state: TrialState
    values: list[float] | None = None
    constraints: Mapping[str, float] = field(default_factory=dict)
    step: int = 0

    @property
    def intermediate(self) -> dict[int, float]:
        """What a pruned trial has reported; Optuna's samplers look at the last of it."""
        if self.state != TrialState.PRUNED or self.values is None:
            return {}
        return {self.step: self.values[0]}


RUNNING: Final = Told(TrialState.RUNNING)
FAILED: Final = Told(TrialState.FAIL)


def make_told(
    metrics: Sequence[str],
    constraints: Sequence[OutcomeConstraint],
    result: Mapping[str, Any] | None,
    outcome: Outcome,
    *,
    prunes: bool,
) -> Told:
    """What Optuna is told of a trial that ended; it has failed without finite losses, or where a
    constraint cannot be computed.

    Args:
        metrics: What counts; where nothing does, a trial that has not failed has the loss 0.
        constraints: On the result.
        result: The last one.
        outcome: How it ended.
        prunes: Whether the sampler learns from pruned trials, and so is told of stopped ones.
    """
    found = [finite_value(result, metric) for metric in metrics]
    losses = [loss for loss in found if loss is not None]
    excesses = {str(at): each.excess(result or {}) for at, each in enumerate(constraints)}
    beyond = {name: excess for name, excess in excesses.items() if excess is not None}
    if outcome == "failed" or len(losses) < len(found) or len(beyond) < len(excesses):
        return FAILED
    # Pruned trials are compared by their one loss; Optuna prunes none that has several.
    if outcome == "stopped" and prunes and len(losses) == 1:
        step = int((result or {}).get("training_iteration", 0))
        return Told(TrialState.PRUNED, losses, beyond, step)
    return Told(TrialState.COMPLETE, losses or [0.0], beyond)
