"""Numbers at the ends of what computers hold, with each adapter: ranges, and losses."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from pegbox._plugins.origin import create_by_name
from pegbox.space import Float, Int
from pegbox.testing.searcher_rig import SearcherRig

#: Ranges that an optimizer has trouble with, unless they are shown to it as others.
RANGES = {
    "huge": Int(0, 2**60),
    "whole": Int(1 - 2**63, 2**63 - 1),
    "log": Int(1, 2**60, log=True),
    "step": Int(0, 2**60, step=2),
    "log_step": Int(4, 2**60, log=True, step=4),
    "far": Int(2**60, 2**60 + 7),
    "one": Int(2**60, 2**60),
    "one_log": Int(7, 7, log=True),
    "wide": Float(-1.7e308, 1.7e308),
    "wide_step": Float(-1.6e308, 1.6e308, step=1e307),
    "wide_log": Float(1e-300, 1e300, log=True),
    "tiny": Float(0, 1e-310),
    "fine": Float(0, 1e6, step=1e-3),
    "narrow_log": Float(1e300, 1e300 * (1 + 4e-16), log=True),
}

SEARCHERS = {
    "tpe": ("optuna", {"n_startup_trials": 3}),
    "gp": ("optuna", {"sampler": "gp", "n_startup_trials": 3}),
    "cmaes": ("optuna", {"sampler": "cmaes"}),
    "hyperopt": ("hyperopt", {"n_initial_points": 3}),
    "anneal": ("hyperopt", {"algorithm": "anneal"}),
    "skopt": ("skopt", {"n_initial_points": 3}),
    "bayesopt": ("bayesopt", {"random_search_steps": 3}),
    "ax": ("ax", {"initialization_budget": 3}),
}

PLANE = {"x": Float(0, 1), "y": Float(0, 1)}


def learnt(name: str, space: dict[str, Any], losses: list[float | None]) -> SearcherRig:
    """A searcher that was told the losses and restored, and then has proposed once more."""
    searcher, options = SEARCHERS[name]
    rig = SearcherRig(lambda: create_by_name("searcher", searcher, options), space)
    for loss in losses:
        (trial,) = rig.asks(1)
        failed = loss is None
        rig.end(trial, None if failed else [loss], "failed" if failed else "finished")
    rig.restore()
    rig.asks(1)
    return rig


@pytest.mark.parametrize("name", SEARCHERS)
def test_any_range_is_searched(name: str) -> None:
    rig = learnt(name, RANGES, [0.5, 0.25, 0.75, 0.1])
    configs = [rig.config(trial.raw) for trial in rig.trials]
    for path, domain in RANGES.items():
        found = {config[path] for config in configs}
        assert all(domain.contains(value) for value in found)
        if path not in ("one", "one_log", "narrow_log"):
            assert len(found) > 1, f"{path!r} is always {found}"


@pytest.mark.parametrize("name", SEARCHERS)
@pytest.mark.parametrize("losses", [[1e300, -1e300, 1.0, 1.7e308], [-1.7e308, None, 5e-324, 1e308]])
def test_any_losses_are_borne_in_silence(
    name: str, losses: list[float | None], capfd: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for trial in learnt(name, PLANE, losses).trials:
            assert all(0 <= value <= 1 for value in trial.point.values())
    assert capfd.readouterr() == ("", "")
