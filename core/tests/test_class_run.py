"""Class trainables in runs: when they save, what they go on from, which object a trial gets."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from pegbox import (
    Checkpoint,
    CheckpointConfig,
    FailureConfig,
    ResultGrid,
    RunConfig,
    Trainable,
    TuneConfig,
    Tuner,
    get_context,
    grid_search,
    report,
    with_resources,
)
from pegbox.decisions import CONTINUE, PAUSE, STOP, Decision, Exploit, Resize
from pegbox.resources import Resources
from pegbox.scheduler import Scheduler

#: What the objects of the running test did, in order: (what, which object or trial, value).
diary: list[tuple[Any, ...]] = []


class Counter(Trainable):
    """Adds ``config["by"]`` to its value in each step; all that happens to it is in the diary."""

    def setup(self, config: dict[str, Any]) -> None:
        self.value = 0
        self.by = config["by"]
        diary.append(("setup", self.number))

    def step(self) -> dict[str, Any]:
        self.value += self.by
        ends = self.value >= self.config.get("end", 10**9)
        wants = self.iteration + 1 in self.config.get("wanted", ())
        return {"loss": self.value, "done": ends, "should_checkpoint": wants}

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any] | None:
        diary.append(("save", self.number, self.iteration))
        return {"value": self.value}

    def load_checkpoint(self, checkpoint: Any) -> None:
        diary.append(("load", self.number, checkpoint["value"]))
        self.value = checkpoint["value"]

    def cleanup(self) -> None:
        diary.append(("cleanup", self.number))

    @property
    def number(self) -> int:
        return int(self.trial_id.rpartition("_")[2])


class Reusable(Counter):
    def setup(self, config: dict[str, Any]) -> None:
        super().setup(config)
        self.born = self.number

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.value, self.by = 0, new_config["by"]
        diary.append(("reset", self.born, self.number))
        return not new_config.get("refuse", False)


class Follows(Scheduler):
    """Decides as it is told: by trial and iteration, each once."""

    def __init__(self, decisions: Mapping[tuple[int, int], Any]) -> None:
        self.decisions = dict(decisions)
        self.seen: list[tuple[int, int]] = []

    def on_trial_result(self, trial: Any, result: Mapping[str, Any]) -> Decision:
        key = trial.number, result["training_iteration"]
        self.seen.append(key)
        decision = self.decisions.pop(key, CONTINUE)
        return decision() if callable(decision) else decision


@pytest.fixture(autouse=True)
def blank() -> None:
    diary.clear()


def fit(
    folder: Path,
    kind: Any = Counter,
    *,
    space: Mapping[str, Any] | None = None,
    stop: Any = None,
    executor: Any = "inline",
    max_failures: int = 0,
    frequency: int = 0,
    at_end: bool = False,
    **tune: Any,
) -> ResultGrid:
    return Tuner(
        kind,
        param_space={"by": 1} if space is None else space,
        tune_config=TuneConfig(metric="loss", mode="min", seed=1, **tune),
        run_config=RunConfig(
            name="exp",
            storage_path=str(folder),
            verbose=0,
            stop=stop,
            failure_config=FailureConfig(max_failures=max_failures),
            checkpoint_config=CheckpointConfig(
                checkpoint_frequency=frequency, checkpoint_at_end=at_end
            ),
        ),
        executor=executor,
    ).fit()


def kept(folder: Path, number: int = 0) -> list[str]:
    """Names of the checkpoints on disk of one trial."""
    (trial,) = (folder / "exp").glob(f"*_{number:05d}")
    return sorted(path.name for path in trial.glob("checkpoint_*"))


def losses(results: ResultGrid, number: int = 0) -> list[float]:
    return list(results[number].metrics_dataframe["loss"])


# --- The end of a trial ---


def test_a_result_with_done_is_the_last_one(tmp_path: Path) -> None:
    results = fit(tmp_path, space={"by": 2, "end": 6})
    assert losses(results) == [2, 4, 6]
    metrics = results[0].metrics
    assert (metrics["training_iteration"], metrics["done"]) == (3, True)
    assert "should_checkpoint" not in metrics
    assert diary == [("setup", 0), ("cleanup", 0)]


def test_a_stop_rule_ends_it_and_it_is_cleaned_up(tmp_path: Path) -> None:
    results = fit(tmp_path, stop={"training_iteration": 3}, num_samples=2)
    assert [one.metrics["training_iteration"] for one in results] == [3, 3]
    assert diary == [("setup", 0), ("cleanup", 0), ("setup", 1), ("cleanup", 1)]
    assert results[0].checkpoint is None


@pytest.mark.parametrize("where", ["setup", "step", "save_checkpoint"])
def test_an_exception_fails_the_trial_from_the_users_line(where: str, tmp_path: Path) -> None:
    def broken(self: Counter, *args: Any) -> Any:
        raise ArithmeticError(f"broken in {where}")

    kind = type("Broken", (Counter,), {where: broken})
    results = fit(tmp_path, kind, frequency=1, stop={"training_iteration": 2})
    (error,) = results.errors
    assert f"ArithmeticError: broken in {where}" in str(error)
    assert "_trial" not in error.traceback
    assert "class_trainable.py" not in error.traceback.splitlines()[1]
    # An object that was never whole is not cleaned up; any other is.
    assert (("cleanup", 0) in diary) == (where != "setup")


def test_what_goes_wrong_in_cleanup_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Untidy(Counter):
        def cleanup(self) -> None:
            raise OSError("stuck")

    results = fit(tmp_path, Untidy, space={"by": 1, "end": 2})
    assert results.num_errors == 0
    assert "raised in cleanup: OSError: stuck" in caplog.text


def test_wrong_results_fail_the_trial_by_the_rules_of_reports(tmp_path: Path) -> None:
    class NoDict(Counter):
        def step(self) -> Any:
            return 1.0

    class NoMetric(Counter):
        def step(self) -> Any:
            return {"los": 1.0}

    class Reporting(Counter):
        def step(self) -> Any:
            report({"loss": 1.0})

    for number, (kind, words) in enumerate(
        [
            (NoDict, r"NoDict.step() returns a dict of metrics, got float"),
            (NoMetric, "report() needs the metric 'loss'; it came with: los"),
            (Reporting, "report() was called inside a class trainable"),
        ]
    ):
        (error,) = fit(tmp_path / str(number), kind).errors
        assert words in str(error)


# --- Checkpoints ---


def test_checkpoints_come_every_so_often_when_wanted_and_at_the_end(tmp_path: Path) -> None:
    space = {"by": 1, "wanted": [1, 2]}
    results = fit(tmp_path, space=space, frequency=3, at_end=True, stop={"training_iteration": 7})
    saved = [entry[2] for entry in diary if entry[0] == "save"]
    assert saved == [1, 2, 3, 6, 7]
    assert kept(tmp_path) == [f"checkpoint_{n:06d}" for n in saved]
    checkpoint = results[0].checkpoint
    assert checkpoint is not None
    assert checkpoint.to_dict() == {"value": 7}
    assert checkpoint.get_metadata()["iteration"] == 7
    assert results[0].metrics["training_iteration"] == 7


def test_an_end_that_has_a_checkpoint_gets_no_second_one(tmp_path: Path) -> None:
    fit(tmp_path, space={"by": 1, "end": 4}, frequency=2, at_end=True)
    assert [entry[2] for entry in diary if entry[0] == "save"] == [2, 4]


def test_a_failed_try_goes_on_from_the_last_checkpoint_and_keeps_counting(tmp_path: Path) -> None:
    class Fails(Counter):
        def step(self) -> dict[str, Any]:
            if self.iteration == 4 and ("failed",) not in diary:
                diary.append(("failed",))
                raise OSError("once")
            return super().step()

    results = fit(tmp_path, Fails, frequency=3, max_failures=1, stop={"training_iteration": 6})
    assert losses(results) == [1, 2, 3, 4, 5, 6]
    assert ("load", 0, 3) in diary
    # Counted by training_iteration, so that it holds across tries.
    assert [entry[2] for entry in diary if entry[0] == "save"] == [3, 6]
    assert kept(tmp_path) == ["checkpoint_000003", "checkpoint_000006-e1a2"]
    assert results[0].metrics["iterations_since_restore"] == 3


def test_state_in_files_comes_back_as_the_folder(tmp_path: Path) -> None:
    class InFiles(Counter):
        def save_checkpoint(self, checkpoint_dir: str) -> None:
            Path(checkpoint_dir, "value.txt").write_text(str(self.value))

        def load_checkpoint(self, checkpoint: Any) -> None:
            assert isinstance(checkpoint, str)
            self.value = int(Path(checkpoint, "value.txt").read_text())

    follows = Follows({(0, 2): PAUSE})
    results = fit(tmp_path, InFiles, scheduler=follows, space={"by": 5, "end": 20})
    assert losses(results) == [5, 10, 15, 20]
    assert follows.seen == [(0, 1), (0, 2), (0, 3), (0, 4)]


# --- Trials that come back ---


def test_a_paused_trial_saves_itself_and_goes_on_where_it_was(tmp_path: Path) -> None:
    results = fit(
        tmp_path, scheduler=Follows({(0, 2): PAUSE}), num_samples=2, space={"by": 1, "end": 3}
    )
    assert losses(results) == [1, 2, 3]
    assert diary == [
        ("setup", 0),
        ("save", 0, 2),
        ("cleanup", 0),
        ("setup", 1),
        ("cleanup", 1),
        ("setup", 0),
        ("load", 0, 2),
        ("cleanup", 0),
    ]


def test_a_paused_trial_that_cannot_save_says_what_follows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Forgetful(Trainable):
        def setup(self, config: dict[str, Any]) -> None:
            self.value = 0

        def step(self) -> dict[str, Any]:
            self.value += 1
            return {"loss": self.value, "done": self.value == 3}

    results = fit(tmp_path, Forgetful, scheduler=Follows({(0, 2): PAUSE}))
    assert losses(results) == [1, 2, 3]
    assert results[0].metrics["training_iteration"] == 3
    assert "Forgetful has no save_checkpoint, so it will go on from its last" in caplog.text


def test_a_stopped_trial_saves_itself_only_if_asked(tmp_path: Path) -> None:
    fit(tmp_path, scheduler=Follows({(0, 2): STOP}))
    assert not [entry for entry in diary if entry[0] == "save"]
    results = fit(tmp_path / "b", scheduler=Follows({(0, 2): STOP}), at_end=True)
    assert results[0].checkpoint is not None
    assert results[0].checkpoint.to_dict() == {"value": 2}


def test_a_trial_takes_over_the_donors_state_and_configuration(tmp_path: Path) -> None:
    def copy_first() -> Exploit:
        return Exploit(f"{follows_run[0]}_00000", {"by": 100, "end": 130})

    follows_run: list[str] = []

    class Copies(Follows):
        def on_trial_result(self, trial: Any, result: Mapping[str, Any]) -> Decision:
            follows_run[:] = [trial.trial_id.rpartition("_")[0]]
            return super().on_trial_result(trial, result)

    results = fit(
        tmp_path,
        Reusable,
        scheduler=Copies({(1, 2): copy_first}),
        space={"by": grid_search([10, 1]), "end": 30},
        frequency=3,
        reuse_actors=True,
    )
    assert losses(results, 0) == [10, 20, 30]
    # It counts on from the donor's iteration, not from its own.
    assert [int(value) for value in losses(results, 1)][-1] == 130
    assert results[1].metrics["training_iteration"] == 4
    assert ("load", 1, 30) in diary
    assert ("reset", 0, 1) in diary


def test_a_resized_trial_goes_on_with_what_it_was_given(tmp_path: Path) -> None:
    class Sized(Counter):
        def step(self) -> dict[str, Any]:
            return {**super().step(), "cpu": self.trial_resources["cpu"]}

    results = fit(
        tmp_path,
        with_resources(Sized, {"cpu": 2}),
        scheduler=Follows({(0, 2): Resize(Resources({"cpu": 1}))}),
        space={"by": 1, "end": 4},
    )
    assert losses(results) == [1, 2, 3, 4]
    assert list(results[0].metrics_dataframe["cpu"]) == [2, 2, 1, 1]


def test_a_run_that_is_cut_off_is_restored_from_where_each_class_was(tmp_path: Path) -> None:
    class CutsOff(Counter):
        def step(self) -> dict[str, Any]:
            if self.iteration == 4 and ("cut",) not in diary:
                diary.append(("cut",))
                raise KeyboardInterrupt
            return super().step()

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, CutsOff, frequency=2, space={"by": 1, "end": 6})
    assert diary[-1] == ("cleanup", 0)
    results = Tuner.restore(tmp_path / "exp", CutsOff, executor="inline").fit()
    assert losses(results) == [1, 2, 3, 4, 5, 6]
    assert ("load", 0, 4) in diary


# --- Objects that serve one trial after the other ---


def test_an_object_is_reset_for_the_next_trial_and_cleaned_up_once(tmp_path: Path) -> None:
    results = fit(
        tmp_path,
        Reusable,
        space={"by": grid_search([1, 2, 3]), "end": 6},
        reuse_actors=True,
        frequency=2,
    )
    assert [losses(results, n) for n in range(3)] == [[1, 2, 3, 4, 5, 6], [2, 4, 6], [3, 6]]
    steps = [entry for entry in diary if entry[0] != "save"]
    assert steps == [("setup", 0), ("reset", 0, 1), ("reset", 0, 2), ("cleanup", 2)]
    assert kept(tmp_path, 2) == ["checkpoint_000002"]


def test_an_object_that_refuses_is_replaced_which_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    space = {"by": grid_search([1, 2, 3]), "end": 3, "refuse": True}
    results = fit(tmp_path, Reusable, space=space, reuse_actors=True)
    assert [losses(results, n)[-1] for n in range(3)] == [3, 4, 3]
    assert diary == [
        ("setup", 0),
        ("reset", 0, 1),
        ("cleanup", 0),
        ("setup", 1),
        ("reset", 1, 2),
        ("cleanup", 1),
        ("setup", 2),
        ("cleanup", 2),
    ]
    assert caplog.text.count("Reusable.reset_config() answered False") == 1


def test_without_a_reset_reuse_has_no_effect_which_is_said_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fit(tmp_path, space={"by": grid_search([1, 2]), "end": 2}, reuse_actors=True)
    assert diary == [("setup", 0), ("cleanup", 0), ("setup", 1), ("cleanup", 1)]
    assert "reuse_actors=True has no effect: Counter has no reset_config()" in caplog.text


def test_an_object_that_failed_is_not_used_again(tmp_path: Path) -> None:
    class FailsOnce(Reusable):
        def step(self) -> dict[str, Any]:
            if self.number == 0:
                raise OSError("broken object")
            return super().step()

    fit(tmp_path, FailsOnce, space={"by": grid_search([1, 2]), "end": 2}, reuse_actors=True)
    assert diary == [("setup", 0), ("cleanup", 0), ("setup", 1), ("cleanup", 1)]


def test_a_reset_that_raises_fails_its_trial_alone(tmp_path: Path) -> None:
    class Raises(Reusable):
        def reset_config(self, new_config: dict[str, Any]) -> bool:
            if new_config["by"] == 2:
                raise OSError("cannot be reset")
            return super().reset_config(new_config)

    space = {"by": grid_search([1, 2, 3]), "end": 3}
    results = fit(tmp_path, Raises, space=space, reuse_actors=True)
    assert [one.error is not None for one in results] == [False, True, False]
    assert diary == [("setup", 0), ("cleanup", 0), ("setup", 2), ("cleanup", 2)]


# --- In other processes ---


class Apart(Reusable):
    """Tells in its results what the diary cannot tell from another process."""

    def setup(self, config: dict[str, Any]) -> None:
        super().setup(config)
        assert get_context().get_trial_id() == self.trial_id
        self.made = f"{os.getpid()}-{self.born}"
        self.marks = config["marks"]

    def step(self) -> dict[str, Any]:
        where = {"name": self.trial_name, "folder": self.logdir, "own": self.is_actor()}
        return {**super().step(), "made": self.made, **where}

    def cleanup(self) -> None:
        Path(self.marks, self.made).touch()


@pytest.fixture
def sent_along() -> Iterator[None]:
    """Workers cannot import this module: its classes go with their code."""
    module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(module)
    yield
    cloudpickle.unregister_pickle_by_value(module)


@pytest.mark.usefixtures("sent_along")
def test_in_worker_processes_too(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    results = fit(
        tmp_path,
        Apart,
        space={"by": grid_search([1, 2, 3, 6]), "end": 6, "marks": str(marks)},
        executor="dask",
        scheduler=Follows({(0, 2): PAUSE}),
        at_end=True,
        reuse_actors=True,
    )
    assert not results.errors
    assert [losses(results, n)[-1] for n in range(4)] == [6, 6, 6, 6]
    assert losses(results, 0) == [1, 2, 3, 4, 5, 6]
    for number, one in enumerate(results):
        assert one.metrics["name"] == f"Apart_{one.metrics['trial_id']}"
        assert one.metrics["folder"] == one.path
        assert one.metrics["own"] is True
        assert one.metrics["pid"] != os.getpid()
        assert one.checkpoint is not None, number
        assert one.checkpoint.to_dict() == {"value": 6}
    made = {one.metrics["made"] for one in results}
    assert len(made) < 4
    # What was left over is cleaned up when its slot ends.
    assert made <= {path.name for path in marks.iterdir()}


def test_a_checkpoint_of_the_end_reaches_callbacks_and_the_store(tmp_path: Path) -> None:
    results = fit(tmp_path, scheduler=Follows({(0, 2): STOP}), at_end=True)
    again = ResultGrid(tmp_path / "exp")
    assert again[0].checkpoint is not None
    assert results[0].checkpoint is not None
    assert again[0].checkpoint.path == results[0].checkpoint.path
    ((checkpoint, metrics),) = again[0].best_checkpoints
    assert isinstance(checkpoint, Checkpoint)
    assert metrics["training_iteration"] == 2
