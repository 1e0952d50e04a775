"""Optuna's samplers by name: their classes, what they need, and what each can do.

It makes no sampler; `pegbox_optuna.samplers` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from optuna.samplers import (
    BaseSampler,
    BruteForceSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    PartialFixedSampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from pegbox.searcher import Traits

__all__ = ["SAMPLERS", "Kind", "kind_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A sampler that is known here.

    Attributes:
        cls: Its class.
        traits: What it can do.
        needs: Packages that it needs beside Optuna.
        prunes: Whether it learns from pruned trials. To any other a trial that was stopped is
            told as complete with its last result, or it would learn nothing where a stop rule
            ends every trial.
        expects: Whether it takes what is under way for as good as its model says. What was
            refused then has to stand as the worst that is known, or it stays near.
    """

    cls: type[BaseSampler]
    traits: Traits
    needs: tuple[str, ...] = ()
    prunes: bool = False
    expects: bool = False


def _traits(**can: Any) -> Traits:
    return Traits(**{"ranges": frozenset({"log", "step"}), "multi_objective": True, **can})


#: Parameters in a branch that a point does not have are drawn at random by the others, and modelled
#: by none of them; so the core shows them a space in which all exist.
SAMPLERS: Final[Mapping[str, Kind]] = {
    "tpe": Kind(
        TPESampler, _traits(conditions=True, outcome_constraints=True, batches=True), prunes=True
    ),
    "gp": Kind(
        GPSampler,
        _traits(outcome_constraints=True, batches=True),
        ("scipy", "torch"),
        expects=True,
    ),
    "cmaes": Kind(CmaEsSampler, _traits(multi_objective=False, batches=True), ("cmaes",)),
    "nsgaii": Kind(NSGAIISampler, _traits(outcome_constraints=True)),
    "nsgaiii": Kind(NSGAIIISampler, _traits(outcome_constraints=True)),
    "qmc": Kind(QMCSampler, _traits(batches=True, model_free=True), ("scipy",)),
    "random": Kind(RandomSampler, _traits(conditions=True, batches=True, model_free=True)),
    "brute_force": Kind(
        BruteForceSampler,
        _traits(
            domains=frozenset({"int", "choice"}),
            conditions=True,
            exhaustive=True,
            batches=True,
            model_free=True,
        ),
    ),
}

#: A class of someone else's: Optuna's contract lets parameters come and go, and one that takes a
#: single objective says so when it is asked.
_OTHER: Final = Kind(BaseSampler, _traits(conditions=True, outcome_constraints=True), prunes=True)


def kind_of(sampler: BaseSampler) -> Kind:
    """What is known of a sampler, by its class."""
    if isinstance(sampler, PartialFixedSampler):
        return kind_of(sampler._base_sampler)
    known = (kind for kind in SAMPLERS.values() if isinstance(sampler, kind.cls))
    return next(known, _OTHER)
