"""A searcher in a process of its own, asked and told in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pegbox._run.components import make_component
from pegbox._run.searcher_process.calls import SearcherThere
from pegbox.seeds import derive_seed
from pegbox.space import Space
from pegbox.space.presented import Presentation
from pegbox.testing.searcher_rig import LOSS, Loss
from pegbox.trial import trial_id

__all__ = ["points_elsewhere"]


def points_elsewhere(
    searcher: Any, param_space: Mapping[str, Any], loss: Loss, times: int, *, seed: int = 1
) -> list[dict[str, float | int]]:
    """The answers of a searcher that was sent to a process of its own, asked and told in turn.

    Raises:
        ConfigError: It cannot be sent; what cannot be pickled is named.
    """
    component = make_component("searcher", searcher, "random")
    space = Space(param_space)
    there = SearcherThere(component)
    try:
        there.call(
            "searcher_setup",
            space=Presentation(space, component.traits).domains,
            objectives=(LOSS,),
            seed=derive_seed(seed, "searcher"),
            num_samples=-1,
            conditions=space.conditions,
            points=[],
            parameter_constraints=[],
            outcome_constraints=[],
        )
        return [_asked_and_told(there, number, loss, seed) for number in range(times)]
    finally:
        there.end()


def _asked_and_told(
    there: SearcherThere, number: int, loss: Loss, seed: int
) -> dict[str, float | int]:
    name = trial_id("abcde", number)
    answer = there.suggest(
        trial_id=name, pending={}, ask=number, seed=derive_seed(seed, "ask", number)
    )
    assert isinstance(answer, Mapping), f"answered {answer}"
    result = {LOSS.metric: loss(answer)[0], "training_iteration": 1}
    there.call(
        "searcher_complete",
        trial_id=name,
        result=result,
        error=False,
        outcome="finished",
        config=dict(answer),
    )
    return dict(answer)
