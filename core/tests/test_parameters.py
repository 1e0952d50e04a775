"""`with_parameters`: large objects beside the config, without a cluster and on our own workers."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pegbox import RunConfig, Trainable, TuneConfig, Tuner, grid_search, with_parameters
from pegbox._trial.parameters import ParameterBlock, SavedParameters
from pegbox.errors import ConfigError
from pegbox.executors.dask.parameters import shared_block
from pegbox.executors.dask.parameters import shelf as parameter_shelf

X = {"x": grid_search([1.0, 2.0, 3.0, 4.0])}


def fit(folder: Path, trainable: Any, **how: Any) -> Any:
    return Tuner(
        trainable,
        param_space=X,
        tune_config=TuneConfig(metric="loss", mode="min"),
        run_config=RunConfig(name="exp", storage_path=str(folder), verbose=0),
        **how,
    ).fit()


def block_of(**values: Any) -> tuple[SavedParameters, ParameterBlock]:
    saved = SavedParameters(values)
    memory = io.BytesIO()
    saved.write(memory)
    assert len(memory.getvalue()) == saved.size
    return saved, ParameterBlock(memoryview(memory.getvalue()))


def test_values_come_back_and_arrays_are_neither_copied_nor_writable() -> None:
    array = np.arange(1000.0)
    fortran = np.asfortranarray(np.ones((3, 5)))
    strided = np.arange(10)[::2]
    saved, block = block_of(
        array=array, fortran=fortran, strided=strided, empty=np.zeros(0), rest={"a": [1, "ä"]}
    )
    for source in (saved, block):
        values = source.values()
        np.testing.assert_array_equal(values["array"], array)
        np.testing.assert_array_equal(values["fortran"], fortran)
        np.testing.assert_array_equal(values["strided"], strided)
        assert values["fortran"].flags.f_contiguous
        assert values["empty"].shape == (0,)
        assert values["rest"] == {"a": [1, "ä"]}
        with pytest.raises(ValueError, match="read-only"):
            values["array"][0] = 1
        assert np.shares_memory(values["array"], source.values()["array"])
        # What a trial does to anything else is its own affair.
        values["rest"]["a"].append(2)
        assert source.values()["rest"] == {"a": [1, "ä"]}
    assert saved.size < array.nbytes + 3000


@pytest.mark.parametrize("step", [1, 7, 64, 1000, 10**6])
def test_a_block_is_read_in_pieces_of_any_size(step: int) -> None:
    saved = SavedParameters({f"a{n}": np.arange(n, dtype="u1") for n in (0, 1, 63, 64, 65, 999)})
    memory = io.BytesIO()
    saved.write(memory)
    pieces = [bytes(saved.read(at, at + step)) for at in range(0, saved.size, step)]
    assert b"".join(pieces) == memory.getvalue()


def test_a_piece_of_an_array_is_not_copied() -> None:
    array = np.arange(100_000)
    saved = SavedParameters({"array": array})
    piece = saved.read(400_000, 500_000)
    assert np.shares_memory(np.frombuffer(piece, "u1"), array)


def test_slices_and_mapped_files_are_not_copied_for_each_trial_either(tmp_path: Path) -> None:
    whole = np.arange(20_000.0).reshape(100, 200)
    np.save(tmp_path / "whole.npy", whole)
    frame = pd.DataFrame(whole)
    given = {
        "columns": whole[:, 3:90],
        "backwards": whole[0, ::-1],
        "mapped": np.load(tmp_path / "whole.npy", mmap_mode="r"),
        "in_frame": frame.iloc[::2],
        "point": np.array(3.0),
    }
    _, block = block_of(**given)
    values, again = block.values(), block.values()
    for name, value in given.items():
        np.testing.assert_array_equal(np.asarray(values[name]), np.asarray(value))
        assert np.asarray(values[name]).shape == np.asarray(value).shape
        assert np.shares_memory(np.asarray(values[name]), np.asarray(again[name]))
    assert type(values["mapped"]) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        values["columns"][0] = 1


def test_arrays_of_objects_and_subclasses_are_made_anew() -> None:
    masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    _, block = block_of(objects=np.array(["a", None], dtype=object), masked=masked)
    values = block.values()
    assert list(values["objects"]) == ["a", None]
    assert values["masked"].tolist() == [1.0, None]


def test_values_that_share_an_object_still_do() -> None:
    shared = [1]
    _, block = block_of(a=shared, b={"same": shared})
    values = block.values()
    assert values["a"] is values["b"]["same"]


def test_what_cannot_be_pickled_is_named_with_its_parameter() -> None:
    with pytest.raises(ConfigError, match=r"parameter 'bad' of with_parameters.*_thread.lock"):
        SavedParameters({"good": 1, "bad": threading.Lock()})


def sums(with_class: bool) -> Any:
    """A trainable that uses an array and spoils a list, and tells of both."""

    def train(config: dict[str, Any], data: Any, notes: list[int]) -> dict[str, Any]:
        notes.append(1)
        return {
            "loss": config["x"] * float(data.sum()),
            "notes": len(notes),
            "writable": bool(data.flags.writeable),
        }

    class Sums(Trainable):
        def setup(self, config: dict[str, Any], data: Any = None, notes: Any = None) -> None:
            self.given = data, notes

        def step(self) -> dict[str, Any]:
            return {**train(self.config, *self.given), "done": True}

    return with_parameters(Sums if with_class else train, data=np.ones(10_000), notes=[])


def check(results: Any) -> None:
    assert not results.errors
    assert sorted(one.metrics["loss"] for one in results) == [10_000, 20_000, 30_000, 40_000]
    assert {one.metrics["notes"] for one in results} == {1}
    assert {one.metrics["writable"] for one in results} == {False}
    assert all(set(one.config) == {"x"} for one in results)


@pytest.mark.parametrize("with_class", [False, True])
def test_inline(with_class: bool, tmp_path: Path) -> None:
    check(fit(tmp_path, sums(with_class), executor="inline"))


@pytest.mark.parametrize("with_class", [False, True])
def test_in_processes_of_its_own_one_block_serves_all(
    with_class: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared: list[str | None] = []
    share = parameter_shelf.ParameterShelf.share

    def watched(self: Any, folder: Path | None) -> str | None:
        shared.append(share(self, folder))
        return shared[-1]

    monkeypatch.setattr(parameter_shelf.ParameterShelf, "share", watched)
    monkeypatch.setattr(parameter_shelf.ParameterShelf, "piece", None)
    check(fit(tmp_path, sums(with_class), executor="dask"))
    assert len(shared) == 1
    assert shared[0] is not None
    assert not os.path.exists(shared[0])


def test_without_proc_it_is_a_file_in_the_folder_of_the_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_block, "_FOLDER_OF_FILES", "/nowhere")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    check(fit(tmp_path / "runs", sums(with_class=False)))
    assert list(tmp_path.glob("pegbox-*")) == []
