"""The frame that is redrawn while a run goes, and the summary that stays: lines of styled spans.

Pure: a snapshot and a size come in, lines come out, none wider than asked for (but for the
folder in the summary, which people copy). What draws them is not its concern.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from pegbox.builtin.progress.board import Leader, Row, Snapshot
from pegbox.builtin.progress.table import running_table
from pegbox.builtin.progress.text import clip, duration, metric, one_line, parameter
from pegbox.trial import State

__all__ = [
    "ASCII",
    "MAX_ROWS",
    "UNICODE",
    "Glyphs",
    "Line",
    "counts_text",
    "frame",
    "plain",
    "settings",
    "summary",
]

#: Spans of (text, style); a style is empty or one of "bold", "dim", "red", "yellow", "green".
Line: TypeAlias = tuple[tuple[str, str], ...]

#: Running trials that the frame shows at most.
MAX_ROWS: Final = 12


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Marks for an output: ``between`` items, ``cut`` where text is missing, a bar's parts."""

    between: str
    cut: str
    full: str
    empty: str


UNICODE: Final = Glyphs(" · ", "…", "━", "─")
ASCII: Final = Glyphs(", ", "..", "#", "-")

_STATE_WORDS: Final = (
    ((State.RUNNING, State.HALTING), "running", ""),
    ((State.PAUSED,), "paused", "yellow"),
    ((State.QUEUED,), "pending", ""),
    ((State.FINISHED, State.STOPPED), "terminated", ""),
    ((State.FAILED,), "failed", "red"),
)


def plain(line: Line) -> str:
    """The line without its styles."""
    return "".join(text for text, _ in line)


