"""A space that the searcher was given itself, as Ray Tune takes it, made a `param_space`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from pegbox.errors import ConfigError
from pegbox.space import Choice, Float, Int
from pegbox.text import shown

__all__ = ["to_param_space"]


def to_param_space(space: Any) -> Mapping[str, Any]:
    """A part of ``param_space``: Optuna's distributions as domains, all else as it is.

    Raises:
        ConfigError: It is no dict, or has a distribution that pegbox has nothing like.
    """
    if isinstance(space, Mapping):
        return {name: _domain(value) for name, value in space.items()}
    if isinstance(space, list | tuple):
        raise ConfigError(
            "OptunaSearch(space=...) was given a list, Optuna's form of long ago",
            hint="Write a dict of name to distribution, a function of a trial, or param_space.",
        )
    raise ConfigError(
        f"OptunaSearch(space=...) must be a dict of name to distribution, got {shown(space)}",
        hint="Did you mean sampler=...?",
    )


def _domain(value: Any) -> Any:
    match value:
        case FloatDistribution():
            return Float(value.low, value.high, log=value.log, step=value.step)
        case IntDistribution():
            return Int(value.low, value.high, log=value.log, step=value.step)
        case CategoricalDistribution():
            return Choice(tuple(value.choices))
        case BaseDistribution():
            raise ConfigError(
                f"OptunaSearch(space=...) has {value!r}, for which pegbox has no domain",
                hint="It takes FloatDistribution, IntDistribution and CategoricalDistribution.",
            )
    return value
