"""Workers of several kinds, trials of several sizes: nothing is ever given twice.

The account is kept outside pegbox: each trial writes down when it began and ended and what it was
given, and afterwards the intervals are summed.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter

import pegbox
import pytest
from clusters import PATIENCE_S, lone_worker, scheduler_without_pegbox
from distributed import Client
from pegbox import RunConfig, TuneConfig, Tuner, choice

pytestmark = pytest.mark.slow

#: Name -> threads and other resources.
WORKERS = {"one": (1, {"GPU": 2}), "two": (2, {"hdd": 100}), "eight": (8, {})}
REQUESTS = [
    *({"cpu": cpus} for cpus in (0.125, 0.5, 1, 4)),
    *({"cpu": 0.125, "gpu": gpus} for gpus in (0.25, 0.5, 1, 2)),
    *({"cpu": 0.5, "hdd": amount} for amount in (10, 60)),
]


@pytest.fixture
def client(tmp_path):
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(scheduler_without_pegbox())
        for name, (threads, resources) in WORKERS.items():
            environment = {"WORKER": name, "CUDA_VISIBLE_DEVICES": "0,1"}
            options = {"nthreads": threads, "resources": resources, "environment": environment}
            stack.enter_context(lone_worker(address, name, **options))
        client = stack.enter_context(Client(address, set_as_default=False))
        client.wait_for_workers(len(WORKERS), PATIENCE_S)
        yield client


def writing_down(path):
    def train(config):
        context = pegbox.get_context()
        resources = dict(context.get_trial_resources())

        def note(sign):
            line = [time.monotonic(), sign, os.environ["WORKER"], resources, context.gpu_ids]
            with open(path, "a") as file:
                file.write(json.dumps(line) + "\n")

        note(1)
        for step in range(3):
            pegbox.report({"loss": config["size"] + step})
        note(-1)

    return train


def moments(path):
    """What is in use on each worker after each line: amounts by name, and shares of devices."""
    used = {name: Counter() for name in WORKERS}
    devices = {name: Counter() for name in WORKERS}
    lines = sorted(json.loads(line) for line in path.read_text().splitlines())
    for _, sign, worker, resources, gpu_ids in lines:
        used[worker].update({name.lower(): sign * n for name, n in resources.items()})
        share = resources.get("GPU", 0) / max(1, len(gpu_ids))
        devices[worker].update(dict.fromkeys(gpu_ids, sign * share))
        yield worker, dict(used[worker]), dict(devices[worker])


def test_nothing_is_given_twice(client, tmp_path):
    path = tmp_path / "account"
    trainable = pegbox.with_resources(writing_down(path), lambda config: REQUESTS[config["size"]])
    grid = Tuner(
        trainable,
        param_space={"size": choice(list(range(len(REQUESTS))))},
        tune_config=TuneConfig(metric="loss", mode="min", num_samples=60, seed=1),
        run_config=RunConfig(name="run", storage_path=str(tmp_path), verbose=0),
        client=client,
    ).fit()
    assert (len(grid), grid.num_errors) == (60, 0)
    seen = list(moments(path))
    assert len(seen) == 120
    for worker, used, devices in seen:
        threads, resources = WORKERS[worker]
        assert used.get("cpu", 0) <= threads
        assert used.get("gpu", 0) <= resources.get("GPU", 0)
        assert used.get("hdd", 0) <= resources.get("hdd", 0)
        assert all(share <= 1.0001 for share in devices.values())
    assert all(not any(used.values()) for used in {name: used for name, used, _ in seen}.values())
    # They did run side by side, or it would prove nothing.
    assert {worker for worker, *_ in seen} == set(WORKERS)
    assert max(used["cpu"] for worker, used, _ in seen if worker == "eight") > 1
