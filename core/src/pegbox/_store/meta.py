"""What is known of an experiment as a whole, and of each start of it; how that is written down."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pegbox.jsonvalue import dumps, loads
from pegbox.objective import Objective
from pegbox.usage import Usage

__all__ = [
    "Epoch",
    "ExperimentMeta",
    "as_last_started",
    "read_epochs",
    "read_meta",
    "read_run",
    "write_meta",
]


@dataclass(frozen=True, slots=True)
class ExperimentMeta:
    """What was fixed when the experiment was created. All mappings are JSON data.

    Attributes:
        run: The run's 5 hex digits.
        name: The experiment's name.
        trainable: The trainable's name, with which the names of trials begin.
        created: Wall time, seconds since 1970.
        version: The release of pegbox that created it.
        seed: The run's seed.
        objectives: What counts; empty where no metric was named.
        space: Description of the search space (`pegbox.space.Space.describe`).
        searcher: Name of the searcher. ``searcher_options``: how it was set up.
        scheduler: Name of the scheduler. ``scheduler_options``: how it was set up.
        settings: Everything else that the user set, e.g. ``num_samples``.
    """

    run: str
    name: str
    trainable: str
    created: float
    version: str
    seed: int
    objectives: tuple[Objective, ...]
    space: Mapping[str, Any]
    searcher: str
    searcher_options: Mapping[str, Any]
    scheduler: str
    scheduler_options: Mapping[str, Any]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Epoch:
    """One start of the experiment: the fresh one (1), or a restore.

    Attributes:
        number: From 1.
        started: Wall time, seconds since 1970.
        host: Where the driver ran. ``pid``: its process.
        versions: Package or interpreter name -> release.
        settings: What this start was given.
        ended: Seconds on the run's clock, or None where it was cut off or still runs.
        how: ``"complete"``, ``"interrupted"``, ``"failed"``, or None as for ``ended``.
        reason: For people; empty where complete.
        usage: Where its time went, as it was last stored; None where it never was.
    """

    number: int
    started: float
    host: str
    pid: int
    versions: Mapping[str, Any]
    settings: Mapping[str, Any]
    ended: float | None = None
    how: str | None = None
    reason: str | None = None
    usage: Usage | None = None


def as_last_started(meta: ExperimentMeta, epochs: Sequence[Epoch]) -> dict[str, Any]:
    """What the last start was given; a file of an older release may lack some of it.

    Args:
        meta: What was fixed at the creation. ``epochs``: all starts.
    """
    return {
        "searcher": {"name": meta.searcher, **meta.searcher_options},
        "scheduler": {"name": meta.scheduler, **meta.scheduler_options},
        "objectives": [{"metric": each.metric, "mode": each.mode} for each in meta.objectives],
        "seed": meta.seed,
        **meta.settings,
        **(epochs[-1].settings if epochs else {}),
    }


def write_meta(db: sqlite3.Connection, meta: ExperimentMeta) -> None:
    """Fill the table ``meta`` of a new file."""
    values = {field.name: getattr(meta, field.name) for field in fields(meta)}
    values["objectives"] = [{"metric": o.metric, "mode": o.mode} for o in meta.objectives]
    db.executemany(
        "INSERT INTO meta(key, value) VALUES (?, ?)",
        [(key, dumps(value)) for key, value in values.items()],
    )


def read_meta(db: sqlite3.Connection) -> ExperimentMeta:
    """What `write_meta` wrote."""
    rows: Iterable[tuple[str, str]] = db.execute("SELECT key, value FROM meta")
    values = {key: loads(value) for key, value in rows}
    values["objectives"] = tuple(Objective(**objective) for objective in values["objectives"])
    return ExperimentMeta(**values)


def read_run(db: sqlite3.Connection) -> str:
    """The run's 5 hex digits alone; from files of every schema version."""
    (value,) = db.execute("SELECT value FROM meta WHERE key = 'run'").fetchone()
    return str(loads(value))


def read_epochs(db: sqlite3.Connection) -> list[Epoch]:
    """All starts, the first one first."""
    rows = db.execute(
        "SELECT epoch, started, host, pid, versions, settings, ended, how, reason, usage"
        " FROM epochs ORDER BY epoch"
    )
    return [
        Epoch(
            *(number, started, host, pid, loads(versions), loads(settings), ended, how, reason),
            usage=None if usage is None else Usage(**loads(usage)),
        )
        for number, started, host, pid, versions, settings, ended, how, reason, usage in rows
    ]
