"""What users may pass as ``warm_start``, brought into one form."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from pegbox._run.earlier_trials import EarlierTrial
from pegbox.analysis import ExperimentAnalysis
from pegbox.errors import ConfigError
from pegbox.results import Result, ResultGrid
from pegbox.searcher import EvaluatedPoint
from pegbox.space import Space
from pegbox.text import shown
from pegbox.trial import Outcome

__all__ = ["earlier_trials"]

_FORMS: Final = (
    "It takes a ResultGrid, the folder of an experiment, or a list of these, of results, "
    "or of (config, value)."
)


def earlier_trials(given: Any, space: Space) -> list[EarlierTrial]:
    """The trials of everything that was passed, in its order.

    Args:
        given: The results of an experiment, its folder, or a list of these, of single results, of
            `EvaluatedPoint`, and of pairs of a configuration and what it gave; None for nothing.
        space: What is searched now; where an earlier experiment had the same, its objects are
            taken from here.

    Raises:
        ConfigError: Something is none of what can be passed.
        StoreError: There is no experiment in a folder.
    """
    if given is None:
        return []
    if isinstance(given, list | tuple):
        return [one for i, each in enumerate(given) for one in _of(each, f"warm_start[{i}]", space)]
    return list(_of(given, "warm_start", space))


def _of(given: Any, place: str, space: Space) -> Iterator[EarlierTrial]:
    match given:
        case str() | os.PathLike():
            yield from _of(ResultGrid(given), place, space)
        case ResultGrid():
            yield from (_of_result(result, space) for result in given)
        case ExperimentAnalysis():
            yield from (_of_result(result, space) for result in given.trials)
        case Result():
            yield _of_result(given, space)
        case EvaluatedPoint():
            yield EarlierTrial(place, given.parameters, given.value, _outcome(given, place))
        case [Mapping() as config, metrics]:
            yield EarlierTrial(place, config, metrics)
        case Mapping():
            raise ConfigError(
                f"{place} is a configuration without what it gave: {shown(given)}",
                hint='Write (config, value) or (config, {"loss": value}); for configurations that '
                "are to be tried there is points_to_evaluate of the searcher.",
            )
        case _:
            raise ConfigError(f"{place} cannot be used: {shown(given)}", hint=_FORMS)


def _of_result(result: Result, space: Space) -> EarlierTrial:
    # As it is stored: what the user would be given may hold stand-ins for objects of this space.
    experiment, row = result._experiment, result._row
    config = experiment.config_for(row.number, space)
    label = f"trial {result.trial_id} of warm_start"
    return EarlierTrial(label, config, row.result or {}, result.outcome)


def _outcome(given: EvaluatedPoint, place: str) -> Outcome:
    if given.outcome not in get_args(Outcome):
        raise ConfigError(
            f"{place} has the outcome {shown(given.outcome)}",
            hint=f"It is one of {', '.join(map(repr, get_args(Outcome)))}.",
        )
    return given.outcome
