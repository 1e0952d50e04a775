"""The parts that frame, summary and status block are put together from, each some lines.

Pure: a snapshot and a width come in, lines come out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from pegbox.builtin.progress.glyphs import Glyphs, Line
from pegbox.builtin.progress.snapshot import Leader, Row, Snapshot
from pegbox.builtin.progress.table import trial_table
from pegbox.text import clip, duration, metric, one_line, parameter
from pegbox.trial import State
from pegbox.usage_text import notable_items

__all__ = [
    "counts",
    "counts_text",
    "failures",
    "head",
    "home",
    "leader",
    "leaders",
    "other_metrics",
    "resources_text",
    "retries",
    "settings",
    "surroundings",
    "table",
    "waiting",
    "waiting_text",
    "time_spent",
]

_STATE_WORDS: Final = (
    ((State.RUNNING, State.HALTING), "running", ""),
    ((State.PAUSED,), "paused", "yellow"),
    ((State.QUEUED,), "pending", ""),
    ((State.FINISHED, State.STOPPED), "terminated", ""),
    ((State.FAILED,), "failed", "red"),
)
#: Workers need so long to come, seconds.
_START_S: Final = 3.0
_UNITS: Final = {"cpu": "CPUs", "gpu": "GPUs"}


def settings(snapshot: Snapshot, glyphs: Glyphs, *, short: bool = False) -> str:
    """Searcher, scheduler and seed; ``short`` for the names alone."""
    experiment = snapshot.experiment
    parts = [("searcher ", experiment.searcher), ("scheduler ", experiment.scheduler)]
    named = [name if short else what + name for what, name in parts if name]
    return glyphs.between.join([*named, f"seed {experiment.seed}"])


def counts_text(snapshot: Snapshot) -> str:
    """``2 running, 31 terminated (20 stopped)``; statuses without trials are left out."""
    return ", ".join(text for text, _ in _count_items(snapshot)) or "no trial yet"


def surroundings(snapshot: Snapshot) -> list[str]:
    """Date and time, memory of the driver's machine, resources: what is known of these."""
    moment, known = snapshot.moment, []
    if moment.wall_s is not None:
        known.append(datetime.fromtimestamp(moment.wall_s).strftime("%Y-%m-%d %H:%M:%S"))
    if moment.memory is not None:
        used, total = (amount / 2**30 for amount in moment.memory)
        known.append(f"memory {used:.1f}/{total:.1f} GiB")
    return [*known, resources] if (resources := resources_text(snapshot)) else known


def resources_text(snapshot: Snapshot) -> str:
    """``2/2 CPUs, 0/1 GPUs``: asked for by running trials, of what all workers have."""
    total, asked = snapshot.resources, snapshot.requested
    shown = (f"{asked.get(name, 0):g}/{total[name]:g} {_UNITS.get(name, name)}" for name in total)
    return ", ".join(shown)


