"""What callbacks are told, in which order, and what they find again after a restore."""

from __future__ import annotations

import logging
import os

import pytest
import tuning
from pegbox import Callback, Checkpoint, RunConfig, TuneConfig, Tuner, get_checkpoint, report
from pegbox.stoppers import MaximumIterationStopper


class TuneCallback(Callback):
    """Written for Ray Tune: its signatures, its attributes of a trial, its calls of super()."""

    def __init__(self):
        self.told = []
        self.seen = {}

    def setup(self, stop=None, num_samples=None, total_num_samples=None, **info):
        super().setup(stop, num_samples, total_num_samples, **info)
        self.experiment = info["experiment"]
        self.told.append(("setup", num_samples, total_num_samples))

    def on_step_begin(self, iteration, trials, **info):
        self.told.append(("step", iteration))

    def on_step_end(self, iteration, trials, **info):
        self.told.append(("step end", iteration))
        self.resources = info["resources"]

    def on_trial_start(self, iteration, trials, trial, **info):
        self.told.append(("start", trial.trial_id[-1]))

    def on_trial_restore(self, iteration, trials, trial, **info):
        self.told.append(("restore", trial.trial_id[-1], info["checkpoint"].iteration))

    def on_trial_save(self, iteration, trials, trial, **info):
        self.told.append(("save", trial.trial_id[-1]))

    def on_trial_result(self, iteration, trials, trial, result, **info):
        super().on_trial_result(iteration, trials, trial, result, **info)
        self.told.append(("result", trial.trial_id[-1], result["training_iteration"]))
        self.seen[str(trial)] = (trial.status == "RUNNING", trial.last_result["loss"])

    def on_trial_complete(self, iteration, trials, trial, **info):
        self.told.append(("complete", trial.trial_id[-1], trial.status))

    def on_trial_recover(self, iteration, trials, trial, **info):
        self.told.append(("recover", trial.trial_id[-1]))

    def on_trial_error(self, iteration, trials, trial, **info):
        self.told.append(("error", trial.trial_id[-1], trial.status))

    def on_checkpoint(self, iteration, trials, trial, checkpoint, **info):
        self.told.append(("checkpoint", trial.trial_id[-1], checkpoint.iteration))

    def on_experiment_end(self, trials, **info):
        self.told.append(("end", len(trials), info["how"]))

    @property
    def about_trials(self):
        return [each for each in self.told if not str(each[0]).startswith("step")]


def saves_and_fails(config):
    """A checkpoint with the first report; then the first try fails."""
    checkpoint = get_checkpoint()
    if checkpoint is None:
        folder = os.path.join(os.environ["CALLBACK_TEST"], "state")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "step"), "w") as file:
            file.write("1")
        report({"loss": 1.0}, checkpoint=Checkpoint.from_directory(folder))
        raise ValueError("the first try")
    report({"loss": 0.5})


