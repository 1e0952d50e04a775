"""`with_parameters` on a given cluster: one copy on each host, and none when the run is over.

All workers here are of this machine. Where a test needs two hosts, workers are told another name
of theirs, as those in another container would find one.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from clusters import (
    PATIENCE_S,
    first_line,
    lone_worker,
    run_python,
    scheduler_without_pegbox,
    wait_until,
)
from distributed import Client, LocalCluster
from pegbox import RunConfig, TuneConfig, Tuner, grid_search, with_parameters, with_resources
from pegbox.executors.dask.by_value import ship_by_value
from pegbox.executors.dask.parameters import desk as parameter_desk
from pegbox.executors.dask.parameters import shared_block
from pegbox.executors.dask.parameters import shelf as parameter_shelf
from pegbox.executors.dask.shipped import mailbox
from pegbox.executors.dask.shipped.mailbox import PLUGIN_NAME, Mailbox

SIZE = 1_000_000


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Three worker processes."""
    with (
        LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.wait_for_workers(3, PATIENCE_S)
        ship_by_value(mailbox)
        plugin = Mailbox()
        plugin.client_grace_s = 0.3
        client.register_plugin(plugin, name=PLUGIN_NAME)
        yield client


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where each piece begins that was sent in a run."""
    sent: list[int] = []
    piece = parameter_shelf.ParameterShelf.piece

    def counted(self: Any, start: int) -> memoryview:
        sent.append(start)
        return piece(self, start)

    monkeypatch.setattr(parameter_shelf, "PIECE", 300_000)
    monkeypatch.setattr(parameter_shelf.ParameterShelf, "piece", counted)
    return sent


@pytest.fixture
def hosts(client: Client) -> Iterator[Callable[..., None]]:
    """Puts the workers on hosts, in their order."""

    def put(*names: str | None) -> None:
        addresses = sorted(client.scheduler_info(n_workers=-1)["workers"])
        for address, name in zip(addresses, names, strict=True):
            client.run(calling(lambda name=name: name), workers=[address])

    yield put
    client.run(calling(shared_block.host_key))


def calling(host_key: Callable[[], str | None]) -> Callable[[], None]:
    """Lets a worker use that to find out on which host it is."""

    def call() -> None:
        from pegbox.executors.dask.parameters import pull as parameter_pull

        parameter_pull.host_key = host_key  # type: ignore[attr-defined]

    return call


def blocks() -> dict[str, set[int]]:
    """The blocks that anybody on this machine has open or in memory: token -> processes."""
    found: dict[str, set[int]] = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for token in re.findall(r"/memfd:pegbox-(\w+)", _open_or_mapped(pid)):
            found.setdefault(token, set()).add(int(pid))
    return found


def _open_or_mapped(pid: str) -> str:
    text = ""
    with contextlib.suppress(OSError):
        text += Path(f"/proc/{pid}/maps").read_text()
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # in this process, that of the listing itself
                text += "\n" + os.readlink(entry)
    return text


def ours() -> dict[str, set[int]]:
    """Those of them that this test's processes have, for others may test beside it."""
    here = psutil.Process()
    family = {here.pid, *(child.pid for child in here.children(recursive=True))}
    return {token: pids & family for token, pids in blocks().items() if pids & family}


def wait_until_gone(tokens: Iterable[str]) -> None:
    """Wait until nobody has any of these blocks."""
    wait_until(lambda: not set(tokens) & set(blocks()), "for the blocks to be let go")


def fit(folder: Path, trainable: Any, client: Client, n: int = 3) -> Any:
    results = Tuner(
        trainable,
        param_space={"x": grid_search(list(range(n)))},
        tune_config=TuneConfig(metric="loss", mode="min"),
        run_config=RunConfig(name="exp", storage_path=str(folder), verbose=0),
        client=client,
    ).fit()
    assert not results.errors
    return results


def seen(folder: Path, client: Client) -> dict[int, set[int]]:
    """Copy -> processes that saw it, in a run of one trial on each of the three workers."""
    meet = folder / "meet"
    meet.mkdir()

    def train(config: dict[str, Any], data: Any, meet: str) -> dict[str, Any]:
        maps = Path("/proc/self/maps").read_text()
        (inode,) = set(re.findall(r" (\d+) +/memfd:pegbox-", maps))
        Path(meet, str(os.getpid())).touch()
        pause = threading.Event()
        while len(os.listdir(meet)) < 3:
            pause.wait(0.01)
        return {"loss": float(data.sum()), "copy": int(inode), "by": os.getpid()}

    given = with_parameters(train, data=np.ones(SIZE // 8), meet=str(meet))
    results = fit(folder, given, client)
    assert {one.metrics["loss"] for one in results} == {SIZE // 8}
    found: dict[int, set[int]] = {}
    for one in results:
        found.setdefault(one.metrics["copy"], set()).add(one.metrics["by"])
    wait_until(lambda: not ours(), "for the workers to let go")
    return found


def test_on_the_drivers_own_host_nothing_is_sent(
    client: Client, tmp_path: Path, pieces: list[int]
) -> None:
    ((_, processes),) = seen(tmp_path, client).items()
    assert len(processes) == 3
    assert pieces == []


def test_each_other_host_pulls_once(
    client: Client, tmp_path: Path, pieces: list[int], hosts: Callable[..., None]
) -> None:
    hosts("a", "b", "b")
    found = seen(tmp_path, client)
    assert sorted(len(processes) for processes in found.values()) == [1, 2]
    assert sorted(pieces) == sorted([0, 300_000, 600_000, 900_000] * 2)


def test_a_process_that_knows_no_host_has_a_copy_of_its_own(
    client: Client, tmp_path: Path, pieces: list[int], hosts: Callable[..., None]
) -> None:
    hosts("a", "a", None)
    found = seen(tmp_path, client)
    assert sorted(len(processes) for processes in found.values()) == [1, 2]


def test_workers_that_are_called_one_host_but_are_not_pull_for_themselves(
    client: Client, tmp_path: Path, pieces: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a path leads to is looked at: here the driver's is that of another file."""
    with open(tmp_path / "other", "wb") as other:
        path = f"/proc/{os.getpid()}/fd/{other.fileno()}"
        monkeypatch.setattr(parameter_shelf.ParameterShelf, "share", lambda self, folder: path)
        found = seen(tmp_path, client)
    assert len({pid for processes in found.values() for pid in processes}) == 3
    assert len(pieces) == 4 * len(found)


def test_frames_and_nested_arrays_are_not_copied_either(client: Client, tmp_path: Path) -> None:
    def look(config: dict[str, Any], frame: Any, nested: Any) -> dict[str, Any]:
        column = frame["b"].to_numpy()
        inner = nested["deep"][1]["x"]
        return {
            "loss": float(column.sum() + inner.sum()),
            "writable": [bool(one.flags.writeable) for one in (column, inner)],
            "owned": [bool(_owns(one)) for one in (column, inner)],
            "text": frame["text"].iloc[-1],
        }

    def _owns(array: Any) -> bool:
        while isinstance(array.base, np.ndarray):
            array = array.base
        return bool(array.flags.owndata)

    frame = pd.DataFrame({"a": np.arange(1000), "b": np.ones(1000), "text": ["ä"] * 1000})
    nested = {"deep": [1, {"x": np.asfortranarray(np.ones((10, 10)))}]}
    results = fit(tmp_path, with_parameters(look, frame=frame, nested=nested), client)
    for one in results:
        assert one.metrics["loss"] == 1100
        assert one.metrics["writable"] == [False, False]
        assert one.metrics["owned"] == [False, False]
        assert one.metrics["text"] == "ä"


def test_nothing_stays_in_workers_when_trials_fail_or_hold_on_to_it(
    client: Client, tmp_path: Path
) -> None:
    def hold(config: dict[str, Any], data: Any) -> dict[str, float]:
        circle: dict[str, Any] = {"data": data}
        circle["self"] = circle
        if config["x"]:
            raise ValueError("in the middle")
        return {"loss": 1}

    results = Tuner(
        with_parameters(hold, data=np.ones(SIZE)),
        param_space={"x": grid_search([0, 1, 0, 1])},
        tune_config=TuneConfig(metric="loss", mode="min"),
        run_config=RunConfig(name="exp", storage_path=str(tmp_path), verbose=0),
        client=client,
    ).fit()
    assert results.num_errors == 2
    wait_until(lambda: not ours(), "for the workers to let go")


@contextlib.contextmanager
def workers() -> Iterator[Client]:
    """Three, each of one thread, where pegbox is not installed on the scheduler."""
    with (
        scheduler_without_pegbox() as address,
        lone_worker(address, "1"),
        lone_worker(address, "2"),
        lone_worker(address, "3"),
        Client(address, set_as_default=False) as client,
    ):
        client.wait_for_workers(3, PATIENCE_S)
        yield client


@contextlib.contextmanager
def gpus_of_one_worker() -> Iterator[Client]:
    """Two, so that each trial has a process of its own beside the worker's."""
    gpus = {"n_workers": 1, "threads_per_worker": 2, "resources": {"GPU": 2}}
    with (
        LocalCluster(dashboard_address=":0", **gpus) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.wait_for_workers(1, PATIENCE_S)
        yield client


@pytest.mark.parametrize("cluster", [workers, gpus_of_one_worker])
def test_a_puller_that_is_killed_is_followed_by_another(
    cluster: Any, tmp_path: Path, pieces: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what it has pulled is gone with it; the trial runs again."""
    monkeypatch.setattr(parameter_desk, "host_key", lambda: "elsewhere")
    victims: list[int] = []

    def watched(self: Any, start: int) -> memoryview:
        if start and not victims:
            ((victim,),) = ours().values()
            victims.append(victim)
            os.kill(victim, signal.SIGKILL)
        return counted(self, start)

    def total(config: dict[str, Any], data: Any) -> dict[str, Any]:
        return {"loss": float(data.sum())}

    counted = parameter_shelf.ParameterShelf.piece
    monkeypatch.setattr(parameter_shelf.ParameterShelf, "piece", watched)
    with cluster() as client:
        given = with_parameters(total, data=np.ones(SIZE // 8))
        if cluster is gpus_of_one_worker:
            given = with_resources(given, {"cpu": 1, "gpu": 1})
        results = fit(tmp_path, given, client, n=4)
        assert {one.metrics["loss"] for one in results} == {SIZE // 8}
        assert pieces == [0, 300_000, 0, 300_000, 600_000, 900_000]
        wait_until(lambda: not ours(), "for the workers to let go")
    assert len(victims) == 1


_DRIVER = """
import sys, time
import numpy as np
from pathlib import Path
from distributed import Client
from pegbox import *
from pegbox.executors.dask.parameters import desk as parameter_desk
if sys.argv[3] == "elsewhere":
    parameter_desk.host_key = lambda: "elsewhere"

def train(config, data, ready):
    Path(ready, str(config["x"])).touch()
    while True:
        report({"loss": float(data.sum())})

if __name__ == "__main__":
    folder = Path(sys.argv[2])
    (folder / "ready").mkdir()
    print("begins", flush=True)
    Tuner(
        with_parameters(train, data=np.ones(1_000_000), ready=str(folder / "ready")),
        param_space={"x": grid_search([0, 1])},
        tune_config=TuneConfig(metric="loss", mode="min"),
        run_config=RunConfig(name="exp", storage_path=str(folder), verbose=0),
        client=Client(sys.argv[1]) if sys.argv[1] else None,
    ).fit()
"""


@pytest.mark.parametrize("where", ["own workers", "here", "elsewhere"])
def test_a_killed_driver_leaves_nothing(where: str, tmp_path: Path, client: Client) -> None:
    address = "" if where == "own workers" else client.scheduler.address
    with run_python(_DRIVER, address, str(tmp_path), where, cwd=tmp_path) as driver:
        first_line(driver)
        wait_until(lambda: len(os.listdir(tmp_path / "ready")) == 2)
        ((token, holders),) = ours().items()
        assert (driver.pid in holders) == (where != "elsewhere")
        os.kill(driver.pid, signal.SIGKILL)
        wait_until_gone({token})
