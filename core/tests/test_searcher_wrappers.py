"""ConcurrencyLimiter and Repeater around searchers, and wrappers in general."""

from __future__ import annotations

import pytest
from pegbox import Searcher, TuneConfig, grid_search, uniform
from pegbox._plugins.manager import RoleManager
from pegbox._run.components import make_component, register_layers
from pegbox.builtin.concurrency_limiter import ConcurrencyLimiter
from pegbox.builtin.repeater import TRIAL_INDEX, Repeater
from pegbox.builtin.repeats import mean
from pegbox.errors import ConfigError, PluginError
from pegbox.events import Suggested
from pegbox.executors.simulated import SimulatedCluster, simulate
from pegbox.hookspecs import hookimpl
from pegbox.searcher import FINISHED, WAIT, Traits
from pegbox.searcher_wrapper import KEPT, SearcherWrapper
from searcher_drive import Drive, Learner, busy_run, name_of
from tuning import fit, restore

SHAPES = {
    "limiter": lambda: ConcurrencyLimiter(Learner(), 3),
    "batches": lambda: ConcurrencyLimiter(Learner(), 4, batch=True),
    "repeater": lambda: Repeater(Learner(), 3),
    "limiter around repeater": lambda: ConcurrencyLimiter(Repeater(Learner(), 2), 4),
    "batches around repeater": lambda: ConcurrencyLimiter(Repeater(Learner(), 2), 4, batch=True),
    "repeater around batches": lambda: Repeater(ConcurrencyLimiter(Learner(), 2, batch=True), 2),
    "repeater around limiter": lambda: Repeater(ConcurrencyLimiter(Learner(), 2), 3),
}


# -- restore ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_restored_after_every_kth_tell_the_points_are_those_of_a_whole_run(shape, every):
    whole = busy_run(SHAPES[shape], lambda count: False)
    cut = busy_run(SHAPES[shape], lambda count: count % every == every - 1)
    assert cut.points == whole.points
    assert cut.configs == whole.configs
    assert cut.core.known == whole.core.known


@pytest.mark.parametrize("shape", SHAPES)
def test_restored_once_after_any_tell_the_points_are_those_of_a_whole_run(shape):
    whole = busy_run(SHAPES[shape], lambda count: False, 24)
    for cut_at in range(24):
        cut = busy_run(SHAPES[shape], lambda count, at=cut_at: count == at, 24)
        assert cut.points == whole.points


# -- ConcurrencyLimiter -----------------------------------------------------------------------


def test_a_limiter_lets_so_many_be_without_an_answer():
    drive = Drive(lambda: ConcurrencyLimiter(Learner(), 2))
    assert drive.asks(4) == [0, 1, "wait", "wait"]
    assert list(drive.core.proposed) == [name_of(0), name_of(1)], "the searcher is not asked"
    drive.end(1, 0.5)
    assert drive.heard == [1]
    assert drive.asks(2) == [2, "wait"]


def test_batches_are_told_whole_and_follow_each_other():
    drive = Drive(lambda: ConcurrencyLimiter(Learner(), 3, batch=True))
    assert drive.asks(4) == [0, 1, 2, "wait"]
    drive.end(2, 0.1)
    drive.end(0, 0.2)
    assert drive.heard == []
    assert drive.ask() == "wait"
    drive.end(1, 0.3)
    assert drive.heard == [0, 1, 2]
    assert drive.asks(4) == [3, 4, 5, "wait"]


def test_a_batch_of_one_slot_fills_up_one_by_one():
    drive = Drive(lambda: ConcurrencyLimiter(Learner(), 3, batch=True))
    for number in range(3):
        assert drive.ask() == number
        assert drive.heard == []
        drive.end(number, 0.5)
    assert drive.heard == [0, 1, 2]


class OneByOne(Learner):
    """Proposes nothing while anything is unanswered."""

    def suggest(self, trial_id, pending, ask, seed):
        return WAIT if pending else super().suggest(trial_id, pending, ask, seed)


def test_a_searcher_that_waits_for_a_tell_gets_it_before_its_batch_is_over():
    drive = Drive(lambda: ConcurrencyLimiter(OneByOne(), 3, batch=True))
    for number in range(7):
        assert drive.asks(2) == [number, "wait"]
        drive.end(number, 0.5)
        assert drive.heard == list(range(number if (number + 1) % 3 else number + 1))


def test_what_is_held_back_is_pending_in_the_searchers_eyes():
    seen = []

    class Seeing(Learner):
        def suggest(self, trial_id, pending, ask, seed):
            seen.append(sorted(int(each[-5:]) for each in pending))
            return super().suggest(trial_id, pending, ask, seed)

    drive = Drive(lambda: ConcurrencyLimiter(Seeing(), 3, batch=True))
    drive.ask()
    drive.end(0, 0.5)
    drive.asks(2)
    assert seen == [[], [0], [0, 1]]


