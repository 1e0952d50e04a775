"""ConcurrencyLimiter and Repeater around Optuna's samplers, on the real parts and in whole runs."""

from __future__ import annotations

import pytest
from pegbox import RunConfig, TuneConfig, Tuner, report, uniform
from pegbox.search import TRIAL_INDEX, ConcurrencyLimiter, OptunaSearch, Repeater
from searcher_drive import busy_run

SHAPES = {
    "limited": lambda: ConcurrencyLimiter(OptunaSearch(), 3),
    "in batches": lambda: ConcurrencyLimiter(OptunaSearch(), 4, batch=True),
    "repeated": lambda: Repeater(OptunaSearch(), 3),
    "limited and repeated": lambda: ConcurrencyLimiter(Repeater("optuna", 2), 4),
    "batches of repeats": lambda: ConcurrencyLimiter(Repeater("optuna", 2), 4, batch=True),
    "repeated batches": lambda: Repeater(ConcurrencyLimiter("optuna", 2, batch=True), 2),
}


@pytest.mark.parametrize("every", [1, 3, 7])
@pytest.mark.parametrize("shape", SHAPES)
def test_restored_after_every_kth_tell_the_points_are_those_of_a_whole_run(shape, every):
    whole = busy_run(SHAPES[shape], lambda count: False, 40)
    cut = busy_run(SHAPES[shape], lambda count: count % every == every - 1, 40)
    assert cut.points == whole.points
    assert cut.configs == whole.configs


def test_optuna_is_told_one_trial_for_each_group_of_repeats():
    drive = busy_run(SHAPES["repeated"], lambda count: False, 30)
    trials = drive.core._study._study.get_trials(deepcopy=False)
    groups = [trials.params for trials in trials]
    assert groups == [dict(drive.points[number]) for number in range(0, len(drive.points), 3)]


@pytest.mark.parametrize("executor", ["inline", "dask"])
def test_a_whole_run_with_repeats_goes_on_after_a_restore(tmp_path, executor):
    def noisy(config):
        report({"loss": config["x"] ** 2 + config[TRIAL_INDEX]})

    def configs(name, num_samples):
        around = ConcurrencyLimiter(Repeater("optuna", repeat=3), max_concurrent=6)
        tuner = Tuner(
            noisy,
            param_space={"x": uniform(-1, 1)},
            tune_config=TuneConfig(
                metric="loss", mode="min", num_samples=num_samples, search_alg=around, seed=4
            ),
            run_config=RunConfig(storage_path=str(tmp_path), name=name, verbose=0),
            executor=executor,
        )
        return [result.config for result in tuner.fit()]

    configs("cut", 7)
    restored = Tuner.restore(
        tmp_path / "cut", noisy, tune_config=TuneConfig(num_samples=12), executor=executor
    ).fit()
    assert len(restored) == 12
    found = [result.config for result in restored]
    assert [config[TRIAL_INDEX] for config in found] == [0, 1, 2] * 4
    for begin in range(0, 12, 3):
        assert len({config["x"] for config in found[begin : begin + 3]}) == 1
    assert len({config["x"] for config in found}) == 4
    if executor == "inline":
        assert found == configs("whole", 12)
