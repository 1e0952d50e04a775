"""Which GPUs a process sees, how a machine's are divided, and which of them a worker has."""

from __future__ import annotations

import contextlib
import gc
import sys

import pytest
from clusters import first_line, run_python
from pegbox._trial import devices
from pegbox._trial.devices import announced_devices, device_variables, visible_devices
from pegbox.demand import Demand, fixed_demand
from pegbox.errors import ConfigError
from pegbox.executors.dask.embedded.layout import lay_out
from pegbox.executors.dask.slot.worker_devices import worker_devices
from pegbox.resources import Resources

# What the environment says


@pytest.mark.parametrize(
    ("variable", "seen"),
    [
        ("0,1", (0, 1)),
        (" 3 , 1 ", (3, 1)),
        ("", ()),
        ("-1", ()),
        ("NoDevFiles", ()),
        ("2,-1,0", (2,)),  # as CUDA reads it
        ("GPU-1a2b,MIG-3c", ("GPU-1a2b", "MIG-3c")),
    ],
)
def test_a_list_is_read_as_cuda_reads_it(variable, seen):
    assert visible_devices({"CUDA_VISIBLE_DEVICES": variable}) == seen


@pytest.mark.parametrize(
    ("forced", "seen"),
    [
        ("2", (4, 5)),
        ("8", tuple(range(8))),
        ("0", ()),
        ("1,3", (1, 3)),
        ("7,", (7,)),
        ("GPU-1a,", ("GPU-1a",)),
        ("", (4, 5, 6)),
    ],
)
def test_what_there_is_can_be_stated(forced, seen):
    environment = {"PEGBOX_GPUS": forced, "CUDA_VISIBLE_DEVICES": "4,5,6"}
    assert visible_devices(environment) == seen
    assert announced_devices(environment) == len(seen)


@pytest.mark.parametrize("forced", ["two", "-1", "1.5", "GPU-1a", "0,,1", ","])
def test_a_statement_that_cannot_be_read_is_refused(forced):
    with pytest.raises(ConfigError, match="PEGBOX_GPUS"):
        visible_devices({"PEGBOX_GPUS": forced})


def test_a_process_that_is_shown_devices_sees_just_these():
    for ids in [(), (1,), (1, 0), ("GPU-1a",)]:
        assert visible_devices({"PEGBOX_GPUS": "4", **device_variables(ids)}) == ids


@pytest.fixture
def drivers_list(tmp_path, monkeypatch):
    """The kernel driver's list of two devices."""
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / "gpus" / name).mkdir(parents=True)
    monkeypatch.setattr(devices, "_ENTRIES", tmp_path / "gpus")


@pytest.fixture
def nvml(tmp_path, monkeypatch):
    """NVIDIA's Python package, or what we use of it; whatever the program says is its body."""

    def install(body):
        (tmp_path / "pynvml.py").write_text(f"class NVMLError(Exception): ...\n{body}")
        monkeypatch.syspath_prepend(tmp_path)

    yield install
    sys.modules.pop("pynvml", None)


def test_without_a_variable_the_driver_is_asked(drivers_list):
    assert visible_devices({}) == (0, 1)
    assert announced_devices({}) == 2


def test_nvml_knows_better_than_the_kernels_list(drivers_list, nvml):
    nvml("def nvmlInit(): ...\ndef nvmlShutdown(): ...\ndef nvmlDeviceGetCount(): return 5\n")
    assert visible_devices({}) == tuple(range(5))


def test_an_nvml_without_a_driver_knows_nothing(drivers_list, nvml):
    nvml("def nvmlInit(): raise NVMLError('no driver')\n")
    assert visible_devices({}) == (0, 1)


# How pegbox's own workers share a machine


def asks(**amounts):
    return fixed_demand(Resources(amounts))


def varying(least, most):
    return Demand(Resources(least), Resources(most), lambda config: Resources(least))


def shown(layout):
    return [variables["CUDA_VISIBLE_DEVICES"] for variables in layout.environments]


