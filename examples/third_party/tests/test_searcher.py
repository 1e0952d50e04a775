"""The searcher: pegbox's kit, and what is special to it."""

from __future__ import annotations

import pegbox
import pytest
from pegbox.testing import SearcherConformance


class TestSearcher(SearcherConformance):
    searcher = "luthier"


def bowl(config):
    return {"loss": (config["x"] - 3) ** 2 + (config["y"] + 1) ** 2}


def test_a_run_comes_near_to_the_least_loss(tmp_path):
    best = (
        pegbox.Tuner(
            bowl,
            param_space={"x": pegbox.uniform(-10, 10), "y": pegbox.uniform(-10, 10)},
            tune_config=pegbox.TuneConfig(
                metric="loss",
                mode="min",
                num_samples=80,
                search_alg="luthier",
                seed=1,
            ),
            run_config=pegbox.RunConfig(storage_path=str(tmp_path), verbose=0),
            executor="inline",
        )
        .fit()
        .get_best_result()
    )
    assert best.metrics["loss"] < 0.5


@pytest.mark.parametrize("options", [{"population": 3}, {"scale": 0}, {"crossover": 1.5}])
def test_numbers_out_of_range_are_refused(options):
    with pytest.raises(pegbox.errors.ConfigError, match=next(iter(options))):
        pegbox.create_searcher("luthier", **options)
