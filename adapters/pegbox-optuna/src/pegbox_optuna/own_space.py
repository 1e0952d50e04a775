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
        ConfigError: A form that cannot be known before the run, or is none.
    """
    if isinstance(space, Mapping):
        return {name: _domain(value) for name, value in space.items()}
    if callable(space):
        raise ConfigError(
            "OptunaSearch(space=...) was given a function, which says only while it runs what "
            "comes next; pegbox stores and checks a space before the run",
            hint="Write it as param_space; parameters that depend on others go inside choice.",
        )
    if isinstance(space, list | tuple):
        raise ConfigError(
            "OptunaSearch(space=...) was given a list, Optuna's form of long ago",
            hint="Write a dict of name to distribution, or param_space.",
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
