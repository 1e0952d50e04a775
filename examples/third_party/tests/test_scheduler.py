"""The scheduler: pegbox's kit, and what is special to it."""

from __future__ import annotations

import pegbox
import pytest
from pegbox.executors.simulated import SimulatedCluster, simulate
from pegbox.testing import SchedulerConformance


class TestScheduler(SchedulerConformance):
    scheduler = "luthier"


def curve(config, iteration):
    """Takes a second for each of ten iterations; the less x, the better."""
    return (1.0, {"loss": config["x"]}) if iteration <= 10 else None


def test_about_half_of_the_trials_end_at_the_gate():
    run = simulate(
        curve,
        param_space={"x": pegbox.uniform(0, 1)},
        tune_config=pegbox.TuneConfig(
            metric="loss",
            mode="min",
            num_samples=40,
            scheduler="luthier",
            seed=1,
        ),
        cluster=SimulatedCluster(workers=4),
    )
    ends = [trial.iteration for trial in run.trials]
    assert set(ends) == {3, 10}
    assert 15 <= ends.count(3) <= 25


@pytest.mark.parametrize("options", [{"gate": 0}, {"keep": 0}, {"keep": 1.5}])
def test_numbers_out_of_range_are_refused(options):
    with pytest.raises(pegbox.errors.ConfigError, match=next(iter(options))):
        pegbox.create_scheduler("luthier", **options)