def head(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """Name, settings, how long it has been running; where it runs; how far it is."""
    name = snapshot.experiment.name
    elapsed = f"running for {duration(snapshot.elapsed_s)}"
    room = width - len(elapsed) - 2
    name = clip(one_line(name), room, glyphs.cut)
    details = (f"  {settings(snapshot, glyphs, short=short)}" for short in (False, True))
    detail = next((text for text in details if len(name) + len(text) <= room), "")
    gap = " " * (width - len(name) - len(detail) - len(elapsed))
    title: Line = ((name, "bold"), (detail, "dim"), (gap, ""), (elapsed, ""))
    around = glyphs.between.join(surroundings(snapshot))
    second: list[Line] = [((around, "dim"),)] if around else []
    return [title, *second, *_bar(snapshot, width, glyphs), counts(snapshot, glyphs)]


def _bar(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    total = snapshot.experiment.total_trials
    if total <= 0:
        return []
    label = f"  {snapshot.ended}/{total}"
    room = max(width - len(label), 0)
    full = min(room * snapshot.ended // total, room)
    return [((glyphs.full * full, "green"), (glyphs.empty * (room - full), "dim"), (label, ""))]


def counts(snapshot: Snapshot, glyphs: Glyphs) -> Line:
    """How many trials there are of each kind."""
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


def leaders(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """The best trials so far, a blank line before them."""
    lines: list[Line] = []
    for each in snapshot.leaders:
        lines += leader(each, width, glyphs, 2)
    return [(), *lines] if lines else []


def leader(
    best: Leader,
    width: int,
    glyphs: Glyphs,
    parameter_lines: int,
    label: str = "Current best trial",
) -> list[Line]:
    """The best trial, its value and its parameters."""
    name, trial = best.objective.metric, best.trial
    first: Line = (
        (f"{label}: {trial.trial_id} with ", ""),
        (f"{one_line(name)}={metric(trial.result.get(name))}", "bold green"),
        (f"  iteration {trial.iteration}", "dim"),
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


def other_metrics(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """The other metrics of the best trial, where there is one best."""
    if len(snapshot.leaders) != 1:
        return []
    best = snapshot.leaders[0]
    items = [
        f"{one_line(name)} {metric(value)}"
        for name, value in best.trial.metrics.items()
        if name != best.objective.metric
    ]
    return [((f"  {line}", "dim"),) for line in _items(items, width, 3, glyphs)]


def table(
    snapshot: Snapshot, width: int, max_rows: int, glyphs: Glyphs, *, of_all: bool = False
) -> list[Line]:
    """The trials that run, and some that have ended, a blank line before them.

    Args:
        of_all: Whether to say how many of all trials are not shown, rather than of the running.
    """
    shown = trial_table(snapshot, width, max_rows, glyphs.cut)
    if not shown:
        return []
    heads, *rows = shown
    lines: list[Line] = [(), ((heads, "dim"),), *(((row, ""),) for row in rows)]
    total = sum(snapshot.counts.values()) if of_all else snapshot.running_total
    if (more := total - len(rows)) > 0:
        lines.append(((f"{glyphs.cut} and {more} more", "dim"),))
    return lines


def failures(snapshot: Snapshot, width: int, glyphs: Glyphs, max_lines: int) -> list[Line]:
    """The trials that failed last: all that are kept where the user chose a reporter."""
    if snapshot.options.chosen and snapshot.failed > 1:
        return _error_table(snapshot, max_lines)
    if snapshot.failure is None or not snapshot.failed:
        return []
    label = f"{snapshot.failed} failed, last "
    story = f"{snapshot.failure.trial_id}: {one_line(snapshot.failure.message)}"
    first = max(width - len(label), 0)
    if len(story) <= first or max_lines == 1:
        return [((label, "red"), (story, ""))]
    lines = _wrapped(story, width, max_lines, glyphs)
    return [((label.rstrip(), "red"),), *(((f"  {line}", ""),) for line in lines)]


def _error_table(snapshot: Snapshot, max_lines: int) -> list[Line]:
    rows = min(snapshot.options.max_error_rows, max(max_lines - 1, 1))
    shown = snapshot.failures[-rows:] if rows else ()
    lines: list[Line] = [((f"{snapshot.failed} failed", "red"),)]
    lines += [((f"  {each.trial_id}: {one_line(each.message)}", ""),) for each in shown]
    return lines


def retries(snapshot: Snapshot) -> list[Line]:
    """How many tries were repeated, and the last of them."""
    if snapshot.retry is None:
        return []
    story = f"{snapshot.retry.trial_id}: {one_line(snapshot.retry.message)}"
    return [((f"{snapshot.retries} tried again, last ", "yellow"), (story, ""))]


def waiting_text(snapshot: Snapshot) -> str:
    """Why nothing runs, where that lasts: no worker is there, or none for what waits; or empty."""
    queued = snapshot.counts.get(State.QUEUED, 0)
    begun = any(snapshot.counts.values())
    if snapshot.running_total or snapshot.elapsed_s < _START_S or (begun and not queued):
        return ""
    if not snapshot.resources:
        return "waits for workers: none is there"
    return f"no worker has room for what waits ({queued} pending)" if queued else ""


def waiting(snapshot: Snapshot) -> list[Line]:
    """The same as a line."""
    text = waiting_text(snapshot)
    return [((text, "yellow"),)] if text else []


def time_spent(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """That slots were idle for want of something, and what took much time; mostly nothing."""
    text = "; ".join(map(one_line, notable_items(snapshot.usage)))
    return [((line, "yellow"),) for line in _wrapped(text, width, 2, glyphs)]


def home(path: str) -> str:
    """The path, with ``~`` for the user's own folder."""
    home = str(Path.home())
    return "~" + path[len(home) :] if path.startswith(home + "/") else path
