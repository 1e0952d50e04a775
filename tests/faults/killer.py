"""Kills drivers and workers at moments drawn from a seed; a process of its own.

    python -m faults.killer SEED

Prints the seed, then answers each line of JSON on standard input with one of its own. An order is
``{"kill": "driver", "pid": ..., "journal": ..., "round": ..., "early": ...}`` or ``{"kill":
"workers", "pid": ..., "journal": ..., "times": ...}``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psutil

from faults.journal import Entry, read_journals

__all__ = ["victims"]

#: A driver that is killed early may not have come to its first trial; seconds from its start.
_EARLY_WITHIN_S = 2.0
#: Others are killed so long after a trial of theirs has begun, at most.
_LATE_WITHIN_S = 0.8
#: Seconds between two workers' deaths, at most.
_BETWEEN_S = 0.5
#: pegbox gives up a trial at the third loss without a report between.
_LOSSES_ALLOWED = 2
_TICK_S = 0.005


def kill_driver(rng: random.Random, order: dict[str, Any]) -> dict[str, Any]:
    """Kill one driver; answers with the moment, or with None where it ended before."""
    driver, journal = psutil.Process(order["pid"]), Path(order["journal"])
    after = rng.uniform(0, _EARLY_WITHIN_S if order["early"] else _LATE_WITHIN_S)
    if not order["early"]:
        _wait(lambda: not _runs(driver) or _begun(journal, order["round"]))
    _wait(lambda: not _runs(driver), after)
    if not _runs(driver):
        return {"after_s": None}
    os.kill(driver.pid, signal.SIGKILL)
    return {"after_s": round(after, 3)}


def kill_workers(rng: random.Random, order: dict[str, Any]) -> dict[str, Any]:
    """Kill workers of one driver; answers with those that were hit."""
    driver, journal = psutil.Process(order["pid"]), Path(order["journal"])
    killed: list[int] = []
    at_any = False
    while len(killed) < order["times"] and _runs(driver):
        _wait(lambda: not _runs(driver), rng.uniform(0, _BETWEEN_S))
        safe, free = victims(read_journals(journal).values(), _alive)
        # Now and then any worker, also one that has only just started, or has nothing to do; but
        # not one after the other, since workers that never join end the run.
        at_any = bool(safe) and free and not at_any and rng.random() < 0.4
        pids = _workers(driver) if at_any else safe
        if pids:
            pid = rng.choice(sorted(pids))
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
            _wait(lambda pid=pid: not _alive(pid))  # type: ignore[misc]
    return {"killed": killed}


def victims(journals: Iterable[list[Entry]], alive: Callable[[int], bool]) -> tuple[set[int], bool]:
    """Processes whose death would not be their trial's third loss without a report between.

    Returns:
        Their ids, and whether that holds for the next loss of any trial, wherever it is.
    """
    pids, free = set(), True
    for entries in journals:
        last = entries[-1]
        if last.kind == "end":
            continue
        runs = alive(last.pid)
        attempt = last.attempt if runs else last.attempt + 1
        reported = [entry.attempt for entry in entries if entry.kind == "returned"]
        losses = attempt - reported[-1] + 1 if reported else attempt
        if runs and losses <= _LOSSES_ALLOWED:
            pids.add(last.pid)
        free = free and losses < _LOSSES_ALLOWED
    return pids, free


def _begun(journal: Path, round_: int) -> bool:
    last = [entries[-1] for entries in read_journals(journal).values() if entries]
    return any(entry.round == round_ for entry in last)


def _workers(driver: psutil.Process) -> set[int]:
    return {child.pid for child in driver.children() if "boot" in " ".join(child.cmdline())}


def _alive(pid: int) -> bool:
    try:
        return _runs(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _wait(condition: Callable[[], bool], timeout_s: float = float("inf")) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(min(_TICK_S, max(0.0, deadline - time.monotonic())))


def main() -> None:
    """Take orders until standard input ends."""
    seed = int(sys.argv[1])
    rng = random.Random(seed)
    print(json.dumps({"seed": seed}), flush=True)
    kinds = {"driver": kill_driver, "workers": kill_workers}
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(kinds[order["kill"]](rng, order)), flush=True)


if __name__ == "__main__":
    main()
