"""Checkpoints made of a dict: what comes back, what lies on disk, and what is refused."""

from __future__ import annotations

import gc
import json
import math
import os
import pickle
import threading
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pegbox import Checkpoint
from pegbox.dict_folder import JSON_NAME, PICKLE_NAME
from pegbox.errors import ConfigError, StoreError


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


class Model:
    """An object of the user's."""

    def __init__(self, weight: float) -> None:
        self.weight = weight


def files(checkpoint: Checkpoint) -> list[str]:
    return sorted(os.listdir(checkpoint.path))


atoms = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    atoms | st.binary() | st.tuples(st.integers(), st.text()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@settings(max_examples=40)
@given(data=st.dictionaries(st.text(), values))
def test_what_comes_back_is_what_was_put_in_to_the_type(data: dict[str, Any]) -> None:
    back = Checkpoint.from_dict(data).to_dict()
    assert repr(back) == repr(data)


def test_plain_data_lies_there_as_json_that_anyone_reads() -> None:
    data = {"epoch": 3, "best": math.inf, "lr": [0.1, {"a": None}], "$float": "nan"}
    checkpoint = Checkpoint.from_dict(data)
    assert files(checkpoint) == [JSON_NAME]
    assert json.loads(Path(checkpoint.path, JSON_NAME).read_text())["epoch"] == 3
    assert checkpoint.to_dict() == data


@pytest.mark.parametrize(
    "value",
    [(1, 2), numpy.float64(1), {1: 2}, 10**5000, Model(1.0), list(range(10_000))],
    ids=["tuple", "numpy scalar", "integer key", "long integer", "object", "many values"],
)
def test_everything_else_is_pickled(value: Any) -> None:
    checkpoint = Checkpoint.from_dict({"value": value})
    assert files(checkpoint) == [PICKLE_NAME]
    back = checkpoint.to_dict()["value"]
    assert type(back) is type(value)
    assert back.weight == 1.0 if isinstance(back, Model) else back == value


def test_arrays_come_back_whole() -> None:
    weights = numpy.arange(12.0).reshape(3, 4)
    back = Checkpoint.from_dict({"state": {"weights": weights}, "step": 1}).to_dict()
    numpy.testing.assert_array_equal(back["state"]["weights"], weights)
    assert back["state"]["weights"].dtype == weights.dtype


def test_a_value_that_contains_itself_comes_back_so() -> None:
    data: dict[str, Any] = {"list": []}
    data["list"].append(data["list"])
    back = Checkpoint.from_dict(data).to_dict()
    assert back["list"][0] is back["list"]


def test_it_holds_the_values_of_then() -> None:
    data = {"weights": [1, 2]}
    checkpoint = Checkpoint.from_dict(data)
    data["weights"].append(3)
    first = checkpoint.to_dict()
    first["weights"].append(4)
    assert checkpoint.to_dict() == {"weights": [1, 2]}


def test_the_temporary_folder_goes_with_the_object(temporary: Path) -> None:
    checkpoint = Checkpoint.from_dict({"step": 1})
    again = pickle.loads(pickle.dumps(checkpoint))
    assert again.to_dict() == {"step": 1}
    del again
    gc.collect()
    assert checkpoint.to_dict() == {"step": 1}
    del checkpoint
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_a_forked_child_leaves_the_folder_alone() -> None:
    checkpoint = Checkpoint.from_dict({"step": 1})
    if (child := os.fork()) == 0:
        del checkpoint
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert checkpoint.to_dict() == {"step": 1}


def test_notes_and_folders_work_as_for_any_checkpoint(tmp_path: Path) -> None:
    checkpoint = Checkpoint.from_dict({"step": 1})
    checkpoint.set_metadata({"kind": "mlp"})
    copy = Checkpoint(checkpoint.to_directory(tmp_path / "copy"))
    assert copy.to_dict() == {"step": 1}
    assert copy.get_metadata() == {"kind": "mlp"}
    Path(copy.path, "more").write_text("of the user's")
    assert copy.to_dict() == {"step": 1}


def test_what_cannot_be_pickled_is_named_and_leaves_nothing(temporary: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Checkpoint.from_dict({"step": (1,), "lock": threading.Lock()})
    assert str(caught.value) == (
        "Checkpoint.from_dict: the value of 'lock', of type lock, cannot be pickled: "
        "TypeError: cannot pickle '_thread.lock' object\n"
        "  Take out what it needs for going on, e.g. model.state_dict() of a model."
    )
    assert list(temporary.iterdir()) == []


def test_only_a_dict_is_a_dict() -> None:
    with pytest.raises(ConfigError) as caught:
        Checkpoint.from_dict([1, 2])  # type: ignore[arg-type]
    assert str(caught.value) == (
        "Checkpoint.from_dict takes a dict, got list\n"
        '  Name the value: Checkpoint.from_dict({"model": value}).'
    )


def test_a_folder_is_no_dict(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_text("weights")
    with pytest.raises(StoreError, match="was not made of a dict\n  Read its files: with"):
        Checkpoint(tmp_path).to_dict()
    with pytest.raises(StoreError, match="is not there"):
        Checkpoint(tmp_path / "gone").to_dict()


@pytest.mark.parametrize(("name", "content"), [(PICKLE_NAME, b"\x80\x05."), (JSON_NAME, b"{")])
def test_a_damaged_dict_is_said_with_its_file(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StoreError, match=rf"the dict in {tmp_path / name} cannot be read: "):
        Checkpoint(tmp_path).to_dict()


@pytest.mark.parametrize("name", ["from_bytes", "to_bytes", "from_uri", "to_uri", "uri"])
def test_what_tune_had_beside_it_says_what_to_do(name: str, tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match=f"pegbox's Checkpoint has no {name}: .* (fold|file)"):
        getattr(Checkpoint(tmp_path), name)
    assert not hasattr(Checkpoint, name)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (None, "needs the path of a folder, got None"),
        ("", "needs the path of a folder, got ''"),
        (b"bytes", "needs the path of a folder, got b'bytes'"),
        ({"step": 1}, r"got \{'step': 1\}\n  Write Checkpoint.from_dict\(data\)"),
        ("s3://bucket/model", "is a folder of this machine, got the address 's3://bucket/model'"),
    ],
)
def test_a_checkpoint_is_of_a_folder(path: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Checkpoint(path)


def test_file_systems_are_not_taken(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Checkpoint\(filesystem=...\) is not supported, got"):
        Checkpoint(tmp_path, "S3FileSystem")  # type: ignore[arg-type]
