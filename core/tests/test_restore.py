"""Taking an experiment up again: what goes on, what is asked for again, what repeats itself."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from pegbox import (
    Checkpoint,
    FailureConfig,
    RunConfig,
    Scheduler,
    Searcher,
    TuneConfig,
    Tuner,
    choice,
    get_checkpoint,
    get_context,
    grid_search,
    report,
    sample_from,
    uniform,
    with_resources,
)
from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.standing import Standing
from pegbox._store.reader import Reader
from pegbox._store.writer import Store
from pegbox.builtin.asha import ASHAScheduler
from pegbox.builtin.random_search import RandomSearch
from pegbox.cli.data import experiment_data
from pegbox.decisions import CONTINUE, STOP
from pegbox.errors import ConfigError, PluginError, StoreError
from pegbox.events import Launched, Reported
from pegbox.trial import Status
from tuning import SPACE, fit, restore, stored, train


class Cut:
    """A trainable that is cut off at the reports it is told to, each once; saves every report."""

    def __init__(self, at=(), *, cut=KeyboardInterrupt, reports=4, checkpoint=True):
        self.at, self.cut, self.reports, self.checkpoint = set(at), cut, reports, checkpoint
        self.seen = 0
        self.starts = []

    def __call__(self, config):
        last = get_checkpoint()
        begin = load(last) if last else 0
        self.starts.append((config["x"], begin))
        for step in range(begin + 1, self.reports + 1):
            self.seen += 1
            if self.seen in self.at:
                self.at.remove(self.seen)
                self._cut()
            self._report(config, step)

    def _cut(self):
        if self.cut is signal.SIGINT:
            signal.raise_signal(signal.SIGINT)
        else:
            raise self.cut("cut off")

    def _report(self, config, step):
        metrics = {"loss": config["x"] + 1 / step}
        if not self.checkpoint:
            report(metrics)
            return
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "step.json").write_text(json.dumps(step))
            report(metrics, checkpoint=Checkpoint.from_directory(folder))


def load(checkpoint):
    with checkpoint.as_directory() as folder:
        return json.loads((Path(folder) / "step.json").read_text())


def is_complete(folder):
    with Reader(folder / "exp") as reader:
        return reader.epochs[-1].how == "complete"


def to_the_end(folder, trainable, **tune):
    """Fit, and restore as often as it is cut off."""
    with contextlib.suppress(KeyboardInterrupt):
        fit(folder, trainable, **tune)
    while not is_complete(folder):
        with contextlib.suppress(KeyboardInterrupt):
            restore(folder, trainable)
    return stored(folder)


def cut_off(folder, trainable, **tune):
    with pytest.raises(KeyboardInterrupt):
        fit(folder, trainable, **tune)


def facts(folder, *kinds):
    with Store.open(folder / "exp") as store:
        return [fact for fact in store.events() if isinstance(fact, kinds)]


def statuses(results):
    return [result.status for result in results]


# ------------------------------------------------------------------------------------ what goes on


def test_what_ran_goes_on_from_its_last_checkpoint(tmp_path):
    cut = Cut(at=[7])
    cut_off(tmp_path, cut, num_samples=3)
    assert statuses(stored(tmp_path))[:2] == [Status.TERMINATED, Status.RUNNING]
    results = restore(tmp_path, cut)
    first, second, third = (result.config["x"] for result in results)
    assert cut.starts == [(first, 0), (second, 0), (second, 2), (third, 0)]
    assert [result.metrics["training_iteration"] for result in results] == [4] * 3
    assert [len(result.metrics_dataframe) for result in results] == [4] * 3


def test_without_a_checkpoint_it_begins_again_and_counts_once(tmp_path):
    cut = Cut(at=[3], checkpoint=False)
    cut_off(tmp_path, cut, num_samples=1)
    (result,) = restore(tmp_path, cut)
    assert [begin for _, begin in cut.starts] == [0, 0]
    assert list(result.metrics_dataframe["training_iteration"]) == [1, 2, 3, 4]


def test_an_interrupt_needs_no_standard_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # as in a program without a terminal
    results = fit(tmp_path, Cut(at=[2], cut=signal.SIGINT), num_samples=2)
    assert Status.PENDING in statuses(results)


def test_an_interrupt_in_good_order_is_taken_up(tmp_path):
    cut = Cut(at=[2], cut=signal.SIGINT)
    results = fit(tmp_path, cut, num_samples=2)
    assert Status.PENDING in statuses(results)
    assert not is_complete(tmp_path)
    results = restore(tmp_path, cut)
    assert statuses(results) == [Status.TERMINATED] * 2
    assert [begin for _, begin in cut.starts] == [0, 2, 0]


def test_more_samples_after_the_end(tmp_path):
    first = fit(tmp_path, num_samples=3)
    more = restore(tmp_path, tune={"num_samples": 5})
    assert len(first) == 3
    assert statuses(more) == [Status.TERMINATED] * 5
    assert [r.config for r in more][:3] == [r.config for r in first]


def test_after_the_end_there_is_nothing_to_do(tmp_path):
    cut = Cut()
    fit(tmp_path, cut)
    starts = list(cut.starts)
    assert len(restore(tmp_path, cut)) == 4
    assert cut.starts == starts


def test_unfinished_trials_may_be_left(tmp_path):
    cut = Cut(at=[6])
    cut_off(tmp_path, cut, num_samples=2)
    results = restore(tmp_path, cut, resume_unfinished=False)
    assert statuses(results) == [Status.TERMINATED] * 2
    assert [result.metrics["training_iteration"] for result in results] == [4, 1]
    assert len(cut.starts) == 2


def failed(folder):
    """An experiment whose first trial failed at its third report."""
    cut = Cut(at=[3], cut=ValueError)
    results = fit(folder, cut, num_samples=2)
    assert statuses(results) == [Status.ERROR, Status.TERMINATED]
    assert results.errors[0].message == "ValueError: cut off"
    return cut


def test_failed_trials_are_left_alone(tmp_path):
    cut = failed(tmp_path)
    assert statuses(restore(tmp_path, cut)) == [Status.ERROR, Status.TERMINATED]
    assert len(cut.starts) == 2


@pytest.mark.parametrize(("wish", "begin"), [("resume_errored", 2), ("restart_errored", 0)])
def test_failed_trials_are_tried_again_where_asked_for(tmp_path, wish, begin):
    cut = failed(tmp_path)
    results = restore(tmp_path, cut, **{wish: True})
    assert statuses(results) == [Status.TERMINATED] * 2
    assert not results.errors
    assert cut.starts[2:] == [(results[0].config["x"], begin)]
    assert list(results[0].metrics_dataframe["training_iteration"]) == [1, 2, 3, 4]


def test_a_restore_can_be_restored(tmp_path):
    cut = Cut(at=[2, 5, 9, 11])
    results = to_the_end(tmp_path, cut, num_samples=3)
    assert [result.metrics["training_iteration"] for result in results] == [4] * 3
    assert [begin for _, begin in cut.starts] == [0, 1, 3, 0, 2, 3, 0]
    with Reader(tmp_path / "exp") as reader:
        assert [epoch.how for epoch in reader.epochs] == [None] * 4 + ["complete"]


# ------------------------------------------------------------------------- what may have changed


def test_the_function_may_have_another_name(tmp_path):
    cut_off(tmp_path, Cut(at=[2]), num_samples=2)

    def renamed(config):
        return {"loss": 0.0}

    results = restore(tmp_path, renamed)
    assert statuses(results) == [Status.TERMINATED] * 2
    assert all("/Cut_" in result.path for result in results)


def test_the_folder_may_have_been_moved(tmp_path):
    cut = Cut(at=[6])
    cut_off(tmp_path / "old", cut, num_samples=2)
    shutil.move(tmp_path / "old", tmp_path / "new")
    results = restore(tmp_path / "new", cut)
    assert [begin for _, begin in cut.starts] == [0, 0, 1]
    assert results.experiment_path == str(tmp_path / "new" / "exp")
    for result in results:
        assert Path(result.path).parent == tmp_path / "new" / "exp"
        assert load(result.checkpoint) == 4
    assert not (tmp_path / "old").exists()


def test_a_finished_experiment_opens_without_any_code(tmp_path):
    space = {"x": uniform(0, 1), "kind": choice([dict, list]), "n": sample_from(lambda s: 1)}
    results = fit(tmp_path, space=space)
    opened = stored(tmp_path)
    # Without the space, what the configurations hold is shown by its text.
    without_config = [{**r.metrics, "config": None} for r in opened]
    assert without_config == [{**r.metrics, "config": None} for r in results]
    assert [r.config["x"] for r in opened] == [r.config["x"] for r in results]
    assert {str(r.config["kind"]) for r in opened} <= {"<class 'dict'>", "<class 'list'>"}
    assert opened.get_best_result().trial_id == results.get_best_result().trial_id


def test_what_was_asked_for_is_kept_where_nothing_else_is_said(tmp_path):
    cut = Cut(at=[2])
    with pytest.raises(KeyboardInterrupt):
        Tuner(
            with_resources(cut, {"cpu": 0.5}),
            param_space=SPACE,
            tune_config=TuneConfig(
                metric="loss", mode="max", num_samples=3, max_concurrent_trials=2, seed=5
            ),
            run_config=RunConfig(
                name="exp",
                storage_path=str(tmp_path),
                verbose=0,
                failure_config=FailureConfig(max_failures=3),
            ),
            executor="inline",
        ).fit()
    before = saved_settings(tmp_path)
    restore(tmp_path, cut, tune={"search_alg": "random"}, run_config=RunConfig())
    assert saved_settings(tmp_path) == before
    assert len(stored(tmp_path)) == 3


def saved_settings(folder):
    with Reader(folder / "exp") as reader:
        return reader.epochs[-1].settings


def test_the_last_choice_of_a_searcher_and_scheduler_is_the_one_that_is_kept(tmp_path):
    cut = Cut(at=[2, 6])
    cut_off(tmp_path, cut, search_alg="random")
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path, cut, tune={"search_alg": "optuna", "scheduler": ("asha", {"max_t": 9})})
    restore(tmp_path, cut)
    settings = saved_settings(tmp_path)
    assert settings["searcher"]["name"] == "optuna"
    assert settings["scheduler"] == {"name": "asha", "by_name": True, "options": {"max_t": 9}}


def test_results_are_compared_by_what_counted_last(tmp_path):
    fit(tmp_path, space={"x": grid_search([1, 2, 3])}, num_samples=1)
    tune = {"metric": "loss", "mode": "max", "scheduler": "asha", "seed": 7}
    results = restore(tmp_path, tune=tune)
    assert results.get_best_result().config == {"x": 3}
    assert stored(tmp_path).get_best_result().config == {"x": 3}
    shown = experiment_data(StoredExperiment(tmp_path / "exp"), Standing("complete"))
    assert shown["objectives"] == [{"metric": "loss", "mode": "max"}]
    assert (shown["scheduler"], shown["seed"]) == ("asha", 7)


def test_resources_stated_anew_are_those_of_new_trials(tmp_path):
    cut_off(tmp_path, Cut(at=[2]), num_samples=30)
    restore(tmp_path, with_resources(train, {"cpu": 2}))
    assert saved_settings(tmp_path)["resources"] == {"cpu": 2}


@pytest.mark.parametrize("options", [{}, {"restart_errored": True}])
def test_trials_that_go_on_ask_for_what_is_passed_now(tmp_path, options):
    def fails(config):
        if options:
            raise ValueError("no luck")
        report({"loss": 1.0})
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        fit(tmp_path, with_resources(fails, {"cpu": 3}), num_samples=3)

    def tells(config):
        report({"loss": 1.0, "cpus": get_context().get_trial_resources()["cpu"]})

    results = restore(tmp_path, with_resources(tells, {"cpu": 1}), **options)
    assert [result.metrics["cpus"] for result in results] == [1, 1, 1]


def by_size(config):
    return {"cpu": 2 if config["x"] > 0.5 else 1}


def test_resources_by_configuration_are_not_forgotten(tmp_path):
    def stops(config):
        report({"loss": 1.0})
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        fit(tmp_path, with_resources(stops, by_size), num_samples=3)

    def tells(config):
        report({"loss": 1.0, "cpus": get_context().get_trial_resources()["cpu"]})

    with pytest.raises(
        ConfigError, match="needs again: the trainable with its resources by configuration"
    ):
        restore(tmp_path, tells)
    results = restore(tmp_path, with_resources(tells, by_size))
    assert [each.metrics["cpus"] for each in results] == [
        by_size(each.config)["cpu"] for each in results
    ]


# ------------------------------------------------------------------------- what is asked for again

OBJECTS = {"kind": choice([dict, list]), "deep": {"n": sample_from(lambda spec: 3)}, **SPACE}


class OwnSearcher(RandomSearch):
    pass


class OwnScheduler(ASHAScheduler):
    pass


def test_all_that_is_missing_is_named_in_one_go(tmp_path):
    cut_off(
        tmp_path, Cut(at=[2]), space=OBJECTS, search_alg=OwnSearcher(), scheduler=OwnScheduler()
    )
    with pytest.raises(ConfigError) as caught:
        restore(tmp_path, Cut())
    assert str(caught.value) == (
        "code and objects are not stored, so a restore of this experiment needs again: "
        "param_space (for 'kind', 'deep/n'); "
        "tune_config=TuneConfig(search_alg=...) (before: OwnSearcher); "
        "tune_config=TuneConfig(scheduler=...) (before: OwnScheduler)\n"
        "  Pass the same as for the first run to Tuner.restore(...)."
    )


def test_what_is_passed_again_is_used(tmp_path):
    cut_off(tmp_path, Cut(at=[6]), space=OBJECTS, search_alg=OwnSearcher(), num_samples=8)
    configs = []

    def keep(config):
        configs.append(config)
        return {"loss": 0.0}

    results = restore(tmp_path, keep, param_space=OBJECTS, tune={"search_alg": OwnSearcher()})
    assert len(results) == 8
    assert {config["kind"] for config in configs} <= {dict, list}
    assert {config["deep"]["n"] for config in configs} == {3}


def test_options_that_are_objects_are_passed_again(tmp_path):
    from optuna.samplers import TPESampler

    cut_off(tmp_path, Cut(at=[2]), search_alg=("optuna", {"sampler": TPESampler()}))
    with pytest.raises(ConfigError, match=r"TuneConfig\(search_alg=...\) \(before: optuna\)"):
        restore(tmp_path, Cut())
    assert len(restore(tmp_path, Cut(), tune={"search_alg": "optuna"})) == 4


def test_another_space_is_refused(tmp_path):
    cut_off(tmp_path, Cut(at=[2]))
    with pytest.raises(ConfigError, match="param_space is not the one this experiment was"):
        restore(tmp_path, Cut(), param_space={"x": uniform(0, 2)})


def test_where_there_is_no_experiment_the_nearest_is_named(tmp_path):
    fit(tmp_path, num_samples=1)
    assert Tuner.can_restore(tmp_path / "exp")
    assert not Tuner.can_restore(tmp_path / "expp")
    with pytest.raises(StoreError, match=r"Did you mean .*/exp\?"):
        restore(tmp_path, name="expp")


# ------------------------------------------------------------------- what searchers are told


class Listening(Searcher):
    """Proposes 0.5 and notes everything."""

    def __init__(self):
        self.heard = []

    def observe(self, config, result, outcome, trial_id):
        loss = result and round(result["loss"], 6)
        self.heard.append(("observe", trial_id[-1], config, outcome, loss))

    def suggest(self, trial_id, pending):
        self.heard.append(("suggest", trial_id[-1], {name[-1] for name in pending}))
        return {"x": 0.5}

    def on_trial_complete(self, trial_id, outcome):
        self.heard.append(("complete", trial_id[-1], outcome))


def test_another_searcher_is_told_all_that_is_known(tmp_path):
    """The first trial fails, the second ends, the third is cut off and ends after the restore."""
    fates = [ValueError("no"), None, KeyboardInterrupt(), None, None]

    def fated(config):
        report({"loss": config["x"]})
        if fate := fates.pop(0):
            raise fate

    cut_off(tmp_path, fated, search_alg="optuna")
    xs = [result.config["x"] for result in stored(tmp_path)]
    searcher = Listening()
    restore(tmp_path, fated, tune={"search_alg": searcher})
    assert searcher.heard == [
        ("observe", "0", {"x": xs[0]}, "failed", round(xs[0], 6)),
        ("observe", "1", {"x": xs[1]}, "finished", round(xs[1], 6)),
        ("observe", "2", {"x": xs[2]}, "finished", round(xs[2], 6)),
        ("suggest", "3", set()),
        ("complete", "3", "finished"),
    ]


def test_a_searcher_that_raises_when_told_what_is_known_is_named(tmp_path):
    class Deaf(Listening):
        def observe(self, config):
            raise OSError("cannot hear")

    cut_off(tmp_path, Cut(at=[6]))
    with pytest.raises(PluginError, match=r"Deaf.* raised in observe: OSError: cannot hear"):
        restore(tmp_path, Cut(), tune={"search_alg": Deaf()})
    results = restore(tmp_path, Cut(), tune={"search_alg": "random"})
    assert statuses(results) == [Status.TERMINATED] * 4


# ----------------------------------------------------------------------- what repeats itself


@pytest.mark.parametrize("search_alg", ["random", "optuna"])
@pytest.mark.parametrize("every", [1, 3])
def test_restores_change_no_suggestion(tmp_path, search_alg, every):
    """Cut off in every trial, or in every third: the points are those of a run in one go."""
    tune = {"search_alg": search_alg, "num_samples": 14, "seed": 7}
    whole = fit(tmp_path / "whole", Cut(reports=2), **tune)
    # The second report of a trial is seen twice where it is cut off.
    cuts = [2 + 2 * every * k + k for k in range(14 // every)]
    cut = Cut(at=cuts, reports=2)
    results = to_the_end(tmp_path / "cut", cut, **tune)
    assert cut.at == set()
    assert [r.config for r in results] == [r.config for r in whole]
    assert [r.metrics["loss"] for r in results] == [r.metrics["loss"] for r in whole]


@pytest.mark.parametrize("cut", [KeyboardInterrupt, signal.SIGINT])
def test_restores_change_no_decision_of_asha(tmp_path, cut):
    """Killed, or ended in good order with the scheduler's state saved: the same rungs."""
    tune = {
        "scheduler": ("asha", {"max_t": 8, "grace_period": 1, "reduction_factor": 2}),
        "num_samples": 10,
        "seed": 3,
    }

    def decisions(folder):
        return [
            (fact.trial, fact.iteration, fact.decision.replace("INTERRUPT", "CONTINUE"))
            for fact in facts(folder, Reported)
        ]

    whole = fit(tmp_path / "whole", Cut(reports=8), **tune)
    assert {"STOP", "CONTINUE"} == {d for _, _, d in decisions(tmp_path / "whole")}
    results = to_the_end(tmp_path / "cut", Cut(at=range(2, 60, 5), reports=8, cut=cut), **tune)
    assert decisions(tmp_path / "cut") == decisions(tmp_path / "whole")
    assert [r.metrics["loss"] for r in results] == [r.metrics["loss"] for r in whole]


