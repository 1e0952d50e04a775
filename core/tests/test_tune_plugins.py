"""Searchers and schedulers that were written for Ray Tune: what of them works, what is refused."""

from __future__ import annotations

import math

import pytest
from pegbox import Scheduler, Searcher, TuneConfig, choice, create_searcher, uniform
from pegbox._plugins.manager import RoleManager
from pegbox.builtin.asha import ASHAScheduler
from pegbox.errors import ConfigError, PegboxError, PluginError
from pegbox.executors.simulated import simulate
from pegbox.schedulers import TrialScheduler
from pegbox.search import ConcurrencyLimiter
from pegbox.searcher import EvaluatedPoint
from searcher_drive import Learner
from tuning import fit, restore, stored

SPACE = {"x": uniform(0, 1)}


def falling(config, i):
    return (1.0, {"loss": config["x"] / i, "score": -config["x"] / i}) if i <= 3 else None


def run(space=SPACE, **tune):
    tune = {"num_samples": 4, **tune}
    result = simulate(falling, param_space=space, tune_config=TuneConfig(**tune))
    assert result.ended.how == "complete", result.error
    return result


# -- searchers --------------------------------------------------------------------------------


class Halving(Searcher):
    """As it is written for Ray Tune, to the letter."""

    def __init__(self, metric="score", mode="max", **kwargs):
        super().__init__(metric=metric, mode=mode, **kwargs)
        self._op = -1 if self.mode == "max" else 1
        self.best = math.inf
        self.step = 0.5

    def suggest(self, trial_id):
        if self.step < 0.05:
            return Searcher.FINISHED
        self.step /= 2
        return {"x": self.step}

    def on_trial_complete(self, trial_id, result=None, error=False, **kwargs):
        if result and self.metric in result:
            self.best = min(self.best, self._op * result[self.metric])


def test_a_searcher_of_ray_tunes_form_works_with_a_metric_of_its_own():
    searcher = Halving()
    result = run(search_alg=searcher, num_samples=10)
    assert [trial.config["x"] for trial in result.trials] == [0.25, 0.125, 0.0625, 0.03125]
    # The trials report -x/3, the more the better; a searcher is told so that less is better.
    assert searcher.best == pytest.approx(0.03125 / 3)


def test_a_searchers_own_metric_is_the_runs(tmp_path):
    own = {"metric": None, "mode": None, "search_alg": Halving("loss", "max")}
    results = fit(tmp_path, **own)
    assert results.get_best_result().config == {"x": 0.25}
    assert stored(tmp_path).get_best_result().config == {"x": 0.25}
    with pytest.raises(ConfigError, match="the run has metric='loss', mode='max'"):
        restore(tmp_path, tune={"search_alg": Halving("loss", "min")})


def test_the_same_metric_in_two_places_is_none_too_many():
    run(metric="loss", mode="min", search_alg=Halving("loss", "min"))
    run(metric="loss", mode="min", scheduler=ASHAScheduler(metric="loss", mode="min"))
    run(scheduler=ASHAScheduler(metric="loss", mode="min"))


@pytest.mark.parametrize(
    ("tune", "message"),
    [
        (
            {"metric": "loss", "mode": "min", "search_alg": Halving()},
            "search_alg='Halving' was given metric='score', mode='max', the run has "
            "metric='loss', mode='min'",
        ),
        (
            {"metric": "loss", "mode": "min", "search_alg": ConcurrencyLimiter(Halving(), 2)},
            "search_alg='Halving' was given metric='score', mode='max', the run has "
            "metric='loss', mode='min'",
        ),
        (
            {"metric": "loss", "mode": "max", "scheduler": ASHAScheduler("t", "loss", "min")},
            "scheduler='AsyncHyperBandScheduler' was given metric='loss', mode='min', the run has "
            "metric='loss', mode='max'",
        ),
        (
            {"search_alg": Halving(), "scheduler": ASHAScheduler("t", "loss", "min")},
            "scheduler='AsyncHyperBandScheduler' was given metric='loss', mode='min', the run has "
            "metric='score', mode='max'",
        ),
    ],
)
def test_another_metric_than_the_runs_is_refused(tune, message):
    with pytest.raises(ConfigError) as caught:
        run(**tune)
    assert str(caught.value) == (
        f"{message}\n  Give metric and mode in one place: TuneConfig(metric=..., mode=...)."
    )


