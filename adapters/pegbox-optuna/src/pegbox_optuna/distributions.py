"""pegbox's domains as Optuna's distributions, and back: categories by index.

What Optuna has nothing like, the core shows as something else: a logarithmic range with a step,
for example, as one without it.
"""

from __future__ import annotations

from typing import Any, Final

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from pegbox.errors import UnsupportedSpace

__all__ = ["suggest", "to_distribution", "to_value"]

_LARGEST_INT: Final = 2**53

#: A step that is finer, of the largest value, Optuna does not find its own values on.
_FINEST: Final = 1e-6


def to_distribution(path: str, domain: Any) -> BaseDistribution:
    """Optuna's distribution for a domain.

    Args:
        path: The parameter's flat path, for messages.
        domain: One of `pegbox.space`.

    Raises:
        UnsupportedSpace: Optuna has nothing like it.
    """
    if domain.kind == "choice":
        return CategoricalDistribution(range(domain.size))
    if domain.kind not in ("float", "int"):
        raise UnsupportedSpace(
            f"parameter {path!r}: Optuna takes no domain of the kind {domain.kind!r}",
            hint="It takes float, int and choice; write a grid as a choice, or use the searcher "
            '"grid" or "random".',
        )
    return _numeric(path, domain)


def suggest(trial: optuna.Trial, path: str, distribution: BaseDistribution) -> None:
    """Draw a parameter of a trial, unless it is drawn already."""
    match distribution:
        case FloatDistribution(low=low, high=high, step=step, log=log):
            trial.suggest_float(path, low, high, step=step, log=log)
        case IntDistribution(low=low, high=high, step=step, log=log):
            trial.suggest_int(path, low, high, step=step, log=log)
        case CategoricalDistribution(choices=choices):
            trial.suggest_categorical(path, choices)


def to_value(domain: Any, drawn: Any) -> float | int:
    """The domain's own value for one that Optuna drew."""
    value: float | int = domain.conform(drawn if domain.kind == "choice" else domain.nearest(drawn))
    return value


def _numeric(path: str, domain: Any) -> BaseDistribution:
    whole = domain.kind == "int"
    if not whole:
        return FloatDistribution(domain.lower, domain.upper, log=domain.log, step=_step(domain))
    if max(abs(domain.lower), abs(domain.upper)) > _LARGEST_INT:
        raise UnsupportedSpace(
            f"parameter {path!r}: Optuna computes with floats, which do not tell whole numbers "
            f"beyond 2**53 apart, got {domain.lower} to {domain.upper}",
            hint="Use a smaller range, or a float.",
        )
    return IntDistribution(domain.lower, domain.upper, log=domain.log, step=domain.step)


def _step(domain: Any) -> float | None:
    """The step of a range of real numbers; None where `to_value` has to find it."""
    step: float | None = domain.step
    largest = max(abs(domain.lower), abs(domain.upper))
    return None if step is None or step < _FINEST * largest else step
