"""What whole checkpoints know beyond a snapshot of the store, as the facts that are missing there.

A driver whose machine is gone may have stored more than its last snapshot has. Reports that came
with a checkpoint are found again beside it; the others of that time are lost. Where nothing was
lost this must not be used: a checkpoint without a stored report then never counted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pegbox._engine.engine import Engine
from pegbox._engine.record import TrialRecord
from pegbox._engine.state import RunState
from pegbox._run.restoring import trial_folder
from pegbox._store.writer import Store
from pegbox._trial.checkpointing import json_or_none, whole_checkpoints
from pegbox._trial.manifest import Manifest
from pegbox.events import Ended, Event, Launched, Reported
from pegbox.jsonvalue import dumps
from pegbox.trial import State, TrialFailure, trial_id

__all__ = ["catch_up", "missing_facts", "unknown_trials"]

logger = logging.getLogger("pegbox")

#: A place that no `PlaceOpened` tells of.
_UNKNOWN_PLACE: Final = -1

_LOST: Final = TrialFailure("lost", "what became of this try was lost with its driver")


def catch_up(store: Store, engine: Engine, epoch: int, at: float) -> None:
    """Take in what checkpoints know, and say what is lost.

    Args:
        store: Behind, see `Store.is_behind`.
        engine: Replayed from the store.
        epoch: The epoch that was cut off.
        at: Now, on the run's clock.
    """
    facts = missing_facts(store.folder, engine.state, epoch, at)
    store.catch_up(facts)
    engine.replay(facts)
    found = sum(isinstance(fact, Reported) for fact in facts)
    logger.warning(
        "the experiment in %s is gone on with from its last snapshot, for the driver's own file is "
        "on another machine or lost: %d later reports were found beside checkpoints, others of "
        "that time are lost",
        store.folder,
        found,
    )
    if unknown := unknown_trials(store.folder, engine.state):
        logger.warning(
            "%d trials began after that snapshot (%s): their numbers are given out again, and what "
            "is in their folders is not used",
            len(unknown),
            ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else ""),
        )


def missing_facts(folder: Path, state: RunState, epoch: int, at: float) -> list[Event]:
    """The reports that a lost epoch made after its last snapshot, as far as checkpoints tell.

    Args:
        folder: The experiment's folder.
        state: Replayed from the snapshot.
        epoch: The epoch that was cut off.
        at: Now, on the run's clock.
    """
    facts: list[Event] = []
    for number, record in state.trials.items():
        if not record.state.ended and record.state is not State.HALTING:
            whole = whole_checkpoints(str(trial_folder(folder, state, number)))
            facts += _facts(record, _beyond(record, whole, epoch), at)
    return facts


def unknown_trials(folder: Path, state: RunState) -> list[str]:
    """Ids of trials that have a folder, and of which the snapshot says nothing."""
    begin = f"{state.trainable}_{state.run}_"
    digits = [path.name.removeprefix(begin) for path in folder.glob(f"{begin}*")]
    numbers = sorted(int(text) for text in digits if text.isdecimal())
    return [trial_id(state.run, number) for number in numbers if number not in state.trials]


def _beyond(record: TrialRecord, whole: Sequence[Manifest], epoch: int) -> list[Manifest]:
    """Those that are not known, oldest first.

    Only the lost epoch can have written any, since each epoch begins with a snapshot. Of a trial
    that got another configuration meanwhile, what it did with that one is left out.
    """
    known = record.attempt, record.iteration
    if record.state is not State.RUNNING:
        # The end of this try is known, so its reports are too.
        known = record.attempt + 1, 0
    config = json_or_none(record.config)
    found = (one for one in whole if one.epoch == epoch and one.config == config)
    return sorted(
        (one for one in found if (one.attempt, one.iteration) > known),
        key=lambda one: (one.attempt, one.iteration),
    )


def _facts(record: TrialRecord, found: Sequence[Manifest], at: float) -> Iterator[Event]:
    attempt, runs, place = record.attempt, record.state is State.RUNNING, record.place
    for one in found:
        if runs and one.attempt != attempt:
            yield Ended(at, record.number, attempt, "lost", None, _LOST, State.QUEUED)
            runs = False
        if not runs:
            yield Launched(at, record.number, one.attempt, "")
            attempt, runs, place = one.attempt, True, None
        yield _report(one, _UNKNOWN_PLACE if place is None else place, at)


def _report(one: Manifest, place: int, at: float) -> Reported:
    return Reported(
        at=at,
        trial=one.trial,
        attempt=one.attempt,
        iteration=one.iteration,
        time_this_iter_s=one.time_this_iter_s,
        time_total_s=one.time_total_s,
        timestamp=one.timestamp,
        metrics=one.metrics,
        encoded=dumps(one.metrics),
        place=place,
        checkpoint=one.record(),
        decision="CONTINUE",
    )
