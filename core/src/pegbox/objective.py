"""Objectives: which metric counts, in which direction, and how it reads for a minimizer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pegbox.errors import ConfigError
from pegbox.nearest import nearest_name
from pegbox.text import shown

__all__ = ["Mode", "Objective", "finite_value", "make_objectives"]

Mode = Literal["min", "max"]

_METRIC: Final = 'Write e.g. metric="loss", as it is reported.'
_MODE: Final = '"min" looks for the least value, "max" for the greatest.'


@dataclass(frozen=True, slots=True)
class Objective:
    """One metric to be minimized or maximized.

    Attributes:
        metric: Its flat name. ``mode``: ``"min"`` or ``"max"``.
    """

    metric: str
    mode: Mode

    def loss(self, result: Mapping[str, Any]) -> float | None:
        """The metric's value in a ``result``, with its sign such that less is better.

        Returns:
            None where the metric is missing, not a number, NaN or infinite: such a result
            ranks worst and is told to searchers as failed.
        """
        value = finite_value(result, self.metric)
        return -value if value is not None and self.mode == "max" else value


def finite_value(result: Mapping[str, Any] | None, metric: str) -> float | None:
    """A metric's value in a result, as it is.

    In what a searcher is told, less is better already: there this is the loss.

    Args:
        result: Every value by its flat name; None where there was none.
        metric: Name of the value.

    Returns:
        None where it is missing, not a number, NaN or infinite, or there is no result.
    """
    value = (result or {}).get(metric)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def make_objectives(
    metric: str | Sequence[str] | None, mode: str | Sequence[str] | None
) -> tuple[Objective, ...]:
    """Pair metrics with modes.

    Raises:
        ConfigError: One is given without the other, their numbers differ, or a mode is neither
            ``"min"`` nor ``"max"``.
    """
    if metric is None and mode is None:
        return ()
    if metric is None:
        raise ConfigError(
            f"mode={shown(mode)} was given without metric", hint="Name the metric too."
        )
    if mode is None:
        raise ConfigError(
            f"metric={shown(metric)} was given without mode", hint='Add mode="min" or mode="max".'
        )
    metrics = _listed(
        metric, "metric must be the name of a reported value, or a list of names", _METRIC
    )
    modes = _listed(mode, 'mode must be "min" or "max", or a list of these', _MODE)
    if len(metrics) != len(modes) or not metrics:
        raise ConfigError(
            f"metric and mode must be equally many, at least one, got metric={shown(metrics)} and "
            f"mode={shown(modes)}",
            hint='Write e.g. metric=["loss", "size"] and mode=["min", "min"].',
        )
    objectives: list[Objective] = []
    for name, direction in zip(metrics, modes, strict=True):
        if not isinstance(name, str) or not name:
            raise ConfigError(
                f"metric must be the name of a reported value, got {shown(name)}", hint=_METRIC
            )
        if not isinstance(direction, str) or direction not in ("min", "max"):
            near = _nearest_mode(direction)
            raise ConfigError(
                f'mode must be "min" or "max", got {shown(direction)}',
                hint=_MODE if near is None else f"Did you mean {near!r}?",
            )
        if name in [objective.metric for objective in objectives]:
            raise ConfigError(f"metric has {shown(name)} twice", hint="Name each metric once.")
        objectives.append(Objective(name, "min" if direction == "min" else "max"))
    return tuple(objectives)


def _nearest_mode(direction: object) -> str | None:
    if not isinstance(direction, str):
        return None
    return nearest_name(direction.lower(), ("min", "max"))


def _listed(given: str | Sequence[str], rule: str, hint: str) -> list[str]:
    if isinstance(given, str):
        return [given]
    if isinstance(given, list | tuple):
        return list(given)
    raise ConfigError(f"{rule}, got {shown(given)}", hint=hint)
