"""`wrap_function`: a reporting function, stepped by hand."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from pegbox import Checkpoint, get_checkpoint, report, with_parameters, wrap_function
from pegbox.class_trainable import Trainable
from pegbox.errors import ConfigError, ReportError, TrialError
from pegbox.wrapped_trainable import unwrap
from tuning import fit


def train(config: dict[str, Any]) -> dict[str, Any]:
    start = get_checkpoint()
    first = start.to_dict()["step"] if start else 0
    try:
        for step in range(first + 1, config["last"]):
            report({"step": step}, checkpoint=Checkpoint.from_dict({"step": step}))
        return {"step": config["last"]}
    finally:
        config.get("over", threading.Event()).set()


def test_each_step_is_a_report_and_the_last_one_says_so() -> None:
    kind = wrap_function(train)
    assert issubclass(kind, Trainable)
    assert kind.__name__ == "train"
    trainable = kind({"last": 3})
    results = [trainable.train() for _ in range(4)]
    assert [one["step"] for one in results] == [1, 2, 3, 3]
    assert [one["done"] for one in results] == [False, False, True, True]
    assert results[2]["training_iteration"] == 3
    assert results[0]["should_checkpoint"] is True
    trainable.stop()


def test_a_function_that_returns_nothing_ends_with_its_last_report() -> None:
    trainable = wrap_function(lambda config: report({"a": 1}), "named")({})
    assert type(trainable).__name__ == "named"
    assert [(one["a"], one["done"]) for one in (trainable.train(), trainable.train())] == [
        (1, False),
        (1, True),
    ]
    trainable.stop()


def test_it_waits_between_steps_and_ends_where_it_waits() -> None:
    over = threading.Event()
    trainable = wrap_function(train)({"last": 9, "over": over})
    trainable.train()
    assert not over.is_set()
    before = threading.active_count()
    trainable.stop()
    assert over.is_set()
    assert threading.active_count() == before - 1


def test_a_checkpoint_of_it_goes_on_there(tmp_path: Path) -> None:
    kind = wrap_function(train)
    first = kind({"last": 9})
    for _ in range(3):
        first.train()
    saved = first.save(tmp_path / "kept")
    first.stop()
    assert Checkpoint(os.fspath(saved)).to_dict() == {"step": 3}

    second = kind({"last": 9})
    second.train()
    second.restore(saved)
    result = second.train()
    assert (result["step"], result["training_iteration"]) == (4, 4)
    assert second.reset({"last": 2})
    assert [second.train()["step"] for _ in range(2)] == [1, 2]
    second.stop()


def test_a_checkpoint_of_files_goes_on_too(tmp_path: Path) -> None:
    def in_files(config: dict[str, Any]) -> None:
        if (start := get_checkpoint()) is not None:
            report({"from": Path(start.path, "state.txt").read_text()})
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "state.txt").write_text("kept")
        report({"from": "scratch"}, checkpoint=Checkpoint(tmp_path / "state"))

    trainable = wrap_function(in_files)({})
    assert trainable.train()["from"] == "scratch"
    saved = trainable.save(tmp_path / "saved")
    trainable.restore(saved)
    assert trainable.train()["from"] == "kept"
    trainable.stop()


def test_failures_and_what_is_missing_are_said() -> None:
    def fails(config: dict[str, Any]) -> None:
        raise ArithmeticError("on purpose")

    trainable = wrap_function(fails)({})
    with pytest.raises(TrialError, match="ArithmeticError: on purpose") as caught:
        trainable.train()
    assert "fails" in caught.value.traceback
    trainable.stop()
    silent = wrap_function(lambda config: None)({})
    with pytest.raises(ReportError, match="has reported no checkpoint that could be saved"):
        silent.save()
    silent.stop()
    with pytest.raises(ConfigError, match="must be a function"):
        wrap_function(3)  # type: ignore[arg-type]


def test_a_run_takes_the_function_out_again(tmp_path: Path) -> None:
    def uses(config: dict[str, Any], data: int) -> dict[str, Any]:
        return {"loss": config["x"] + data, "thread": threading.current_thread().name}

    wrapped = wrap_function(with_parameters(uses, data=5))
    assert unwrap(wrapped).target is uses
    by_hand = wrapped({"x": 1})
    assert by_hand.train()["loss"] == 6
    by_hand.stop()
    results = fit(tmp_path, wrapped, num_samples=1)
    assert 5 <= results[0].metrics["loss"] <= 6
    assert results[0].metrics["thread"] == threading.current_thread().name
    assert Path(results[0].path).name.startswith("uses_")
