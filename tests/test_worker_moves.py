"""Workers join, leave, are retired and killed at random: a run ends whole, and nothing leaks."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import secrets
import threading
from pathlib import Path

import pegbox
import pytest
from clusters import scheduler_without_pegbox, wait_until
from distributed import Client
from faults.auditor import audit, read_ledger
from faults.farm import KINDS, PATIENCE_S, Farm
from faults.trial import train
from pegbox.executors.dask.shipped import growth, mailbox
from pegbox.executors.dask.slots import SlotTable
from pegbox.searcher import FINISHED, Searcher, Traits

#: How many moves; set ``PEGBOX_FAULT_MOVES`` for a longer run.
MOVES = int(os.environ.get("PEGBOX_FAULT_MOVES", "6"))
REPORTS = 8
SHAPES = (
    {"cpu": 0.5},
    {"cpu": 1},
    {"cpu": 2},
    {"cpu": 1, "gpu": 1},
    {"cpu": 0.5, "gpu": 0.5},
    {"cpu": 1, "disks": 1},
)


class Endless(Searcher):
    """Proposes any shape until a file is there."""

    traits = Traits(cheap=True)

    def __init__(self, done: Path, seed: int) -> None:
        self._done = done
        self._rng = random.Random(seed)

    def suggest(self):
        if self._done.exists():
            return FINISHED
        return {"x": self._rng.uniform(-1, 1), "shape": self._rng.randrange(len(SHAPES))}


class Mover(threading.Thread):
    """Makes the moves beside the run, then lets it end."""

    def __init__(self, farm: Farm, rng: random.Random, folder: Path, done: Path) -> None:
        super().__init__(name="mover")
        self._farm, self._rng, self._folder, self._done = farm, rng, folder, done
        self.moves: list[str] = []
        self.error: BaseException | None = None
        #: Those of runs that other tests made.
        self._old_tables = slot_tables()

    def run(self) -> None:
        try:
            self._move()
        except BaseException as error:
            self.error = error
        finally:
            self._done.touch()

    def _move(self) -> None:
        pause = threading.Event()
        wait_until(lambda: self._launches(0), "for the first launch", PATIENCE_S)
        for _ in range(MOVES):
            self.moves.append(self._farm.move())
            pause.wait(self._rng.uniform(0, 0.6))
        there = set(self._farm.complete().values())
        self._wait_for_work_of_each_kind(there)
        wait_until(lambda: self._slots_on() <= there, "for slots of dead workers to be forgotten")

    def _wait_for_work_of_each_kind(self, there: set[str]) -> None:
        """Room that leaked would show: each worker takes trials, also those for what it has."""
        since = read_ledger(self._folder).events[-1]["seq"]
        scarce = {"gpu", "disks"}

        def all_work() -> bool:
            launches = self._launches(since)
            names = {name for _, asked in launches for name in asked}
            return {worker for worker, _ in launches} >= there and names >= scarce

        wait_until(all_work, "for trials on every worker", PATIENCE_S)

    def _slots_on(self) -> set[str]:
        """Workers on which this run thinks that it has slots."""
        old = {id(table) for table in self._old_tables}
        tables = [table for table in slot_tables() if id(table) not in old]
        return {slot.worker for table in tables for slot in list(table.slots.values())}

    def _launches(self, since: int) -> list[tuple[str, dict[str, float]]]:
        """Worker and request of each launch since an event."""
        if not (self._folder / "experiment.sqlite").exists():
            return []
        ledger = read_ledger(self._folder)
        asked = {
            row["trial"]: json.loads(row["payload"])["resources"] for row in ledger.of("Suggested")
        }
        return [
            (row["worker"], asked[row["trial"]])
            for row in ledger.of("Launched")
            if row["seq"] > since
        ]


def slot_tables() -> list[SlotTable]:
    """The accounts of slots that runs of this process have."""
    # By its type: a dead weak reference answers `isinstance` with an error.
    return [each for each in gc.get_objects() if type(each) is SlotTable]


def settled(look):
    """What is left after a while; nothing, where nothing is."""
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not look(), timeout_s=20)
    return look()


def left_at_scheduler(client):
    """What of pegbox a scheduler still knows: tasks, amounts in use, runs, wishes."""

    def look(mailbox_name, growth_name, dask_scheduler):
        states = list(dask_scheduler.workers.values())
        return [
            *dask_scheduler.tasks,
            *(state.address for state in states if any(state.used_resources.values())),
            *(state.address for state in states if state.processing),
            *dask_scheduler.plugins[mailbox_name].runs,
            *dask_scheduler.plugins[growth_name].wishes,
        ]

    return client.run_on_scheduler(look, mailbox.PLUGIN_NAME, growth.PLUGIN_NAME)


def left_at_workers(client):
    """Tasks and amounts that workers still hold."""

    def look(dask_worker):
        state = dask_worker.state
        held = state.available_resources != state.total_resources
        return [*map(str, state.tasks), *([str(state.available_resources)] if held else [])]

    return [what for found in client.run(look).values() for what in found]


@pytest.mark.slow
def test_workers_come_and_go_and_nothing_is_lost_or_left(tmp_path):
    seed = int(os.environ.get("PEGBOX_FAULT_SEED") or secrets.randbelow(10**6))
    print(f"PEGBOX_FAULT_SEED={seed}")
    rng = random.Random(seed)
    journal, folder, done = tmp_path / "journal", tmp_path / "moved", tmp_path / "done"
    journal.mkdir()
    with (
        scheduler_without_pegbox() as address,
        Client(address, set_as_default=False) as client,
    ):
        farm = Farm(client, rng)
        mover = Mover(farm, rng, folder, done)
        try:
            farm.complete()
            mover.start()
            results = pegbox.Tuner(
                pegbox.with_resources(train, lambda config: config["shape"]),
                param_space={
                    "x": pegbox.uniform(-1, 1),
                    "shape": pegbox.choice(SHAPES),
                    "journal": str(journal),
                    "iterations": REPORTS,
                    "report_s": 0.02,
                },
                tune_config=pegbox.TuneConfig(
                    metric="loss", mode="min", num_samples=-1, search_alg=Endless(done, seed)
                ),
                run_config=pegbox.RunConfig(name="moved", storage_path=str(tmp_path), verbose=0),
                client=client,
            ).fit()
            mover.join()
            print("; ".join(mover.moves))
            if mover.error is not None:
                raise mover.error
            assert len(farm.workers) >= len(KINDS)
            assert settled(lambda: left_at_scheduler(client)) == []
            assert settled(lambda: left_at_workers(client)) == []
        finally:
            done.touch()
            farm.end()
    lost = [row for row in read_ledger(folder).of("Ended") if row["outcome"] == "lost"]
    print(f"{len(results)} trials, {len(lost)} tries lost in {MOVES} moves")
    assert [error.message for error in results.errors] == []
    assert {result.status.value for result in results} == {"TERMINATED"}
    assert {result.metrics["training_iteration"] for result in results} == {REPORTS}
    complaints = audit(folder, journal, len(results))
    assert not complaints, "\n".join(complaints)