def test_a_searcher_takes_both_of_metric_and_mode_or_none():
    with pytest.raises(ConfigError, match="metric='loss' was given without mode"):
        Searcher(metric="loss")
    searcher = Searcher(["a", "b"], ["min", "max"])
    assert (searcher.metric, searcher.mode) == (["a", "b"], ["min", "min"])
    assert Searcher().metric is None


class Base(Searcher):
    def suggest(self, trial_id):
        return {"x": 0.5}


class WithProperties(Base):
    def set_search_properties(self, metric, mode, config, **spec):
        return True


class WithSave(Base):
    def save(self, checkpoint_path):
        """Never called."""


class WithRestore(Base):
    def restore(self, checkpoint_path):
        """Never called."""


class WithRestoreFromDir(Base):
    def restore_from_dir(self, checkpoint_dir):
        """Never called."""


class SchedulerBase(TrialScheduler):
    pass


class WithController(SchedulerBase):
    def on_trial_result(self, tune_controller, trial, result):
        return TrialScheduler.CONTINUE


class WithChoice(SchedulerBase):
    def choose_trial_to_run(self, tune_controller):
        return None


class WithError(SchedulerBase):
    def on_trial_error(self, tune_controller, trial):
        """Never called."""


class WithRemove(SchedulerBase):
    def on_trial_remove(self, tune_controller, trial):
        """Never called."""


class SchedulerWithProperties(SchedulerBase):
    def set_search_properties(self, metric, mode, **spec):
        return True


class SchedulerWithSave(SchedulerBase):
    def save(self, checkpoint_path):
        """Never called."""


SAVED = (
    "pegbox tells a searcher that is restored everything through observe; what tells would not "
    "bring back goes through get_state and set_state, as JSON data."
)


@pytest.mark.parametrize(
    ("plugin", "said", "hint"),
    [
        (
            WithProperties(),
            "set_search_properties is Ray Tune's, and is never called here",
            "Write setup(self, space, objectives): the space comes flat, and results come turned "
            "so that less is better.",
        ),
        (WithSave(), "save is Ray Tune's, and is never called here", SAVED),
        (WithRestore(), "restore is Ray Tune's, and is never called here", SAVED),
        (WithRestoreFromDir(), "restore_from_dir is Ray Tune's, and is never called here", SAVED),
        (
            WithController(),
            "on_trial_result has the unknown argument 'tune_controller'",
            "Ray Tune passes its controller; here a scheduler is told of trials alone. "
            "scheduler_result has the arguments trial, result.",
        ),
        (
            WithChoice(),
            "choose_trial_to_run has the unknown argument 'tune_controller'",
            "Ray Tune passes its controller; here a scheduler is told of trials alone. "
            "scheduler_choose has the arguments queued, paused, running.",
        ),
        (
            WithError(),
            "on_trial_error is Ray Tune's, and is never called here",
            "Write on_trial_complete(self, trial, result, outcome): its outcome is then 'failed'.",
        ),
        (
            WithRemove(),
            "on_trial_remove is Ray Tune's, and is never called here",
            "Write on_trial_complete(self, trial, result, outcome): a trial that was paused or "
            "queued when the run ended is told there, too.",
        ),
        (
            SchedulerWithProperties(),
            "set_search_properties is Ray Tune's, and is never called here",
            "Write setup(self, objectives, rng): an objective knows its metric and its mode.",
        ),
        (
            SchedulerWithSave(),
            "save is Ray Tune's, and is never called here",
            "A scheduler's state goes through get_state and set_state, as JSON data, and the "
            "events since follow as calls.",
        ),
    ],
)
def test_what_ray_tune_would_call_is_refused_with_what_it_is_here(plugin, said, hint):
    role = "searcher" if isinstance(plugin, Searcher) else "scheduler"
    with pytest.raises(PluginError) as caught:
        RoleManager(role).register(plugin)
    name = type(plugin).__name__
    message, _, rest = str(caught.value).partition("\n  ")
    assert message.startswith(f"{role} {name} (")
    assert message.endswith(f"{name}.{said}")
    assert rest == hint


