"""A class trainable by hand, as in a user's own tests, outside any run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pegbox.checkpoint import Checkpoint
from pegbox.class_trainable import Trainable, overrides
from pegbox.errors import ReportError, StoreError


class Counting(Trainable):
    """Counts to ``config["last"]``; its state is a dict."""

    def setup(self, config: dict[str, Any]) -> None:
        self.n = 0
        self.ended = False
        config["last"] = None  # a copy: nobody else sees it

    def step(self) -> dict[str, Any]:
        self.n += 1
        return {
            "n": self.n,
            "done": self.n == self.config["last"],
            "timesteps_this_iter": 10,
            "episodes_this_iter": 2,
        }

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any] | None:
        return {"n": self.n, "half": 0.5}

    def load_checkpoint(self, checkpoint: Any) -> None:
        self.loaded = checkpoint
        self.n = checkpoint["n"]

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.n = 0
        return "last" in new_config

    def cleanup(self) -> None:
        self.ended = True


class InFiles(Counting):
    """The same, with its state in a file."""

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any] | None:
        Path(checkpoint_dir, "n.txt").write_text(str(self.n))
        return None

    def load_checkpoint(self, checkpoint: Any) -> None:
        self.n = int(Path(checkpoint, "n.txt").read_text())


def test_a_step_is_counted_and_filled_in() -> None:
    given = {"last": 2}
    trainable = Counting(given)
    first, second = trainable.train(), trainable.train()
    assert given == {"last": 2}
    assert trainable.config == trainable.get_config() == {"last": 2}
    assert (first["n"], first["done"], first["training_iteration"]) == (1, False, 1)
    assert (second["n"], second["done"], second["training_iteration"]) == (2, True, 2)
    assert (second["timesteps_total"], second["episodes_total"]) == (20, 4)
    assert (second["timesteps_since_restore"], second["iterations_since_restore"]) == (20, 2)
    assert second["time_total_s"] >= second["time_this_iter_s"] >= 0
    assert second["pid"] == os.getpid() == trainable.get_current_ip_pid()[1]
    assert trainable.iteration == trainable.training_iteration == 2
    assert trainable.get_state()["last_result"] == second
    trainable.stop()
    assert trainable.ended


def test_it_knows_that_it_is_in_no_trial() -> None:
    trainable = Counting()
    assert (trainable.trial_id, trainable.trial_name) == ("default", "default")
    assert dict(trainable.trial_resources) == {}
    assert not trainable.is_actor()
    assert os.path.isdir(trainable.logdir)
    assert trainable.logdir == trainable.logdir
    os.rmdir(trainable.logdir)


@pytest.mark.parametrize("kind", [Counting, InFiles])
def test_what_is_saved_is_loaded_with_the_counters(kind: type[Counting], tmp_path: Path) -> None:
    trainable = kind({"last": 9})
    for _ in range(3):
        last = trainable.train()
    saved = trainable.save(tmp_path / "new" / "folder")
    assert saved.metrics == last
    assert os.fspath(saved) == saved.checkpoint.path == str(tmp_path / "new" / "folder")

    for source in (saved, saved.checkpoint, os.fspath(saved)):
        other = kind({"last": 9})
        other.restore(source)
        assert (other.n, other.iteration) == (3, 3)
        result = other.train()
        assert (result["training_iteration"], result["iterations_since_restore"]) == (4, 1)
        assert (result["timesteps_total"], result["timesteps_since_restore"]) == (40, 10)
    if kind is Counting:
        assert other.loaded == {"n": 3, "half": 0.5} == saved.checkpoint.to_dict()
    with pytest.raises(StoreError, match="is not there"):
        other.restore(tmp_path / "nothing")


def test_a_copied_checkpoint_has_all_that_it_needs(tmp_path: Path) -> None:
    trainable = InFiles({"last": 9})
    trainable.train()
    copy = Checkpoint(os.fspath(trainable.save(tmp_path / "a"))).to_directory(tmp_path / "b")
    other = InFiles({"last": 9})
    other.restore(copy)
    assert (other.n, other.iteration) == (1, 1)


def test_a_reset_begins_anew_or_changes_nothing() -> None:
    trainable = Counting({"last": 9})
    trainable.train()
    assert trainable.reset({"last": 3})
    assert (trainable.config, trainable.iteration) == ({"last": 3}, 0)
    assert trainable.train()["timesteps_total"] == 10
    assert not trainable.reset({"other": 1})
    assert (trainable.config, trainable.iteration) == ({"last": 3}, 1)
    assert not Trainable({"a": 1}).reset({"a": 2})


def test_steps_in_bunches_end_where_somebody_has_to_look() -> None:
    trainable = Counting({"last": 5})
    assert [one["n"] for one in trainable.train_buffered(60.0, 2)] == [1, 2]
    assert [one["n"] for one in trainable.train_buffered(60.0)] == [3, 4, 5]
    assert len(trainable.train_buffered(0.0)) == 1


def test_each_whole_result_is_logged() -> None:
    class Logging(Counting):
        def log_result(self, result: dict[str, Any]) -> None:
            self.seen = result

    trainable = Logging({"last": 1})
    assert trainable.train() is trainable.seen
    assert trainable.seen["training_iteration"] == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda one: one.step(), r"Bare has no step\(\), which runs one iteration"),
        (lambda one: one.save(), r"Bare has no save_checkpoint\(\)"),
        (lambda one: one.load_checkpoint({}), r"Bare has no load_checkpoint\(\)"),
        (lambda one: one.export_model("onnx"), r"Bare has no export_model\(\), which only you"),
    ],
)
def test_what_a_class_does_not_have_is_named(call: Any, words: str) -> None:
    class Bare(Trainable): ...

    with pytest.raises(NotImplementedError, match=words):
        call(Bare())


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, r"Odd.save_checkpoint\(\) wrote no file and returned no dict"),
        (3, r"Odd.save_checkpoint\(\) returns a dict or None, got 3"),
        ("model.pt", r"returns a dict or None, got 'model.pt'\n.*path of the folder"),
    ],
)
def test_a_save_that_saves_nothing_is_refused(returned: Any, words: str, tmp_path: Path) -> None:
    class Odd(Counting):
        def save_checkpoint(self, checkpoint_dir: str) -> Any:
            return returned

    with pytest.raises(ReportError, match=words):
        Odd({"last": 1}).save(tmp_path)


def test_the_folder_itself_may_be_returned(tmp_path: Path) -> None:
    class Tunes(InFiles):
        def save_checkpoint(self, checkpoint_dir: str) -> Any:
            super().save_checkpoint(checkpoint_dir)
            return checkpoint_dir

    assert Tunes({"last": 1}).save(tmp_path).checkpoint.path == str(tmp_path)


def test_a_step_that_returns_no_dict_is_refused() -> None:
    class Odd(Trainable):
        def step(self) -> Any:
            return 0.5

    with pytest.raises(ReportError, match=r"Odd.step\(\) returns a dict of metrics, got float"):
        Odd().train()


def test_what_is_filled_in_can_be_asked_for() -> None:
    trainable = Counting({"last": 3})
    trainable.train()
    filled = trainable.get_auto_filled_metrics(time_this_iter=1.5, timestamp=1_600_000_000)
    assert (filled["time_this_iter_s"], filled["timestamp"]) == (1.5, 1_600_000_000)
    assert filled["training_iteration"] == 1
    assert set(trainable.get_auto_filled_metrics(debug_metrics_only=True)) == {
        "trial_id",
        "date",
        "timestamp",
    }


def test_whether_a_class_has_a_method_of_its_own() -> None:
    assert overrides(InFiles, "step")
    assert not overrides(InFiles, "default_resource_request")
    assert not overrides(Trainable, "step")
