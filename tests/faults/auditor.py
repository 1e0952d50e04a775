"""Compares what trials say that happened with what the store says, and with the folder.

Reads the store as any SQLite tool does, without pegbox.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from faults.journal import Entry, read_journals
from faults.trial import CHECKPOINT_EVERY, STATE_FILE

__all__ = ["Ledger", "audit", "open_tries", "read_ledger"]

_MANIFEST = ".pegbox-checkpoint.json"
_ENDED = ("finished", "stopped", "failed")


@dataclass(frozen=True)
class Ledger:
    """What the store says.

    Attributes:
        events: All rows of the table, oldest first.
        results: Iteration and value of each result that counts, by trial.
        checkpoints: Path and iteration of each checkpoint that was recorded and not dropped, by
            trial.
        states: State of each trial.
        epochs: All rows of the table, oldest first.
    """

    events: list[sqlite3.Row]
    results: Mapping[int, list[tuple[int, float]]]
    checkpoints: Mapping[int, list[tuple[str, int]]]
    states: Mapping[int, str]
    epochs: list[sqlite3.Row]

    def of(self, kind: str) -> list[sqlite3.Row]:
        """The events of a kind."""
        return [row for row in self.events if row["kind"] == kind]


def read_ledger(folder: Path) -> Ledger:
    """Read the store of an experiment, also of one whose driver was killed."""
    path = folder / "experiment.sqlite"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        states = dict(map(tuple, db.execute("SELECT number, state FROM trials")))
        results: dict[int, list[Any]] = {number: [] for number in states}
        for row in db.execute("SELECT trial, iteration, metrics FROM results ORDER BY seq"):
            results[row["trial"]].append((row["iteration"], json.loads(row["metrics"])["loss"]))
        checkpoints: dict[int, list[Any]] = {number: [] for number in states}
        for row in db.execute("SELECT trial, path, iteration FROM checkpoints ORDER BY seq"):
            checkpoints[row["trial"]].append((row["path"], row["iteration"]))
        return Ledger(
            db.execute("SELECT * FROM events ORDER BY seq").fetchall(),
            results,
            checkpoints,
            states,
            db.execute("SELECT * FROM epochs ORDER BY epoch").fetchall(),
        )


def open_tries(entries: Sequence[Entry], round_: int) -> set[int]:
    """Trials whose function had begun under a driver and had not ended."""
    mine = [entry for entry in entries if entry.round == round_]
    begun = {(entry.trial, entry.attempt) for entry in mine if entry.kind == "start"}
    over = {(entry.trial, entry.attempt) for entry in mine if entry.kind == "end"}
    return {trial for trial, _ in begun - over}


def audit(folder: Path, journal: Path, trials: int, keep: int | None = None) -> list[str]:
    """What does not fit, a sentence for each; for an experiment that has ended.

    Args:
        folder: The experiment's folder.
        journal: Folder of the trials' own accounts.
        trials: How many there were to be.
        keep: How many checkpoints of each were to stay; None for all.
    """
    ledger, journals = read_ledger(folder), read_journals(journal)
    found = list(_ends(ledger, trials))
    for trial in ledger.states:
        entries = journals.get(trial, [])
        checks = (
            *_reports(ledger, trial, entries),
            *_checkpoints(ledger, trial, entries, folder),
            *_disk(ledger, trial, folder, keep),
            *_tries(ledger, trial, entries),
            *_decisions(ledger, trial),
        )
        found += [f"trial {trial}: {complaint}" for complaint in checks]
    return found


def _ends(ledger: Ledger, trials: int) -> Iterator[str]:
    if sorted(ledger.states) != list(range(trials)):
        yield f"there are {len(ledger.states)} trials, and were to be {trials}"
    ends = Counter(row["trial"] for row in ledger.of("Ended") if row["became"] in _ENDED)
    for trial, state in ledger.states.items():
        if ends[trial] != 1:
            yield f"trial {trial}: ended {ends[trial]} times"
        if state not in _ENDED:
            yield f"trial {trial}: is {state} in the end"


def _reports(ledger: Ledger, trial: int, entries: Sequence[Entry]) -> Iterator[str]:
    results = ledger.results[trial]
    for entry in entries:
        if entry.kind == "returned" and (entry.iteration, entry.value) not in results:
            yield f"report {entry.iteration} = {entry.value} returned, and is not in {results}"
    if [iteration for iteration, _ in results] != list(range(1, len(results) + 1)):
        yield f"its results are not one for each iteration: {results}"


def _checkpoints(
    ledger: Ledger, trial: int, entries: Sequence[Entry], folder: Path
) -> Iterator[str]:
    reports = [row for row in ledger.of("Reported") if row["trial"] == trial and row["checkpoint"]]
    recorded = {row["iteration"] for row in reports}
    for entry in entries:
        if entry.kind == "returned" and entry.kept and entry.iteration not in recorded:
            yield f"the checkpoint of report {entry.iteration} was never recorded"
    for path, iteration in ledger.checkpoints[trial]:
        place = folder / path
        if not (place / _MANIFEST).is_file() or not (place / STATE_FILE).is_file():
            yield f"its recorded checkpoint {path} is not whole"
            continue
        state = json.loads((place / STATE_FILE).read_text())
        if state["iteration"] != iteration or int(state["trial_id"][-5:]) != trial:
            yield f"its recorded checkpoint {path} holds {state}"


def _disk(ledger: Ledger, trial: int, folder: Path, keep: int | None) -> Iterator[str]:
    """Where only some checkpoints were to stay: these are there, and nothing else."""
    if keep is None:
        return
    reports = [row for row in ledger.of("Reported") if row["trial"] == trial and row["checkpoint"]]
    latest = [json.loads(row["checkpoint"])["path"] for row in reports[-keep:]]
    if sorted(latest) != sorted(path for path, _ in ledger.checkpoints[trial]):
        yield f"the store keeps {ledger.checkpoints[trial]}, and is to keep {latest}"
    places = {(folder / path).parent for path in latest}
    there = {str(path.relative_to(folder)) for place in places for path in place.iterdir()}
    if there != set(latest):
        yield f"on disk are {sorted(there)}, and are to be {sorted(latest)}"


def _tries(ledger: Ledger, trial: int, entries: Sequence[Entry]) -> Iterator[str]:
    """No try began twice, and each went on from what had been recorded last before it.

    A launch may be stored a moment after it left. One that a killed driver took along is made again
    under the same number, by the next driver.
    """
    mine = [row for row in ledger.events if row["trial"] == trial]
    launched = {row["attempt"]: row["seq"] for row in mine if row["kind"] == "Launched"}
    reports = [row for row in mine if row["kind"] == "Reported"]
    kept = [(row["seq"], row["iteration"]) for row in reports if row["checkpoint"] is not None]
    starts = [entry for entry in entries if entry.kind == "start"]
    if len({(entry.round, entry.attempt) for entry in starts}) != len(starts):
        yield f"a try of it began twice: {starts}"
    for start in starts:
        known = [iteration for seq, iteration in kept if seq < launched[start.attempt]]
        if start.iteration != (known[-1] if known else 0):
            yield f"try {start.attempt} went on from {start.iteration}, recorded was {known}"
    for one, next_one in pairwise(starts):
        of_one = [e for e in entries if (e.round, e.attempt) == (one.round, one.attempt)]
        returned = [e.iteration for e in of_one if e.kind == "returned"]
        repeated = max(returned, default=one.iteration) - next_one.iteration
        if repeated > CHECKPOINT_EVERY:
            yield f"try {next_one.attempt} repeated {repeated} reports"


def _decisions(ledger: Ledger, trial: int) -> Iterator[str]:
    """What was decided counts, and a report belongs to the try that was launched last."""
    attempt, stopped = 0, False
    for row in ledger.events:
        if row["trial"] != trial:
            continue
        if row["kind"] in ("Launched", "Reported") and stopped:
            yield f"{row['kind']} {row['iteration'] or ''} followed on the decision to stop it"
        if row["kind"] == "Launched":
            attempt = row["attempt"]
        elif row["kind"] == "Reported":
            stopped = stopped or row["outcome"] == "STOP"
            if row["attempt"] != attempt:
                yield f"try {row['attempt']} reported while {attempt} ran"