def test_a_helper_that_only_shares_a_name_is_left_alone():
    class Saving(Base):
        def save(self, figure):
            """A helper of its own."""

    RoleManager("searcher").register(Saving())


def test_none_from_suggest_names_the_answer_that_is_meant():
    class NotNow(Searcher):
        def suggest(self, trial_id):
            return None

    result = simulate(
        falling,
        param_space=SPACE,
        tune_config=TuneConfig(metric="loss", mode="min", search_alg=NotNow()),
    )
    assert "Where Ray Tune takes None for 'not now', answer Searcher.WAIT." in str(result.error)


def test_a_schedulers_words_are_named_and_its_attributes_work():
    class Words(TrialScheduler):
        answer = "STOP"

        def on_trial_result(self, trial, result):
            return self.answer

    refused = simulate(falling, param_space=SPACE, tune_config=TuneConfig(scheduler=Words()))
    assert "Ray Tune's word 'STOP' is Scheduler.STOP here." in str(refused.error)
    Words.answer = TrialScheduler.STOP
    assert [trial.iteration for trial in run(scheduler=Words()).trials] == [1] * 4
    assert Scheduler.PAUSE.value == "PAUSE"


# -- results from elsewhere -------------------------------------------------------------------


def test_evaluated_points_are_observed_before_the_first_ask():
    space = {"kind": choice(["a", "b"]), "deep": {"x": uniform(0, 1)}, "fixed": 3}
    told = []

    class Taught(Learner):
        def observe(self, config, result, outcome, trial_id):
            told.append((config, result, outcome, trial_id))

        def suggest(self, trial_id, pending, ask, seed):
            assert len(told) == 4
            return {"kind": 0, "deep/x": 0.5}

    searcher = Taught()
    searcher.add_evaluated_point({"kind": "b", "deep": {"x": 0.25}, "fixed": 3}, 2.0)
    searcher.add_evaluated_point({"kind": "a", "deep": {"x": 0.5}}, 4, pruned=True)
    searcher.add_evaluated_point({"kind": "a", "deep": {"x": 1.0}}, 0.0, error=True)
    searcher.add_evaluated_point({"kind": "a", "deep": {"x": 0.0}}, math.nan)
    result = simulate(
        lambda config, i: (1.0, {"score": 1.0}) if i == 1 else None,
        param_space=space,
        tune_config=TuneConfig(metric="score", mode="max", search_alg=searcher),
    )
    assert result.ended.how == "complete", result.error
    assert told == [
        ({"kind": 1, "deep/x": 0.25}, {"score": -2.0}, "finished", None),
        ({"kind": 0, "deep/x": 0.5}, {"score": -4.0}, "stopped", None),
        ({"kind": 0, "deep/x": 1.0}, None, "failed", None),
        ({"kind": 0, "deep/x": 0.0}, None, "failed", None),
    ]


def test_the_results_of_one_experiment_are_a_start_for_another(tmp_path):
    results = fit(tmp_path, num_samples=3)
    searcher = Learner()
    searcher.add_evaluated_trials(results, "loss")
    known = [EvaluatedPoint(r.config, r.metrics["loss"]) for r in results]
    assert list(searcher.evaluated_points) == known
    fit(tmp_path, name="second", search_alg=searcher, num_samples=1)
    assert [point for point, _ in searcher.alone] == [result.config for result in results]


def test_what_was_made_by_name_and_then_taught_is_passed_again(tmp_path):
    def taught():
        searcher = create_searcher("grid")
        searcher.add_evaluated_point({"x": 1}, 0.5)
        return searcher

    space = {"x": choice([1, 2])}
    fit(tmp_path, search_alg=taught(), space=space, num_samples=1)
    with pytest.raises(ConfigError, match=r"\(before: GridSearch\)"):
        restore(tmp_path, tune={"num_samples": 2})
    assert len(restore(tmp_path, tune={"num_samples": 2, "search_alg": taught()})) == 4


class Tells(Learner):
    """Takes the arguments that all searchers share."""

    def __init__(self, **arguments):
        super().__init__()
        Searcher.__init__(self, **arguments)


