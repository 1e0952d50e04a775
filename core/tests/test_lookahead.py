"""How many suggestions are asked for before there is room for them."""

from __future__ import annotations

import pytest
from pegbox import Searcher, TuneConfig, uniform
from pegbox.executors.simulated import SimulatedCluster, simulate
from pegbox.search import ConcurrencyLimiter
from pegbox.searcher import Traits
from tuning import fit, restore, stored


class Counting(Searcher):
    """Notes how many suggestions have no answer when it is asked, and how many results it knows."""

    def __init__(self, lookahead=0):
        self.traits = Traits(lookahead=lookahead)
        self.pending, self.known, self.told = [], [], 0

    def suggest(self, pending, seed):
        self.pending.append(len(pending))
        self.known.append(self.told)
        return {"x": seed / 2**64}

    def on_trial_complete(self):
        self.told += 1


def curve(config, iteration):
    return (1 + config["x"], {"loss": config["x"]}) if iteration < 2 else None


def most_pending(searcher, workers=2, around=None, **tune):
    """The most suggestions under way at once, the one that is asked for included."""
    result = simulate(
        lambda config, iteration: (
            (1 + config["x"], {"loss": config["x"]}) if iteration < 2 else None
        ),
        param_space={"x": uniform(0, 1)},
        tune_config=TuneConfig(
            **{"metric": "loss", "mode": "min", "seed": 1, "num_samples": 12, **tune},
            search_alg=searcher if around is None else around(searcher),
        ),
        cluster=SimulatedCluster(workers=workers),
    )
    assert result.ended.how == "complete"
    assert len(searcher.pending) >= 12
    return 1 + max(searcher.pending)


@pytest.mark.parametrize(
    ("of_the_searcher", "tune", "most"),
    [
        (0, {}, 2),
        (1, {}, 3),
        (3, {}, 5),
        (1, {"lookahead": 0}, 2),
        (0, {"lookahead": 2}, 4),
        (1, {"max_concurrent_trials": 2}, 2),
        (0, {"max_concurrent_trials": 1, "lookahead": 1}, 2),
    ],
)
def test_so_many_are_ready_beyond_the_room_there_is(of_the_searcher, tune, most):
    assert most_pending(Counting(of_the_searcher), **tune) == most


def test_each_is_proposed_with_one_result_less():
    behind, ahead = Counting(), Counting(1)
    most_pending(behind, workers=1)
    most_pending(ahead, workers=1)
    assert behind.known == list(range(12))
    assert ahead.known == [0, *range(11)]


def test_a_limit_of_suggestions_holds():
    assert most_pending(Counting(4), around=lambda inner: ConcurrencyLimiter(inner, 2)) <= 3


def test_a_restore_keeps_it_and_takes_another(tmp_path):
    fit(tmp_path, lookahead=3, num_samples=1)
    restore(tmp_path, tune={"num_samples": 2})
    assert _settings(tmp_path)["lookahead"] == 3
    restore(tmp_path, tune={"num_samples": 3, "lookahead": 0})
    assert _settings(tmp_path)["lookahead"] == 0
    assert len(stored(tmp_path)) == 3


def _settings(folder):
    from pegbox._store.reader import Reader

    with Reader(folder / "exp") as reader:
        return reader.epochs[-1].settings
