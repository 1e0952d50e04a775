"""Arguments that Ray Tune hands on to Ax's client, and what has their place here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean

__all__ = ["refuse_elsewhere", "refuse_unknown"]

_STORE: Final = "What is known lies in the experiment's own store; leave it out."

#: Argument to why it is refused, and what would do.
_ELSEWHERE: Final[Mapping[str, tuple[str, str]]] = {
    "ax_client": (
        "a client keeps trials of its own, which would not be there after Tuner.restore",
        "Write its parameters as param_space, its objective as metric and mode, and its "
        "constraints in TuneConfig.",
    ),
    "parameter_constraints": (
        "they are the run's, with any searcher, and Ax gets those that are linear",
        "Write TuneConfig(parameter_constraints=[...]).",
    ),
    "outcome_constraints": (
        "they are the run's, with any searcher, and Ax gets them",
        "Write TuneConfig(outcome_constraints=[...]).",
    ),
}

#: Argument of Ax's client to what would do.
_INSTEAD: Final[Mapping[str, str]] = {
    "db_settings": _STORE,
    "early_stopping_strategy": "Give a scheduler: TuneConfig(scheduler=...).",
    "enforce_sequential_optimization": "Give initialization_budget= and "
    "min_observed_initialization_trials=.",
    "generation_strategy": "Give method= and initialization_budget=.",
    "random_seed": "Give seed=.",
    "storage_config": _STORE,
    "suppress_storage_errors": _STORE,
}


def refuse_elsewhere(**given: object) -> None:
    """Refuse arguments that Ray Tune's class has, and that have their place elsewhere here.

    Raises:
        ConfigError: One was given; it is named, with its place.
    """
    for name, value in given.items():
        if value is not None:
            reason, hint = _ELSEWHERE[name]
            raise ConfigError(f"AxSearch({name}=...) is not taken: {reason}", hint=hint)


def refuse_unknown(given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Refuse arguments that are not of `AxSearch`.

    Raises:
        ConfigError: There is one; it is named, with what would do.
    """
    for name in given:
        if name in _INSTEAD:
            raise ConfigError(f"AxSearch({name}=...) is not taken", hint=_INSTEAD[name])
        hint = did_you_mean(name, known, f"It takes {', '.join(known)}.")
        raise ConfigError(f"AxSearch has no argument {name!r}", hint=hint)