def frame(snapshot: Snapshot, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """The view of a run that goes on.

    Args:
        width: Columns; no line is wider.
        height: Lines; where there is not enough room, fewer running trials are shown.
    """
    top = [*_head(snapshot, width, glyphs), *_leaders(snapshot, width, glyphs)]
    bottom = [*_failures(snapshot, width, glyphs, max_lines=1), *_retries(snapshot)]
    bottom.append((("results in ", "dim"), (_home(snapshot.experiment.path), "")))
    room = height - len(top) - len(bottom) - 4  # Two blank lines, the head, the count left out.
    lines = [*top, *_running(snapshot, width, max(min(room, MAX_ROWS), 0), glyphs), (), *bottom]
    return [_fit(line, width, glyphs) for line in lines[:height]]


def summary(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """What is said at the end of a run."""
    experiment = snapshot.experiment
    lines: list[Line] = [
        (),
        ((experiment.name, "bold"),),
        _counts(snapshot, glyphs),
        *(
            line
            for leader in snapshot.leaders
            for line in _leader(leader, width, glyphs, parameter_lines=8)
        ),
        *_other_metrics(snapshot, width, glyphs),
        *_failures(snapshot, width, glyphs, max_lines=4),
        *_retries(snapshot),
        (("Total run time: ", "dim"), (f"{snapshot.elapsed_s:.1f} seconds", "")),
    ]
    fitted = [_fit(line, width, glyphs) for line in lines]
    return [*fitted, (("Results in ", "dim"), (experiment.path, "bold"))]


def settings(snapshot: Snapshot, glyphs: Glyphs) -> str:
    """Searcher, scheduler and seed."""
    experiment = snapshot.experiment
    names = [experiment.searcher, experiment.scheduler, f"seed {experiment.seed}"]
    return glyphs.between.join(name for name in names if name)


def counts_text(snapshot: Snapshot) -> str:
    """``2 running, 31 terminated (20 stopped)``; statuses without trials are left out."""
    return ", ".join(text for text, _ in _count_items(snapshot)) or "no trial yet"


def _head(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    name = snapshot.experiment.name
    elapsed = duration(snapshot.elapsed_s)
    room = width - len(elapsed) - 2
    name = clip(one_line(name), room, glyphs.cut)
    detail = settings(snapshot, glyphs)
    detail = f"  {detail}" if len(name) + len(detail) + 2 <= room else ""
    gap = " " * (width - len(name) - len(detail) - len(elapsed))
    title: Line = ((name, "bold"), (detail, "dim"), (gap, ""), (elapsed, ""))
    return [title, *_bar(snapshot, width, glyphs), _counts(snapshot, glyphs)]


def _bar(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    total = snapshot.experiment.total_trials
    if total <= 0:
        return []
    label = f"  {snapshot.ended}/{total}"
    room = max(width - len(label), 0)
    full = min(room * snapshot.ended // total, room)
    return [((glyphs.full * full, "green"), (glyphs.empty * (room - full), "dim"), (label, ""))]


def _counts(snapshot: Snapshot, glyphs: Glyphs) -> Line:
    spans: list[tuple[str, str]] = []
    for text, style in _count_items(snapshot):
        spans += [(glyphs.between, "dim")] if spans else []
        spans.append((text, style))
    return tuple(spans) or (("no trial yet", "dim"),)


def _count_items(snapshot: Snapshot) -> list[tuple[str, str]]:
    items = []
    for states, word, style in _STATE_WORDS:
        if n := sum(snapshot.counts.get(state, 0) for state in states):
            early = snapshot.counts.get(State.STOPPED, 0) if State.STOPPED in states else 0
            items.append((f"{n} {word}" + (f" ({early} stopped)" if early else ""), style))
    return items


def _leaders(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    lines: list[Line] = []
    for leader in snapshot.leaders:
        lines += _leader(leader, width, glyphs, parameter_lines=2)
    return [(), *lines] if lines else []


def _leader(leader: Leader, width: int, glyphs: Glyphs, parameter_lines: int) -> list[Line]:
    name, trial = leader.objective.metric, leader.trial
    first: Line = (
        (f"best {name} ", ""),
        (metric(trial.metrics.get(name)), "bold green"),
        (f"  {trial.trial_id}, iteration {trial.iteration}", "dim"),
    )
    text = _items(_parameters(trial), width, parameter_lines, glyphs)
    return [first, *(((f"  {line}", ""),) for line in text)]


def _parameters(trial: Row) -> list[str]:
    return [f"{path}={parameter(value)}" for path, value in trial.parameters.items()]


def _items(items: Sequence[str], width: int, max_lines: int, glyphs: Glyphs) -> list[str]:
    # A value such as "[64, 32]" stays whole: its blanks are hidden from the line breaking.
    hidden = "  ".join(item.replace(" ", "\x00") for item in items)
    lines = _wrapped(hidden, width, max_lines, glyphs)
    return [line.replace("\x00", " ") for line in lines]


def _wrapped(text: str, width: int, max_lines: int, glyphs: Glyphs) -> list[str]:
    return textwrap.wrap(
        text,
        max(width - 2, 10),
        max_lines=max_lines,
        placeholder=" " + glyphs.cut,
        break_on_hyphens=False,  # Of "1e-05".
    )


def _other_metrics(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """The other metrics of the best trial, where there is one best."""
    if len(snapshot.leaders) != 1:
        return []
    leader = snapshot.leaders[0]
    items = [
        f"{one_line(name)} {metric(value)}"
        for name, value in leader.trial.metrics.items()
        if name != leader.objective.metric
    ]
    return [((f"  {line}", "dim"),) for line in _items(items, width, 3, glyphs)]


def _running(snapshot: Snapshot, width: int, max_rows: int, glyphs: Glyphs) -> list[Line]:
    table = running_table(snapshot, width, max_rows, glyphs.cut)
    if not table:
        return []
    head, *rows = table
    lines: list[Line] = [(), ((head, "dim"),), *(((row, ""),) for row in rows)]
    if more := snapshot.running_total - len(rows):
        lines.append(((f"{glyphs.cut} and {more} more", "dim"),))
    return lines


def _failures(snapshot: Snapshot, width: int, glyphs: Glyphs, max_lines: int) -> list[Line]:
    if snapshot.failure is None or not snapshot.failed:
        return []
    label = f"{snapshot.failed} failed, last "
    story = f"{snapshot.failure.trial_id}: {one_line(snapshot.failure.message)}"
    first = max(width - len(label), 0)
    if len(story) <= first or max_lines == 1:
        return [((label, "red"), (story, ""))]
    lines = _wrapped(story, width, max_lines, glyphs)
    return [((label.rstrip(), "red"),), *(((f"  {line}", ""),) for line in lines)]


def _retries(snapshot: Snapshot) -> list[Line]:
    if snapshot.retry is None:
        return []
    story = f"{snapshot.retry.trial_id}: {one_line(snapshot.retry.message)}"
    return [((f"{snapshot.retries} tried again, last ", "yellow"), (story, ""))]


def _home(path: str) -> str:
    home = str(Path.home())
    return "~" + path[len(home) :] if path.startswith(home + "/") else path


def _fit(line: Line, width: int, glyphs: Glyphs) -> Line:
    spans: list[tuple[str, str]] = []
    room = width
    for text, style in line:
        if len(text) > room:
            return (*spans, (clip(text, room, glyphs.cut), style))
        spans.append((text, style))
        room -= len(text)
    return tuple(spans)
