"""The store as everyone else uses it: rows of trials and results, while the driver works or after.

Needs no code of the user's: configurations stay JSON data.
"""

from __future__ import annotations

import os
from bisect import bisect
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

from pegbox._engine.row_values import checkpoint_from_text, failure_from_text
from pegbox._engine.rows import COLUMNS, from_row
from pegbox._store.meta import Epoch, ExperimentMeta, read_epochs, read_meta
from pegbox._store.read_connection import open_for_reading
from pegbox._store.saved_checkpoints import saved_checkpoints
from pegbox._store.scores import scores
from pegbox._store.trial_index import stored_checkpoint
from pegbox.autofill import compose
from pegbox.events import PlaceOpened
from pegbox.jsonvalue import loads
from pegbox.objective import Mode
from pegbox.trial import CheckpointRecord, State, TrialFailure, trial_id

__all__ = ["Reader", "TrialRow"]


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One trial.

    Attributes:
        number: Position in the order of suggestion, from 0.
        state: As of the last stored event.
        attempt: Tries started; 0 before the first.
        name: Its name. ``folder_name``: that of its folder.
        tag: ``experiment_tag``.
        point: Flat path to plain value, as the searcher proposed it.
        config: The configuration as JSON data.
        resources: Amount of each resource that it asks for while it runs.
        result: The last result with its autofilled values; None before the first report.
        checkpoint: Where it would go on from.
        failure: Why it failed; None unless it did.
    """

    number: int
    state: State
    attempt: int
    name: str
    folder_name: str
    tag: str
    point: Mapping[str, float | int]
    config: Mapping[str, Any]
    resources: Mapping[str, float]
    result: dict[str, Any] | None
    checkpoint: CheckpointRecord | None
    failure: TrialFailure | None


class _Report(NamedTuple):
    """The columns of a report, as `_REPORT` selects them."""

    attempt: int
    iteration: int
    time_this_iter_s: float
    time_total_s: float
    timestamp: float
    place: int
    checkpoint: str | None
    metrics: str
    seq: int


class _Since(NamedTuple):
    """Where the try of a report began, and what it added up to."""

    iteration: int
    time_total_s: float
    timesteps: int = 0


_REPORT: Final = (
    "{0}.attempt, {0}.iteration, {0}.time_this_iter_s, {0}.time_total_s, {0}.timestamp,"
    " {0}.place, {0}.checkpoint, {0}.payload, {0}.seq"
)

_TRIALS: Final = f"""
SELECT t.number, t.state, t.attempt, s.payload,
    CASE WHEN t.configured_seq != t.suggested_seq THEN c.payload END,
    k.kind, k.checkpoint, CASE WHEN k.kind = 'Resumed' THEN k.payload END,
    CASE WHEN t.state = 'failed' THEN e.payload END,
    f.iteration - 1, f.time_total_s - f.time_this_iter_s,
    {_REPORT.format("r")}
