"""The view where output is no terminal: a line now and then, in order, flushed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from pegbox.builtin.progress.glyphs import ASCII, plain
from pegbox.builtin.progress.layout import status_block, summary
from pegbox.builtin.progress.options import ViewOptions
from pegbox.builtin.progress.sections import counts_text, settings, waiting_text
from pegbox.builtin.progress.snapshot import Leader, Mishap, Snapshot
from pegbox.text import duration, metric, one_line, parameter
from pegbox.usage_text import notable_items

__all__ = ["LineOutput"]

_MIN_INTERVAL_S = 5.0
_MAX_INTERVAL_S = 60.0
_SUMMARY_WIDTH = 100
_MAX_LINE = 300


class LineOutput:
    """Says at once (within ``period_s``) what matters, and how things stand every 5 s.

    In a long run it says how things stand less often, down to once a minute: a log of a run of
    days stays readable. Where tables are wanted, how things stand is a whole block each time.

    Args:
        file: Where to write. What it cannot encode is replaced, never an error.
        options: Whether there are tables, and how often to say how things stand.
    """

    def __init__(self, file: TextIO, options: ViewOptions | None = None) -> None:
        self._file = file
        options = options or ViewOptions()
        self._interval_s = options.period_s
        self._blocks = options.table_in_lines
        self.shows_rows = options.table_in_lines or options.table_at_end
        self.period_s = min(1.0, options.period_s or 1.0)
        self._due_s = options.period_s or _MIN_INTERVAL_S
        self._said_version = -1
        self._failed = 0
        self._retries = 0
        self._best: dict[str, float] = {}

    def start(self, snapshot: Snapshot) -> None:
        """Say what begins."""
        experiment = snapshot.experiment
        number = f"{experiment.total_trials} trials" if experiment.total_trials >= 0 else "trials"
        self._write(f"pegbox {experiment.name}: {number}, {settings(snapshot, ASCII)}")
        self._write(f"results in {experiment.path}")

    def refresh(self, snapshot: Snapshot) -> None:
        """Say what is new, if anything."""
        for text in (*self._mishaps(snapshot), *self._bests(snapshot)):
            self._report(snapshot, text)
        if snapshot.elapsed_s >= self._due_s:
            overdue = snapshot.elapsed_s >= self._due_s + _MAX_INTERVAL_S
            if overdue or snapshot.version != self._said_version:
                self._say_status(snapshot)

    def say(self, texts: Sequence[str]) -> None:
        """Write lines as they are."""
        for text in texts:
            self._write(text, limit=False)

    def stop(self, snapshot: Snapshot | None) -> None:
        """Say how it ended; None where there is nothing to say."""
        if snapshot is not None:
            for line in summary(snapshot, _SUMMARY_WIDTH, ASCII):
                self._write(plain(line), limit=False)

    def _say_status(self, snapshot: Snapshot) -> None:
        grown = min(max(snapshot.elapsed_s / 60, _MIN_INTERVAL_S), _MAX_INTERVAL_S)
        self._due_s = snapshot.elapsed_s + (self._interval_s or grown)
        self._said_version = snapshot.version
        if self._blocks:
            for line in status_block(snapshot, _SUMMARY_WIDTH, ASCII):
                self._write(plain(line), limit=False)
        else:
            self._report(snapshot, _status(snapshot))

    def _report(self, snapshot: Snapshot, text: str) -> None:
        self._write(f"[{duration(snapshot.elapsed_s):>6}] {text}")

    def _mishaps(self, snapshot: Snapshot) -> list[str]:
        news = []
        if (fresh := snapshot.failed - self._failed) > 0 and snapshot.failure:
            news.append(_mishap("failed", snapshot.failure, fresh))
        if (fresh := snapshot.retries - self._retries) > 0 and snapshot.retry:
            news.append(_mishap("tried again", snapshot.retry, fresh))
        self._failed, self._retries = snapshot.failed, snapshot.retries
        return news

    def _bests(self, snapshot: Snapshot) -> list[str]:
        news = []
        for leader in snapshot.leaders:
            name = leader.objective.metric
            loss = leader.objective.loss(leader.trial.metrics)
            if loss is None or loss >= self._best.get(name, float("inf")):
                continue
            self._best[name] = loss
            config = ", ".join(f"{p}={parameter(v)}" for p, v in leader.trial.parameters.items())
            news.append(f"new best {_best(leader)}: {config}")
        return news

    def _write(self, text: str, limit: bool = True) -> None:
        encoding = self._file.encoding or "utf-8"
        shown = text[:_MAX_LINE] if limit else text
        self._file.write(shown.encode(encoding, "replace").decode(encoding) + "\n")
        self._file.flush()


def _status(snapshot: Snapshot) -> str:
    total = snapshot.experiment.total_trials
    done = f"{snapshot.ended}/{total}" if total >= 0 else str(snapshot.ended)
    bests = "".join(f"; best {_best(leader)}" for leader in snapshot.leaders)
    waits = f"; {text}" if (text := waiting_text(snapshot)) else ""
    spent = "".join(f"; {text}" for text in notable_items(snapshot.usage))
    return f"{done} trials: {counts_text(snapshot)}{bests}{waits}{spent}"


def _best(leader: Leader) -> str:
    name, trial = leader.objective.metric, leader.trial
    return f"{name} {metric(trial.result.get(name))} ({trial.trial_id} at {trial.iteration})"


def _mishap(word: str, mishap: Mishap, count: int) -> str:
    more = f" (and {count - 1} more)" if count > 1 else ""
    return f"{word}: {mishap.trial_id}: {one_line(mishap.message)}{more}"