def test_what_was_decided_counts_though_another_scheduler_decides_otherwise(tmp_path, caplog):
    class StopAll(Scheduler):
        def on_trial_result(self, trial, result):
            return STOP

    cut = Cut(at=[7])
    cut_off(tmp_path, cut, num_samples=2)
    results = restore(tmp_path, cut, tune={"scheduler": StopAll()})
    assert [result.metrics["training_iteration"] for result in results] == [4, 3]
    assert [record.getMessage() for record in caplog.records] == [
        "scheduler StopAll and stop rules would decide on 6 stored reports differently now; "
        "what was decided then counts"
    ]


def test_each_attempt_is_launched_once_over_all_epochs(tmp_path):
    to_the_end(tmp_path, Cut(at=[2, 4, 6, 8, 11]), num_samples=3)
    attempts = [(fact.trial, fact.attempt) for fact in facts(tmp_path, Launched)]
    assert len(set(attempts)) == len(attempts) == 3 + 5


@pytest.mark.parametrize("scheduler", [("asha", {"max_t": 3}), "fifo"])
def test_the_saved_state_of_one_scheduler_is_not_another_ones(tmp_path, scheduler):
    """After an end in good order, with a state saved that a scheduler with other rungs refuses."""
    cut = Cut(at=[6], cut=signal.SIGINT)
    fit(tmp_path, cut, num_samples=3, scheduler=("asha", {"max_t": 9}))
    assert not is_complete(tmp_path)
    results = restore(tmp_path, cut, tune={"scheduler": scheduler})
    ends = [result.metrics["training_iteration"] for result in results]
    assert ends[:2] == ([4, 3] if scheduler[0] == "asha" else [4, 4])