def test_all_hooks_are_told_in_order_to_a_callback_written_for_ray_tune(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLBACK_TEST", str(tmp_path))
    callback = TuneCallback()
    options = {"num_samples": 2, "callbacks": (callback,), "max_failures": 1}
    tuning.fit(tmp_path, saves_and_fails, **options)
    one_trial = [
        ("start", "N"),
        ("result", "N", 1),
        ("save", "N"),
        ("checkpoint", "N", 1),
        ("recover", "N"),
        ("start", "N"),
        ("restore", "N", 1),
        ("result", "N", 2),
        ("complete", "N", "TERMINATED"),
    ]
    expected = [(name, n, *more) for n in "01" for name, _, *more in one_trial]
    told = callback.about_trials
    assert told[0] == ("setup", 2, 2)
    assert sorted(told[1:-1], key=lambda each: each[1]) == expected
    assert told[-1] == ("end", 2, "complete")
    steps = [each for each in callback.told if str(each[0]).startswith("step")]
    assert steps == [
        (name, n) for n in range(1, len(steps) // 2 + 1) for name in ("step", "step end")
    ]
    assert callback.resources["cpu"] >= 1
    assert all(last for _, last in callback.seen.values())


def test_the_experiment_is_described_to_setup(tmp_path):
    class Setup(Callback):
        def setup(self, experiment, stop):
            self.experiment, self.stop = experiment, stop

    callback, stopper = Setup(), MaximumIterationStopper(2)
    run_config = RunConfig(
        name="exp", storage_path=str(tmp_path), verbose=0, callbacks=[callback], stop=stopper
    )
    Tuner(
        tuning.train,
        param_space=tuning.SPACE,
        tune_config=TuneConfig(metric="loss", mode="min", num_samples=4),
        run_config=run_config,
        executor="inline",
    ).fit()
    experiment = callback.experiment
    assert isinstance(callback.stop, MaximumIterationStopper)
    assert experiment.stop == {"name": "MaximumIterationStopper", "options": {"max_iter": 2}}
    assert (experiment.num_samples, experiment.total_trials) == (4, 4)
    assert (experiment.trainable, experiment.storage_path) == ("train", str(tmp_path))
    assert experiment.resources == {"cpu": 1}


def test_a_trial_has_what_callbacks_for_ray_tune_read(tmp_path):
    class Look(Callback):
        def on_trial_complete(self, trial):
            self.trial = trial

    callback = Look()
    grid = tuning.fit(tmp_path, num_samples=1, callbacks=(callback,))
    trial, result = callback.trial, grid[0]
    assert trial.trial_id == result.trial_id
    assert str(trial) == trial.name == f"train_{trial.trial_id}"
    assert trial.logdir == trial.path == trial.local_path == result.path
    assert trial.evaluated_params == trial.config == result.config
    assert trial.experiment_tag == result.metrics["experiment_tag"]
    assert trial.trainable_name == "train"
    assert f"{trial.status}" == trial.status == "TERMINATED"
    assert trial.last_result["loss"] == result.metrics["loss"]
    assert trial.checkpoint is None


class Counts(Callback):
    """Counts results over all starts of an experiment."""

    def __init__(self):
        self.count = 0
        self.order = []

    def setup(self):
        self.order.append("setup")

    def set_state(self, state):
        self.order.append("set_state")
        self.count = state["count"]

    def on_trial_start(self):
        self.order.append("start")

    def on_trial_result(self):
        self.count += 1

    def get_state(self):
        return {"count": self.count}


def test_a_callback_finds_its_state_again_before_the_first_trial(tmp_path):
    first, other = Counts(), Counts()
    tuning.fit(tmp_path, num_samples=2, callbacks=(first, other))
    assert first.count == 6
    other.count = 100
    again = Counts()
    tuning.restore(
        tmp_path,
        tune={"num_samples": 3},
        run_config=RunConfig(callbacks=[again], verbose=0),
    )
    assert again.order == ["setup", "set_state", "start"]
    assert again.count == 9


def test_a_state_that_cannot_be_stored_is_said_and_touches_nothing_else(tmp_path, caplog):
    class Bad(Counts):
        def get_state(self):
            return {"file": object()}

    class Raises(Counts):
        def get_state(self):
            raise RuntimeError("no state today")

    good = Counts()
    with caplog.at_level(logging.ERROR, "pegbox"):
        tuning.fit(tmp_path, num_samples=1, callbacks=(Bad(), Raises(), good))
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "the state of callback Bad is not kept: state/file is of type object" in said
    assert "no state today" in said
    again = Counts()
    tuning.restore(
        tmp_path,
        tune={"num_samples": 2},
        run_config=RunConfig(callbacks=[again], verbose=0),
    )
    assert again.count == 6


def test_the_end_is_told_once_when_the_run_breaks_off(tmp_path):
    class Ends(Callback):
        ends = ()

        def on_experiment_end(self, trials, how):
            self.ends += (how,)

    class Breaks(Callback):
        def on_trial_result(self):
            raise KeyboardInterrupt

    ends = Ends()
    with pytest.raises(KeyboardInterrupt):
        tuning.fit(tmp_path, callbacks=(Breaks(), ends))
    assert ends.ends == ("failed",)


@pytest.mark.parametrize("hook", ["setup", "on_experiment_end"])
def test_one_ctrl_c_beside_the_run_says_how_to_go_on(tmp_path, hook):
    class Pressed(Callback):
        pass

    def press(self, **info):
        raise KeyboardInterrupt

    setattr(Pressed, hook, press)
    with pytest.raises(KeyboardInterrupt) as pressed:
        tuning.fit(tmp_path, callbacks=(Pressed(),))

    (note,) = pressed.value.__notes__
    expression = f"pegbox.Tuner.restore({str(tmp_path / 'exp')!r}, train).fit()"
    assert note == f"What was found so far is kept. Go on with: {expression}"
    assert tuning.restore(tmp_path).num_terminated == 4
