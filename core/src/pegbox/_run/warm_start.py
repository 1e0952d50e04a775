"""Trials of earlier experiments, from which a searcher learns before its first ask.

They are settled once, stored with the experiment as points and results in the user's terms, and
told to every searcher that the run has, also after a restore.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pegbox._run.component import Component
from pegbox._run.earlier_trials import ITERATION, EarlierPoint, EarlierTrial, Told, point_of, told
from pegbox.constraints import OutcomeConstraint
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.space import Space
from pegbox.text import shown

__all__ = ["settle_warm_start", "tellable", "warm_start_from", "warm_start_to_json"]

logger = logging.getLogger("pegbox")


def settle_warm_start(
    trials: Sequence[EarlierTrial],
    space: Space,
    objectives: Sequence[Objective],
    constraints: Sequence[OutcomeConstraint],
    searcher: Component,
) -> tuple[EarlierPoint, ...]:
    """Check earlier trials against what is searched now, and say once what does not count.

    Raises:
        ConfigError: One is no whole configuration of the space, or none has the metric.
    """
    if trials and not space.domains:
        raise ConfigError(
            "warm_start has nothing to tell: param_space has no parameters",
            hint="A searcher that has a space of its own may take add_evaluated_point(parameters, "
            "value).",
        )
    ended = [trial for trial in trials if trial.outcome is not None]
    points = tuple(_points(ended, space, objectives))
    needed = _needed(objectives, constraints)
    lacking = [each for each in points if each.lacks(needed)]
    if lacking and len(lacking) == sum(each.outcome != "failed" for each in points):
        raise _none_has_it(lacking, needed)
    _say("have not ended", len(trials) - len(ended), len(trials))
    _say(f"have no {_listed(needed)}", len(lacking), len(trials))
    if points and searcher.traits.model_free:
        logger.warning(
            "search_alg=%r learns nothing from warm_start: its points do not depend on results",
            searcher.core.name,
        )
    return points


def tellable(
    points: Iterable[EarlierPoint],
    objectives: Sequence[Objective],
    constraints: Sequence[OutcomeConstraint],
) -> list[Told]:
    """What a searcher is told of them; those without the metrics that it takes are left out."""
    needed = _needed(objectives, constraints)
    return [told(each, objectives) for each in points if not each.lacks(needed)]


def warm_start_to_json(points: Iterable[EarlierPoint]) -> list[dict[str, Any]]:
    """As the store keeps them."""
    return [
        {"point": each.point, "result": each.result, "outcome": each.outcome} for each in points
    ]


def warm_start_from(stored: Iterable[Mapping[str, Any]]) -> tuple[EarlierPoint, ...]:
    """From what `warm_start_to_json` gave."""
    return tuple(EarlierPoint(each["point"], each["result"], each["outcome"]) for each in stored)


def _points(
    trials: Sequence[EarlierTrial], space: Space, objectives: Sequence[Objective]
) -> Iterable[EarlierPoint]:
    refused: list[ConfigError] = []
    for trial in trials:
        try:
            yield point_of(trial, space, objectives)
        except ConfigError as error:
            refused.append(error)
    if refused:
        first, more = refused[0], len(refused) - 1
        others = f" ({more} more of {len(trials)} do not fit either)" if more else ""
        raise ConfigError(
            f"{first.message}{others}",
            hint=f"{first.hint} Or leave out what does not fit: warm_start takes a list of some of "
            "the results, or of (config, metrics).",
        )


def _needed(
    objectives: Sequence[Objective], constraints: Sequence[OutcomeConstraint]
) -> dict[str, None]:
    """Names of the metrics without which nothing can be told."""
    limited = [name for each in constraints for name in each.coefficients]
    return dict.fromkeys([*(each.metric for each in objectives), *limited])


def _none_has_it(lacking: Sequence[EarlierPoint], needed: Iterable[str]) -> ConfigError:
    names = sorted({name for each in lacking for name in each.result if name != ITERATION})
    return ConfigError(
        f"warm_start: none of {len(lacking)} trials has {_listed(needed)}",
        hint=f"They have {shown(names)}." if names else "They reported no numbers.",
    )


def _listed(names: Iterable[str]) -> str:
    return " and ".join(map(repr, names))


def _say(what: str, count: int, of: int) -> None:
    if count:
        logger.warning("warm_start: %d of %d trials %s, and are left out", count, of, what)