FROM trials AS t
JOIN events AS s ON s.seq = t.suggested_seq
LEFT JOIN events AS c ON c.seq = t.configured_seq
LEFT JOIN events AS r ON r.seq = t.last_report_seq
LEFT JOIN events AS f ON f.seq = t.first_report_seq
LEFT JOIN events AS k ON k.seq = t.checkpoint_seq
LEFT JOIN events AS e ON e.seq = t.ended_seq
ORDER BY t.number
"""

_HISTORY: Final = f"""
WITH RECURSIVE history(seq) AS (
    SELECT ?
    UNION ALL
    SELECT e.previous FROM history AS h JOIN events AS e ON e.seq = h.seq
    WHERE e.previous IS NOT NULL
)
SELECT {_REPORT.format("e")} FROM history AS h JOIN events AS e ON e.seq = h.seq ORDER BY e.seq
"""

_PLACES: Final = (
    f"SELECT {', '.join('e.' + name for name in COLUMNS)}"
    " FROM places AS p JOIN events AS e ON e.seq = p.opened_seq"
)


class Reader:
    """An experiment's store, open for reading; also while its driver works, and anywhere.

    Args:
        folder: The experiment's folder; it may have been moved, and may be read-only.

    Attributes:
        folder: The folder, absolute.
        meta: What was fixed when the experiment was created.

    Raises:
        StoreError: There is no experiment in it, or a newer release wrote it.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).expanduser().absolute()
        with ExitStack() as closing:
            self._db = open_for_reading(self.folder, closing)
            self.meta: ExperimentMeta = read_meta(self._db)
            self._closing = closing.pop_all()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._closing.close()

    @property
    def epochs(self) -> list[Epoch]:
        """All starts of the experiment, the first one first."""
        return read_epochs(self._db)

    def trials(self) -> list[TrialRow]:
        """All trials in the order of their numbers, as of one moment."""
        self._db.execute("BEGIN")
        try:
            places = self._places()
            return [self._trial(row, places) for row in self._db.execute(_TRIALS)]
        finally:
            self._db.execute("ROLLBACK")

    def results(self, number: int) -> list[dict[str, Any]]:
        """All results of a trial that count, one for each iteration, the first one first.

        Where a trial went on from a checkpoint, what it had reported after that is left out.
        """
        self._db.execute("BEGIN")
        try:
            return [result for _, result in self._results(number)]
        finally:
            self._db.execute("ROLLBACK")

    def results_with_configs(self, number: int) -> list[tuple[dict[str, Any], Mapping[str, Any]]]:
        """`results`, each with the configuration that it was reported with, as JSON data.

        That changes where a trial took another one over.
        """
        self._db.execute("BEGIN")
        try:
            results, configs = self._results(number), self._configs(number)
        finally:
            self._db.execute("ROLLBACK")
        begun = [seq for seq, _ in configs]
        return [(result, configs[bisect(begun, seq) - 1][1]) for seq, result in results]

    def checkpoints(self, number: int) -> list[tuple[CheckpointRecord, dict[str, Any]]]:
        """A trial's checkpoints that stay, the first one first, each with its result.

        That is the one which it was reported with; of one that was saved at an end, the last one
        before that.
        """
        self._db.execute("BEGIN")
        try:
            saved = saved_checkpoints(self._db, number)
            results = self._results_at(number, {seq for _, seq in saved if seq is not None})
        finally:
            self._db.execute("ROLLBACK")
        return [(record, {} if seq is None else results[seq]) for record, seq in saved]

    def scores(self, metric: str, mode: Mode, scope: str = "last") -> dict[int, float]:
        """Number of each trial that reported the metric -> its score.

        Args:
            metric: Name of a numeric value of the results.
            mode: ``"min"`` or ``"max"``.
            scope: ``"last"`` result, best of ``"all"``, ``"avg"``, ``"last-5-avg"`` or
                ``"last-10-avg"``.

        Returns:
            Scores may be NaN or infinite.

        Raises:
            ConfigError: The scope is not known.
        """
        return scores(self._db, metric, mode, scope)

    def _results(self, number: int) -> list[tuple[int, dict[str, Any]]]:
        """Those that count, with ``seq``."""
        places = self._places()
        reports = self._history(number)
        found = self._db.execute("SELECT state FROM trials WHERE number = ?", (number,))
        ended = any(State(state).ended for (state,) in found)
        tag = self._tag(number) if reports else ""
        last = len(reports) - 1
        return [
            (
                report.seq,
                self._compose(number, tag, report, since, places, done=ended and i == last),
            )
            for i, (report, since) in enumerate(_with_beginnings(reports))
        ]

    def _configs(self, number: int) -> list[tuple[int, Mapping[str, Any]]]:
        """A trial's configurations, the first one first, with the ``seq`` that they begin at."""
        select = "SELECT suggested_seq, configured_seq FROM trials WHERE number = ?"
        first, last = self._db.execute(select, (number,)).fetchone() or (0, -1)
        select = (
            "SELECT seq, payload FROM events WHERE seq BETWEEN ? AND ? AND trial = ?"
            " AND kind IN ('Suggested', 'Reconfigured') ORDER BY seq"
        )
        rows = self._db.execute(select, (first, last, number))
        return [(seq, loads(payload)["config"]) for seq, payload in rows]

    def _places(self) -> dict[int, PlaceOpened]:
        opened = (from_row(row, dict) for row in self._db.execute(_PLACES))
        return {event.place: event for event in opened if isinstance(event, PlaceOpened)}

    def _history(self, number: int) -> list[_Report]:
        select = "SELECT last_report_seq FROM trials WHERE number = ?"
        (last,) = self._db.execute(select, (number,)).fetchone() or (None,)
        return [] if last is None else self._history_to(last)

    def _history_to(self, seq: int) -> list[_Report]:
        """A report and all those that it follows, the first one first."""
        return [_Report(*row) for row in self._db.execute(_HISTORY, (seq,))]

    def _results_at(self, number: int, wanted: Collection[int]) -> dict[int, dict[str, Any]]:
        """Composed results by ``seq``: those that count, and others that were set back since."""
        if not wanted:
            return {}
        places, tag = self._places(), self._tag(number)
        counted = _with_beginnings(self._history(number))
        pairs = {report.seq: (report, since) for report, since in counted}
        for seq in set(wanted) - pairs.keys():
            pairs[seq] = _with_beginnings(self._history_to(seq))[-1]
        return {seq: self._compose(number, tag, *pairs[seq], places, done=False) for seq in wanted}

    def _tag(self, number: int) -> str:
        select = (
            "SELECT e.payload FROM trials AS t JOIN events AS e ON e.seq = t.suggested_seq"
            " WHERE t.number = ?"
        )
        (payload,) = self._db.execute(select, (number,)).fetchone()
        tag: str = loads(payload)["tag"]
        return tag

    def _trial(self, row: tuple[Any, ...], places: Mapping[int, PlaceOpened]) -> TrialRow:
        number, state_name, attempt, suggested, configured, kind, checkpoint, resumed = row[:8]
        born = loads(suggested)
        current = born if configured is None else loads(configured)
        state = _STATES[state_name]
        usual = f"{self.meta.trainable}_{trial_id(self.meta.run, number)}"
        result = None
        if row[11] is not None:
            report = _Report(*row[11:])
            since = self._since(number, report, _Since(row[9], row[10]))
            result = self._compose(number, born["tag"], report, since, places, done=state.ended)
        return TrialRow(
            number=number,
            state=state,
            attempt=attempt,
            name=born.get("name") or usual,
            folder_name=born.get("folder_name") or usual,
            tag=born["tag"],
            point=born["point"],
            config=current["config"],
            resources=current["resources"],
            result=result,
            checkpoint=stored_checkpoint(number, kind, checkpoint, resumed),
            failure=failure_from_text(row[8]),
        )

    def _since(self, number: int, report: _Report, since: _Since) -> _Since:
        """With the sum of the timesteps, where the trial reports them."""
        if "timesteps_this_iter" not in report.metrics:
            return since
        *_, (_, since) = _with_beginnings(self._history(number))
        return since

    def _compose(
        self,
        number: int,
        tag: str,
        report: _Report,
        since: _Since,
        places: Mapping[int, PlaceOpened],
        *,
        done: bool,
    ) -> dict[str, Any]:
        return compose(
            loads(report.metrics),
            trial_id=trial_id(self.meta.run, number),
            run=self.meta.run,
            tag=tag,
            iteration=report.iteration,
            iterations_since_restore=report.iteration - since.iteration,
            timesteps_since_restore=since.timesteps,
            time_this_iter_s=report.time_this_iter_s,
            time_total_s=report.time_total_s,
            time_since_restore=report.time_total_s - since.time_total_s,
            timestamp=report.timestamp,
            place=places.get(report.place),
            checkpoint=checkpoint_from_text(report.checkpoint),
            done=done,
        )


_STATES: Final = {state.value: state for state in State}


def _with_beginnings(reports: Iterable[_Report]) -> list[tuple[_Report, _Since]]:
    """Each report with where its try began; the first report of a try tells."""
    pairs: list[tuple[_Report, _Since]] = []
    attempt, since = None, _Since(0, 0.0)
    for report in reports:
        if report.attempt != attempt:
            attempt = report.attempt
            before = report.time_total_s - report.time_this_iter_s
            since = _Since(report.iteration - 1, before)
        since = since._replace(timesteps=since.timesteps + _timesteps(report))
        pairs.append((report, since))
    return pairs


def _timesteps(report: _Report) -> int:
    if "timesteps_this_iter" not in report.metrics:
        return 0
    steps = loads(report.metrics).get("timesteps_this_iter")
    finite = isinstance(steps, int | float) and steps - steps == 0
    return int(steps) if finite else 0