class Counts(Scheduler):
    """Counts the results that it is told of; its state is their number."""

    def __init__(self):
        self.results, self.state = 0, None

    def on_trial_result(self, trial, result):
        self.results += 1
        return CONTINUE

    def get_state(self):
        return {"results": self.results}

    def set_state(self, state):
        self.state = state


@pytest.mark.parametrize(
    ("counts", "state", "told"),
    [({}, {"results": 6}, 2), ({"metric": "loss", "mode": "max"}, None, 8)],
    ids=["the same", "another mode"],
)
def test_a_scheduler_that_has_its_state_back_is_told_only_the_rest(tmp_path, counts, state, told):
    cut = Cut(at=[6], cut=signal.SIGINT)
    fit(tmp_path, cut, num_samples=2, scheduler=Counts())
    again = Counts()
    restore(tmp_path, cut, tune={"scheduler": again, **counts})
    assert again.state == state
    assert again.results == told


def test_the_saved_state_of_one_searcher_is_not_another_ones(tmp_path):
    class Remembers(RandomSearch):
        given = None

        def get_state(self):
            return {"remembered": 1}

        def set_state(self, state):
            self.given = state

    class Other(Remembers):
        pass

    cut = Cut(at=[2, 6], cut=signal.SIGINT)
    fit(tmp_path, cut, search_alg=Remembers())
    same, other = Remembers(), Other()
    restore(tmp_path, cut, tune={"search_alg": same})
    restore(tmp_path, cut, tune={"search_alg": other})
    assert same.given == {"remembered": 1}
    assert other.given is None