def test_points_with_their_rewards_are_learnt_from_and_not_tried_again(tmp_path):
    points = [{"x": 0.25}, {"x": 0.75}]
    searcher = Tells(points_to_evaluate=points, evaluated_rewards=[3.0, math.nan])
    fit(tmp_path, search_alg=searcher, num_samples=2)
    assert searcher.alone == [({"x": 0.25}, "finished"), ({"x": 0.75}, "failed")]
    assert searcher.points_to_evaluate == ()
    assert Tells(points_to_evaluate=points).points_to_evaluate == points


def test_of_several_metrics_a_point_has_as_many_rewards():
    searcher = Tells(
        metric=["a", "b"],
        mode=["min", "max"],
        points_to_evaluate=[{"x": 0.5}],
        evaluated_rewards=[[1.0, 2.0]],
    )
    assert searcher.evaluated_points == (EvaluatedPoint({"x": 0.5}, [1.0, 2.0]),)


def test_points_of_a_class_that_says_nothing_of_them_stay():
    class Fixed(Searcher):
        points_to_evaluate = ({"x": 1},)

        def __init__(self):
            super().__init__("loss", "min")

    assert Fixed().points_to_evaluate == ({"x": 1},)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"points_to_evaluate": [{"x": 1}], "evaluated_rewards": []},
            "Tells has 1 points_to_evaluate and 0 evaluated_rewards\n"
            "  Give one reward for each point, or none at all.",
        ),
        (
            {"evaluated_rewards": [1.0]},
            "Tells has 0 points_to_evaluate and 1 evaluated_rewards\n"
            "  Give one reward for each point, or none at all.",
        ),
        (
            {"points_to_evaluate": {"x": 1}, "evaluated_rewards": [1.0]},
            "Tells(points_to_evaluate=...) must be a list, got {'x': 1}\n"
            "  Give one reward for each point.",
        ),
        (
            {"points_to_evaluate": [{"x": 1}], "evaluated_rewards": 1.0},
            "Tells(evaluated_rewards=...) must be a list, got 1.0\n"
            "  Give one reward for each point.",
        ),
    ],
)
def test_rewards_that_do_not_fit_their_points_are_refused(arguments, message):
    with pytest.raises(ConfigError) as caught:
        Tells(**arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (({"y": 1}, 0.0), "evaluated point 0: 'y' is no parameter of the space"),
        (({}, 0.0), "evaluated point 0: a point lacks a value for 'x'"),
        (({"x": 3.0}, 0.0), "evaluated point 0: parameter 'x': 3.0 is not between 0.0 and 1.0"),
        (
            ({"x": 0.5}, "good"),
            "the value of evaluated point 0 must be a number, got 'good' of type str",
        ),
        (({"x": 0.5}, [1.0, 2.0]), "evaluated point 0 has 2 values, the run has the metrics"),
    ],
)
def test_an_evaluated_point_that_cannot_be_used_is_refused(tmp_path, point, message):
    searcher = Learner()
    searcher.add_evaluated_point(*point)
    with pytest.raises(PegboxError) as caught:
        fit(tmp_path, search_alg=searcher)
    assert str(caught.value).startswith(message)
    assert not list(tmp_path.iterdir())


# -- a space of the searcher's own ------------------------------------------------------------


class Spacious(Learner):
    def __init__(self, space):
        super().__init__()
        self.own_space = space

    def suggest(self, trial_id, pending, ask, seed):
        return dict.fromkeys(self.paths, 0.5)


def test_a_searchers_own_space_joins_the_runs(tmp_path):
    results = fit(
        tmp_path,
        space={"y": uniform(0, 1), "lr": 3},
        search_alg=Spacious({"x": uniform(0, 1)}),
        num_samples=1,
    )
    assert results[0].config == {"y": 0.5, "lr": 3, "x": 0.5}
    more = {"num_samples": 2, "search_alg": Spacious({"x": uniform(0, 1)})}
    assert restore(tmp_path, tune=more)[1].config == {"y": 0.5, "lr": 3, "x": 0.5}


def test_a_parameter_of_both_spaces_is_refused(tmp_path):
    with pytest.raises(ConfigError) as caught:
        fit(tmp_path, space={"x": 1}, search_alg=Spacious({"x": uniform(0, 1)}))
    assert str(caught.value) == (
        "param_space and the space of search_alg='Spacious' both have 'x'\n"
        "  Write each parameter in one of them."
    )
