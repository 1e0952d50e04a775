"""Taking up an experiment again: what is known, what is whole, and what must be passed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pegbox._engine.outcomes import outcome_of
from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Rules
from pegbox._engine.state import RunState
from pegbox._run.searcher_desk import KnownTrial
from pegbox._trial.checkpointing import (
    discard_unfinished,
    json_or_none,
    verify,
    whole_checkpoints,
)
from pegbox.decisions import STOP
from pegbox.events import Resumed
from pegbox.resources import Resources
from pegbox.space import Space
from pegbox.trial import CheckpointRecord, State

__all__ = ["added_values", "asked_anew", "known_trials", "mended_checkpoints", "trial_folder"]


def trial_folder(folder: Path, state: RunState, number: int) -> Path:
    """The folder of a trial."""
    return folder / state.views[number].folder_name


def _goes_on(record: TrialRecord, resumed: Resumed) -> bool:
    state = State.STOPPED if _has_ended(record) and not record.state.ended else record.state
    return resumed.choice(state) != "skip"


def _has_ended(record: TrialRecord) -> bool:
    """The decision to stop a trial counts, though its end may never have been stored."""
    return record.state.ended or record.halt_for == STOP.value


def known_trials(state: RunState, rules: Rules, resumed: Resumed) -> Iterator[KnownTrial]:
    """What a new searcher is told: every trial with its outcome, or as pending."""
    for number, record in sorted(state.trials.items()):
        if _goes_on(record, resumed):
            yield number, record.point, None, None
        elif _has_ended(record):
            yield number, record.point, record.result, outcome_of(record, rules)
        else:
            yield number, record.point, record.result, "stopped"


def added_values(state: RunState, space: Space) -> dict[int, dict[str, Any]]:
    """Trial's number to what a searcher added to its configuration, where it did."""
    found = {number: space.added(record.config) for number, record in state.trials.items()}
    return {number: added for number, added in found.items() if added}


def asked_anew(
    state: RunState, resumed: Resumed, asks: Callable[[Mapping[str, Any]], Resources]
) -> dict[int, Resources] | None:
    """What trials that go on ask for by what was passed now, where that was something else.

    Trials that the scheduler has given other resources keep these.

    Args:
        state: The trials.
        resumed: Which of them go on.
        asks: What a configuration asks for now.

    Raises:
        ConfigError: The user's function refuses a configuration.
    """
    changed = {
        number: asked
        for number, record in state.trials.items()
        if not record.resized
        and _goes_on(record, resumed)
        and (asked := asks(record.config)) != record.resources
    }
    return changed or None


def mended_checkpoints(
    folder: Path, state: RunState, resumed: Resumed
) -> dict[int, CheckpointRecord | None]:
    """For trials that go on from a checkpoint which is no longer whole: the one to take instead.

    A checkpoint counts as whole when its manifest's files are there with their sizes; their
    digests are checked when it is loaded. A failed trial may have failed of just that, so for it
    they are checked here too.
    """
    mended: dict[int, CheckpointRecord | None] = {}
    for number, record in state.trials.items():
        if _goes_on(record, resumed) and record.attempt:
            own = trial_folder(folder, state, number)
            discard_unfinished(str(own))
            recorded = record.checkpoint
            deep = record.state is State.FAILED
            if recorded and verify(str(folder / recorded.path), deep=deep) is None:
                mended[number] = _older(own, record, recorded, deep=deep)
    return mended


def _older(
    own: Path, record: TrialRecord, lost: CheckpointRecord, *, deep: bool
) -> CheckpointRecord | None:
    """The newest one that is whole, up to the lost one, and of the trial as it is now.

    Its folder may hold those of a trial of the same number that a lost store knew.
    """
    config = json_or_none(record.config)
    whole = (one for one in whole_checkpoints(str(own), deep=deep) if one.config == config)
    return next((one.record() for one in whole if one.iteration <= lost.iteration), None)
