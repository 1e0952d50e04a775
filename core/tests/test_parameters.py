"""`with_parameters`: large objects beside the config, once for each process, in every executor."""

from __future__ import annotations

import io
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clusters import PATIENCE_S, first_line, run_python, wait_until
from distributed import Client, LocalCluster
from pegbox import RunConfig, Trainable, TuneConfig, Tuner, grid_search, with_parameters
from pegbox._trial.parameters import ParameterBlock, SavedParameters, open_file
from pegbox.errors import ConfigError
from pegbox.executors.dask import parameter_shelf, shared_folder

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


def test_values_come_back_and_arrays_are_neither_copied_nor_writable(tmp_path: Path) -> None:
    array = np.arange(1000.0)
    fortran = np.asfortranarray(np.ones((3, 5)))
    strided = np.arange(10)[::2]
    saved, block = block_of(
        array=array, fortran=fortran, strided=strided, empty=np.zeros(0), rest={"a": [1, "ä"]}
    )
    with open(tmp_path / "block", "wb") as file:
        saved.write(file)
    for source in (saved, block, open_file(str(tmp_path / "block"))):
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
def test_in_processes_of_its_own_one_file_serves_all(
    with_class: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = tmp_path / "memory"
    in_memory.mkdir()
    monkeypatch.setattr(shared_folder, "_IN_MEMORY", str(in_memory))
    written: list[Path] = []
    lay_out = parameter_shelf.ParameterShelf.lay_out

    def watched(self: Any, folder: Path) -> None:
        lay_out(self, folder)
        written.extend(in_memory.rglob("parameters"))

    monkeypatch.setattr(parameter_shelf.ParameterShelf, "lay_out", watched)
    check(fit(tmp_path, sums(with_class), executor="dask"))
    assert len(written) == 1
    assert list(in_memory.iterdir()) == []


def test_the_file_is_gone_after_a_failure_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_folder, "_IN_MEMORY", str(tmp_path))

    def train(config: dict[str, Any], data: Any) -> None:
        raise OSError("all fail")

    results = fit(tmp_path, with_parameters(train, data=np.ones(100)))
    assert results.num_errors == 4
    assert list(tmp_path.glob("pegbox-*")) == []


def test_without_room_in_memory_it_is_an_ordinary_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_folder, "_IN_MEMORY", str(tmp_path / "nowhere"))
    check(fit(tmp_path, sums(with_class=False)))
    assert shared_folder.make_memory_folder() is None
    assert shared_folder.roomy(tmp_path, 1)
    assert not shared_folder.roomy(tmp_path, 10**18)
    assert not shared_folder.roomy(tmp_path / "nowhere", 1)


_KILLED = """
import sys
from pegbox.executors.dask.embedded import EmbeddedCluster
folder = EmbeddedCluster(1).shared_folder(1)
(folder / "parameters").write_text("large")
print(folder, flush=True)
sys.stdin.read()
"""


def test_a_killed_driver_leaves_no_file() -> None:
    with run_python(_KILLED) as driver:
        folder = Path(first_line(driver))
        assert (folder / "parameters").is_file()
        os.kill(driver.pid, signal.SIGKILL)
        wait_until(lambda: not folder.exists())


def test_on_a_given_cluster_they_come_over_its_own_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parameter_shelf, "_PIECE", 30_000)
    pieces: list[int] = []
    piece = parameter_shelf.ParameterShelf.piece

    def counted(self: Any, number: int) -> bytes:
        pieces.append(number)
        return piece(self, number)

    monkeypatch.setattr(parameter_shelf.ParameterShelf, "piece", counted)
    layout = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": ":0"}
    with LocalCluster(**layout) as cluster, Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(1, PATIENCE_S)
        for with_class in (False, True):
            check(fit(tmp_path / str(with_class), sums(with_class), client=client))
    # Once for each run in the process, although two slots ran there.
    assert pieces == [0, 1, 2, 0, 1, 2]