def test_a_limiter_of_another_size_at_a_restore_goes_on():
    sizes = iter([3, 4])
    drive = Drive(lambda: ConcurrencyLimiter(Learner(), next(sizes), batch=True))
    drive.asks(3)
    drive.end(0, 0.1)
    drive.restore()
    drive.end(1, 0.1)
    drive.end(2, 0.1)
    assert drive.heard == []
    assert drive.asks(2) == [3, "wait"]
    drive.end(3, 0.1)
    assert drive.heard == [0, 1, 2, 3]


def test_a_bound_of_the_run_and_a_limiter_both_hold():
    def most_at_once(limit, max_concurrent_trials):
        result = simulate(
            lambda config, i: (1.0, {"loss": 1.0}) if i <= 2 else None,
            param_space={"x": uniform(0, 1)},
            tune_config=TuneConfig(
                metric="loss",
                mode="min",
                num_samples=12,
                search_alg=ConcurrencyLimiter("random", limit),
                max_concurrent_trials=max_concurrent_trials,
            ),
            cluster=SimulatedCluster(workers=8),
        )
        assert len(result.trials) == 12
        return 12 * 2.0 / result.ended.at

    assert most_at_once(3, 6) == 3
    assert most_at_once(6, 4) == 4
    assert most_at_once(6, None) == 6


# -- Repeater ---------------------------------------------------------------------------------


def test_a_point_is_tried_so_many_times_and_its_mean_is_told_once():
    drive = Drive(lambda: Repeater(Learner(), 3))
    assert drive.asks(4) == [0, 1, 2, 3]
    assert drive.points[0] == drive.points[1] == drive.points[2] != drive.points[3]
    assert [drive.configs[n][TRIAL_INDEX] for n in range(4)] == [0, 1, 2, 0]
    drive.end(2, 0.3)
    drive.end(0, 0.1)
    assert drive.heard == []
    drive.end(1, 0.8)
    assert drive.core.known == {name_of(0): (drive.points[0], pytest.approx(0.4), "finished")}


def test_without_set_index_the_configuration_is_as_it_was():
    drive = Drive(lambda: Repeater(Learner(), 2, set_index=False))
    drive.ask()
    assert set(drive.configs[0]) == {"x", "y"}


def test_repeats_that_failed_do_not_count_and_a_group_of_failures_has_failed():
    drive = Drive(lambda: Repeater(Learner(), 2))
    drive.asks(4)
    drive.end(0, None, "failed")
    drive.end(1, 0.25, "stopped")
    drive.end(2, 9.0, "failed")
    drive.end(3, None, "failed")
    assert drive.core.known == {
        name_of(0): (drive.points[0], 0.25, "stopped"),
        name_of(1): (drive.points[2], None, "failed"),
    }


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([({"a": 1, "b": 2}, "finished"), ({"a": 2}, "finished")], ({"a": 1.5}, "finished")),
        ([({"a": 1}, "finished"), (None, "failed")], ({"a": 1.0}, "finished")),
        ([({"a": "x", "b": True, "c": 1}, "finished")], ({"c": 1.0}, "finished")),
        ([({"a": float("nan")}, "finished"), ({"a": 1.0}, "finished")], ({}, "finished")),
        ([(None, "stopped"), (None, "failed")], (None, "stopped")),
        ([(None, "failed"), ({"a": 1}, "failed")], (None, "failed")),
    ],
)
def test_the_mean_is_of_every_number_that_all_have_reported(ends, told):
    assert mean(ends) == told


def test_a_mean_does_not_depend_on_the_order_of_the_ends():
    losses = [0.1, 0.2, 0.30000000000000004]
    told = []
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        drive = Drive(lambda: Repeater(Learner(), 3))
        drive.asks(3)
        for number in order:
            drive.end(number, losses[number])
        told.append(drive.core.known[name_of(0)][1])
    assert len(set(told)) == 1


def test_trials_from_before_the_repeats_are_told_each_for_itself():
    makes = iter([Learner, lambda: Repeater(Learner(), 2)])
    drive = Drive(lambda: next(makes)())
    drive.asks(5)
    for number in (0, 1, 2):
        drive.end(number, 0.5)
    drive.restore()
    assert drive.core.known == {}
    assert drive.core.alone == [(drive.points[0], "finished"), (drive.points[1], "finished")]
    drive.end(3, 0.5, "stopped")
    assert [point for point, _ in drive.core.alone] == [drive.points[n] for n in (0, 1, 2, 3)]
    # The fifth had no companion yet: it gets one.
    assert drive.ask() == 5
    assert drive.points[5] == drive.points[4]
    drive.end(4, 0.5)
    drive.end(5, 0.7)
    assert drive.core.known == {name_of(2): (drive.points[4], 0.6, "finished")}


