"""The one table of which state may follow which. The docs page is generated from it.

All pairs that are missing here are `InvalidTransition`, raised with the story of the trial.
"""

from __future__ import annotations

from typing import Final

from pegbox.trial import State

__all__ = ["TRANSITIONS", "table_as_markdown"]

_QUEUED, _RUNNING, _HALTING, _PAUSED = State.QUEUED, State.RUNNING, State.HALTING, State.PAUSED
_FINISHED, _STOPPED, _FAILED = State.FINISHED, State.STOPPED, State.FAILED

#: (from, to) -> when.
TRANSITIONS: Final[dict[tuple[State, State], str]] = {
    (_QUEUED, _RUNNING): "there is room for it on a worker",
    (_QUEUED, _STOPPED): "the run is ended as complete before it began, or is resumed without it",
    (_QUEUED, _FAILED): "it cannot be started",
    (_RUNNING, _HALTING): "it is told to end: stop, pause, exploit, resize, or the end of the run",
    (_RUNNING, _FINISHED): "its function returned",
    (_RUNNING, _FAILED): "it failed, and its budget of failures or losses is used up",
    (_RUNNING, _QUEUED): "it failed or was lost, and may try again; or the run was resumed",
    (_HALTING, _STOPPED): "it ended as it was told to",
    (_HALTING, _PAUSED): "it ended as it was told to, and waits",
    (_HALTING, _FINISHED): "its function returned before it heard that it should end",
    (_HALTING, _FAILED): "it failed while it ended, and may not try again",
    (
        _HALTING,
        _QUEUED,
    ): "exploit, resize, interrupt, a retry, or the run was resumed",
    (_PAUSED, _QUEUED): "it is chosen to go on",
    (_PAUSED, _STOPPED): "the run is complete, and nobody chose it again",
    (_PAUSED, _FAILED): "it cannot be started again",
    (_FAILED, _QUEUED): "a restore with resume_errored or restart_errored",
    (_FINISHED, _QUEUED): "a restore that asks for finished trials again",
    (_STOPPED, _QUEUED): "a restore that asks for finished trials again",
}


def table_as_markdown() -> str:
    """The table as a page shows it, one row per transition."""
    rows = ["| from | to | when |", "|---|---|---|"]
    rows += [f"| {old.value} | {new.value} | {when} |" for (old, new), when in TRANSITIONS.items()]
    return "\n".join(rows) + "\n"
