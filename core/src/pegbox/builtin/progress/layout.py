"""The frame that is redrawn while a run goes, the status block, and the summary that stays.

Pure: a snapshot and a size come in, lines come out, none wider than asked for (but for the
folder in the summary, which people copy). What draws them is not its concern.
"""

from __future__ import annotations

from typing import Final

from pegbox.builtin.progress import sections
from pegbox.builtin.progress.glyphs import Glyphs, Line, fit
from pegbox.builtin.progress.snapshot import Snapshot
from pegbox.text import duration

__all__ = ["frame", "status_block", "summary"]

#: Failed trials that the frame lists at most, where the user asked for more than the last one.
_FRAME_FAILURES: Final = 5


def frame(snapshot: Snapshot, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """The view of a run that goes on.

    Args:
        width: Columns; no line is wider.
        height: Lines; where there is not enough room, fewer trials are shown.
    """
    top = [*sections.head(snapshot, width, glyphs), *sections.leaders(snapshot, width, glyphs)]
    errors = _FRAME_FAILURES + 1 if snapshot.options.chosen else 1
    bottom = [
        *sections.failures(snapshot, width, glyphs, max_lines=errors),
        *sections.retries(snapshot),
        *sections.waiting(snapshot),
        *sections.time_spent(snapshot, width, glyphs),
    ]
    bottom.append((("results in ", "dim"), (sections.home(snapshot.experiment.path), "")))
    room = height - len(top) - len(bottom) - 4  # Two blank lines, the head, the count left out.
    rows = max(min(room, snapshot.options.max_rows), 0)
    table: list[Line] = []
    if snapshot.options.table_in_frame:
        table = sections.table(snapshot, width, rows, glyphs)
    lines = [*top, *table, (), *bottom]
    return [fit(line, width, glyphs) for line in lines[:height]]


def status_block(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """How things stand, for an output that is not redrawn."""
    options, experiment = snapshot.options, snapshot.experiment
    total = f"/{experiment.total_trials}" if experiment.total_trials >= 0 else ""
    running = f"running for {duration(snapshot.elapsed_s)}"
    counts = sections.counts_text(snapshot)
    lines: list[Line] = [
        (("== Status ==", "bold"),),
        ((glyphs.between.join([*sections.surroundings(snapshot), running]), ""),),
        ((sections.settings(snapshot, glyphs), ""),),
        (("results in ", ""), (experiment.path, "")),
        ((f"{snapshot.ended}{total} trials: {counts}", ""),),
    ]
    for each in snapshot.leaders:
        lines += sections.leader(each, width, glyphs, 2)
    if options.table_in_lines:
        lines += sections.table(snapshot, width, options.max_rows, glyphs, of_all=True)
    lines += sections.failures(snapshot, width, glyphs, max_lines=options.max_error_rows + 1)
    lines += sections.waiting(snapshot)
    lines += sections.time_spent(snapshot, width, glyphs)
    return [fit(line, max(width, len(experiment.path) + 11), glyphs) for line in (*lines, ())]


def summary(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """What is said at the end of a run."""
    experiment, options = snapshot.experiment, snapshot.options
    table: list[Line] = []
    if options.table_at_end:
        table = [*sections.table(snapshot, width, options.max_rows, glyphs, of_all=True), ()]
    errors = options.max_error_rows + 1 if options.chosen else 4
    lines: list[Line] = [
        (),
        ((experiment.name, "bold"),),
        sections.counts(snapshot, glyphs),
        *(
            line
            for each in snapshot.leaders
            for line in sections.leader(each, width, glyphs, 8, label="Best trial")
        ),
        *sections.other_metrics(snapshot, width, glyphs),
        *table,
        *sections.failures(snapshot, width, glyphs, max_lines=errors),
        *sections.retries(snapshot),
        *sections.time_spent(snapshot, width, glyphs),
        (("Total run time: ", "dim"), (_run_time(snapshot), "")),
    ]
    fitted = [fit(line, width, glyphs) for line in lines]
    return [*fitted, (("Results in ", "dim"), (experiment.path, "bold"))]


def _run_time(snapshot: Snapshot) -> str:
    moment = snapshot.moment
    return f"{moment.elapsed_s:.2f} seconds ({moment.loop_s:.2f} seconds for the tuning loop)"