def test_results_on_the_way_are_kept_from_the_searcher():
    class Curious(Learner):
        traits = Traits(intermediate=True, batches=True)

        def on_trial_result(self, trial_id, result):
            raise AssertionError("a mean of what is not over says nothing")

    component = make_component("searcher", Repeater(Curious(), 2), "random")
    assert component.traits == Traits(batches=True)
    manager = RoleManager("searcher")
    register_layers(manager, component)
    assert manager.call("searcher_result", trial_id="t_00000", result={}) is KEPT


@pytest.mark.parametrize(
    ("space", "num_samples", "repeat", "trials"),
    [
        ({"x": uniform(0, 1)}, 6, 3, 6),
        ({"x": uniform(0, 1)}, 5, 3, 5),
        ({"g": grid_search([1, 2, 3])}, 1, 2, 6),
        ({"g": grid_search([1, 2, 3])}, 2, 2, 6),
        ({"g": grid_search([1, 2]), "x": uniform(0, 1)}, 3, 2, 8),
    ],
)
def test_num_samples_counts_trials_and_grids_are_gone_through_whole(
    space, num_samples, repeat, trials
):
    drive = Drive(lambda: Repeater("random", repeat), num_samples=num_samples, space=space)
    numbers = []
    while (number := drive.ask()) != "finished":
        numbers.append(number)
    assert numbers == list(range(trials))


def test_the_searcher_is_set_up_for_so_many_points_as_there_are_groups():
    assert Drive(lambda: Repeater(Learner(), 4), num_samples=10).core.num_samples == 3
    assert Drive(lambda: Repeater(Learner(), 4)).core.num_samples == -1


# -- whole runs -------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("workers", [1, 3])
def test_no_run_stalls_and_a_run_that_was_cut_off_anywhere_ends(shape, workers):
    def go(history=()):
        result = simulate(
            lambda config, i: (1 + config["x"], {"loss": config["x"]}) if i <= 2 else None,
            param_space={"x": uniform(0, 1)},
            tune_config=TuneConfig(
                metric="loss", mode="min", num_samples=10, search_alg=SHAPES[shape]()
            ),
            cluster=SimulatedCluster(workers=workers),
            history=history,
        )
        assert result.ended.how == "complete", result.error
        assert len(result.trials) == 10
        return result

    journal = go().journal
    for cut in range(1, len(journal), 3):
        go(journal[:cut])


def test_asked_ahead_repeats_of_random_search_are_the_same_wherever_the_run_was_cut_off():
    def points(history=()):
        result = simulate(
            lambda config, i: (1 + config["x"], {"loss": config["x"]}) if i <= 2 else None,
            param_space={"x": uniform(0, 1)},
            tune_config=TuneConfig(
                num_samples=9,
                search_alg=ConcurrencyLimiter(Repeater("random", 2), 4),
            ),
            cluster=SimulatedCluster(workers=2),
            history=history,
        )
        assert result.ended.how == "complete"
        return [f.point for f in result.journal if isinstance(f, Suggested)], result.journal

    whole, journal = points()
    assert len(whole) == 9
    for cut in range(1, len(journal)):
        assert points(journal[:cut])[0] == whole


def test_wrappers_given_by_name_come_back_by_themselves_at_a_restore(tmp_path):
    around = ConcurrencyLimiter(("repeater", {"searcher": "random", "repeat": 2}), 3)
    before = fit(tmp_path, num_samples=3, search_alg=around)
    after = restore(tmp_path, tune={"num_samples": 8})
    configs = [result.config for result in after]
    assert configs[:3] == [result.config for result in before]
    assert [config["x"] for config in configs[::2]] == [config["x"] for config in configs[1::2]]
    assert [config[TRIAL_INDEX] for config in configs] == [0, 1] * 4


def test_wrappers_around_an_object_are_passed_again(tmp_path):
    fit(tmp_path, num_samples=2, search_alg=Repeater(Learner(), 2))
    with pytest.raises(ConfigError, match=r"search_alg=\.\.\.\) \(before: repeater\)"):
        restore(tmp_path, tune={"num_samples": 4})
    assert (
        len(restore(tmp_path, tune={"num_samples": 4, "search_alg": Repeater(Learner(), 2)})) == 4
    )


# -- wrappers in general ----------------------------------------------------------------------