@pytest.mark.parametrize(
    ("amounts", "shares"),
    [
        ({"cpu": 1, "gpu": 1}, ["0", "1", "2", "3"]),
        ({"gpu": 1}, ["0", "1", "2", "3"]),
        ({"cpu": 2, "gpu": 2}, ["0,1", "2,3"]),
        ({"cpu": 1, "gpu": 3}, ["0,1,2"]),
        ({"cpu": 4, "gpu": 1}, ["0", "1"]),
        ({"cpu": 1, "gpu": 0.5}, ["0", "1", "2", "3", "0", "1", "2", "3"]),
        ({"cpu": 2, "gpu": 0.3}, ["0", "1", "2", "3"]),
        ({"cpu": 0.1, "gpu": 0.6}, ["0", "1", "2", "3"]),
        ({"cpu": 1}, [""] * 8),
    ],
)
def test_a_worker_for_each_set_of_devices_that_there_are_cores_for(amounts, shares):
    layout = lay_out(asks(**amounts), None, 8, (0, 1, 2, 3))
    assert shown(layout) == shares
    assert layout.workers == len(shares)
    assert layout.gpu == amounts.get("gpu", 0)


def test_few_trials_are_spread_over_the_devices():
    assert shown(lay_out(asks(cpu=1, gpu=0.25), 3, 8, (0, 1))) == ["0", "1", "0"]


def test_where_requests_vary_one_worker_has_everything():
    layout = lay_out(
        varying({"cpu": 1}, {"cpu": 2, "gpu": 2}), None, 8, ("GPU-a", "GPU-b", "GPU-c")
    )
    assert (layout.workers, layout.threads, layout.gpu) == (1, 8, 3)
    assert shown(layout) == ["GPU-a,GPU-b,GPU-c"]


# What a worker has


class Worker:
    """Something that lives and dies."""


def test_a_worker_that_has_all_that_its_process_sees_locks_none(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    assert worker_devices(Worker(), 2) == (3, 1)
    assert worker_devices(Worker(), 1.5) == (3, 1)
    assert list(tmp_path.iterdir()) == []


def test_without_any_devices_to_be_seen_they_are_numbered(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert worker_devices(Worker(), 3) == (0, 1, 2)


def test_more_than_can_be_seen_is_refused(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with pytest.raises(ConfigError, match=r"advertises GPU=2, .* only 1 \(3\)\n.*--resources"):
        worker_devices(Worker(), 2)


def test_workers_of_one_host_share_the_list_until_all_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6")
    workers = [Worker() for _ in range(4)]
    had = [worker_devices(worker, 1) for worker in workers]
    assert had == [(4,), (5,), (6,), (4,)]
    assert [worker_devices(worker, 1) for worker in workers] == had
    del workers[1]
    gc.collect()
    assert worker_devices(Worker(), 1) == (5,)


CLAIM = """
import threading
from pegbox.executors.dask.slot.worker_devices import worker_devices
class Worker: ...
worker = Worker()
print(worker_devices(worker, 1)[0], flush=True)
threading.Event().wait()
"""


def test_what_a_killed_process_had_is_free_at_once(tmp_path):
    environment = {"TMPDIR": str(tmp_path), "CUDA_VISIBLE_DEVICES": "0,1"}
    with run_python(CLAIM, environment=environment) as first:
        assert first_line(first) == "0"
        for _ in range(3):
            with run_python(CLAIM, environment=environment) as second:
                assert first_line(second) == "1"
    with run_python(CLAIM, environment=environment) as third:
        assert first_line(third) == "0"


def test_rotated_lists_leave_each_worker_its_own_first_device(tmp_path):
    """As dask-cuda starts its workers."""
    with contextlib.ExitStack() as stack:
        for order in ("2,0,1", "0,1,2", "1,2,0"):
            environment = {"TMPDIR": str(tmp_path), "CUDA_VISIBLE_DEVICES": order}
            process = stack.enter_context(run_python(CLAIM, environment=environment))
            assert first_line(process) == order[0]