class Tenfold(SearcherWrapper):
    """A stranger's: asks at most ten times."""

    @hookimpl
    def searcher_suggest(self, ask):
        return FINISHED if ask >= 10 else None


def test_a_strangers_wrapper_needs_nothing_but_the_contract():
    drive = Drive(lambda: Tenfold(Learner()))
    assert drive.asks(11) == [*range(10), "finished"]
    assert make_component("searcher", Tenfold("random"), "random").label == "Tenfold(random)"


def test_the_outermost_is_asked_first_and_the_traits_are_those_of_the_searcher():
    component = make_component("searcher", ConcurrencyLimiter(Repeater("random"), 2), "random")
    names = [layer.name for layer in component.layers()]
    assert names == ["random", "repeater", "concurrency_limiter"]
    assert component.label == "concurrency_limiter(repeater(random))"
    assert component.traits.model_free
    assert component.core.name == "random"


@pytest.mark.parametrize(
    ("around", "most"),
    [
        ("random", None),
        (Repeater("random", 3), None),
        (ConcurrencyLimiter("random", 4), 4),
        (Repeater(ConcurrencyLimiter("random", 4), 3), 12),
        (ConcurrencyLimiter(Repeater(ConcurrencyLimiter("random", 4), 3), 5), 5),
        (ConcurrencyLimiter(ConcurrencyLimiter("random", 4), 5), 4),
    ],
)
def test_how_many_trials_a_searcher_lets_be_under_way_is_known_before_a_run(around, most):
    assert make_component("searcher", around, "random").most_pending == most


def test_the_same_wrapper_may_stand_twice_around_a_searcher():
    drive = Drive(lambda: ConcurrencyLimiter(ConcurrencyLimiter(Learner(), 2), 3))
    assert drive.asks(3) == [0, 1, "wait"]


class Broken(Searcher):
    def suggest(self, ask):
        if ask == 1:
            raise ZeroDivisionError("no more")
        return {"x": 0.5, "y": 0.5}

    def on_trial_complete(self, trial_id):
        raise KeyError("lost")


@pytest.mark.parametrize("batch", [True, False])
def test_who_raises_inside_of_a_wrapper_is_named(batch):
    drive = Drive(lambda: ConcurrencyLimiter(Broken(), 2, batch=batch))
    drive.ask()
    with pytest.raises(AssertionError, match="PluginFailed"):
        drive.ask()
    assert isinstance(drive.desk.error, PluginError)
    said = str(drive.desk.error)
    assert said.startswith("searcher Broken (")
    assert said.endswith("raised in suggest: ZeroDivisionError: no more")


def test_who_raises_at_another_hook_than_the_one_that_was_called_is_named():
    drive = Drive(lambda: Repeater(Broken(), 1))
    drive.ask()
    with pytest.raises(AssertionError, match=r"searcher Broken \(.*raised in on_trial_complete"):
        drive.end(0, 0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ConcurrencyLimiter("random", 0),
            "ConcurrencyLimiter(max_concurrent=...) must be a whole number from 1, got 0",
        ),
        (
            lambda: ConcurrencyLimiter("random", True),
            "ConcurrencyLimiter(max_concurrent=...) must be a whole number from 1, got True",
        ),
        (
            lambda: ConcurrencyLimiter("random", 2, batch=1),
            "ConcurrencyLimiter(batch=...) must be True or False, got 1",
        ),
        (
            lambda: Repeater("random", 0),
            "Repeater(repeat=...) must be a whole number from 1, got 0",
        ),
        (
            lambda: Repeater("random", 2, set_index="yes"),
            "Repeater(set_index=...) must be True or False, got 'yes'",
        ),
        (
            lambda: Repeater(None, 2),
            "Repeater stands around a searcher, and got None\n"
            '  Write e.g. Repeater("random", ...).',
        ),
        (
            lambda: make_component("searcher", Repeater(Learner, 2), "random"),
            "search_alg=Learner is a class, not an object\n  Write search_alg=Learner().",
        ),
        (
            lambda: make_component("searcher", Repeater("rondom", 2), "random"),
            "no searcher is called 'rondom'",
        ),
        (
            lambda: make_component("searcher", ("repeater", {"searcher": "random", "n": 2}), ""),
            "has no argument 'n'",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_name(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert message in str(caught.value)


def test_what_the_searcher_inside_cannot_take_is_refused_by_its_name(tmp_path):
    with pytest.raises(ConfigError, match="search_alg='Learner' cannot take parameter 'x'"):
        fit(tmp_path, search_alg=Repeater(Learner(), 2), space={"x": grid_search([1, 2])})
    assert not list(tmp_path.iterdir())
