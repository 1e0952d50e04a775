"""Running objects of a user's class as tries of trials: step, report, save, one after the other.

It decides when a checkpoint is saved, and which object a try gets; what a step means is the
class's affair, and what a report leads to the session's.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from pegbox._trial import failure
from pegbox._trial.checkpointing import make_trial_folder
from pegbox._trial.current import running
from pegbox._trial.ending import raised
from pegbox._trial.session import Session
from pegbox._trial.task import Channel, EndMessage, Order, TrialTask
from pegbox.autofill import AUTOFILLED
from pegbox.class_trainable import (
    Identity,
    Trainable,
    begin_counting,
    make_trainable,
    overrides,
    reset_trainable,
)
from pegbox.scratch import scratch_folder

__all__ = ["ClassRun"]

_logger: Final = logging.getLogger("pegbox")

#: What a result says to pegbox, and not to whoever reads results.
_ORDERS: Final = frozenset({"done", "should_checkpoint"})
_LEFT_OUT: Final = AUTOFILLED | _ORDERS


class ClassRun:
    """Runs tries with objects of one class.

    Args:
        kind: The user's class.
        parameters: Gives the further keyword arguments of `Trainable.setup`, anew for each object.
    """

    def __init__(self, kind: type[Trainable], parameters: Callable[[], Mapping[str, Any]]) -> None:
        self._kind = kind
        self._parameters = parameters
        #: The object of a trial that is over, for one that comes.
        self._kept: Trainable | None = None
        self._said = False

    def run(self, task: TrialTask, channel: Channel) -> EndMessage:
        """Run one try of a trial in the calling thread.

        Returns:
            How it ended: ``"finished"`` after a result with ``done``, ``"halted"`` when it was
            told to end, ``"failed"`` when it raised.

        Raises:
            KeyboardInterrupt: As for a function.
        """
        session = Session(task, channel, by_steps=True)
        keep = False
        with running(session):
            try:
                trainable = self._object_for(task)
                try:
                    end = _train(trainable, session)
                    keep = task.reuse and overrides(self._kind, "reset_config")
                finally:
                    session.close()
                    if keep:
                        self._kept = trainable
                    else:
                        _clean_up(trainable)
            except BaseException as error:
                end = raised(session, error)
        return end

    def close(self) -> None:
        """No further try comes: clean up what was kept for one."""
        kept, self._kept = self._kept, None
        if kept is not None:
            _clean_up(kept)

    def _object_for(self, task: TrialTask) -> Trainable:
        folder = partial(make_trial_folder, task)
        identity = Identity(task.trial_id, task.name, task.resources, folder)
        if (kept := self._reset_kept(task, identity)) is not None:
            return kept
        return make_trainable(self._kind, task.config, identity, self._parameters())

    def _reset_kept(self, task: TrialTask, identity: Identity) -> Trainable | None:
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        done = False
        try:
            done = reset_trainable(kept, task.config, identity)
        finally:
            if not done:
                _clean_up(kept)
        if done:
            return kept
        if not self._said:
            self._said = True
            _logger.warning(
                "reuse_actors: %s.reset_config() answered False, so each trial gets a new object",
                self._kind.__name__,
            )
        return None


def _train(trainable: Trainable, session: Session) -> EndMessage:
    """From where the try begins to its end."""
    task = session.task
    if (checkpoint := session.checkpoint()) is not None:
        trainable.restore(checkpoint)
    begin_counting(trainable, task.iteration, task.time_total_s)
    while True:
        result = trainable.train()
        if _is_due(trainable, task, result):
            with _folder() as folder:
                trainable.save(folder)
                end = _report(session, result, folder)
        else:
            end = _report(session, result, None)
        if isinstance(end, EndMessage):
            return end
        if end is not Order.GO_ON:
            return _halted(trainable, session, end)


def _is_due(trainable: Trainable, task: TrialTask, result: Mapping[str, Any]) -> bool:
    """Whether a checkpoint comes with a result."""
    every = task.checkpoint_frequency
    return bool(
        result.get("should_checkpoint")
        or (every and trainable.iteration % every == 0)
        or (task.checkpoint_at_end and result["done"])
    )


def _report(session: Session, result: Mapping[str, Any], folder: str | None) -> EndMessage | Order:
    """Hand in a result: what the trial is told, or its end where it ends by itself."""
    values = {name: value for name, value in result.items() if name not in _LEFT_OUT}
    if not result["done"]:
        return session.hand_in(values, folder)
    session.close()
    return EndMessage("finished", report=session.last_report(values, folder))


def _halted(trainable: Trainable, session: Session, order: Order) -> EndMessage:
    """The end of a try that was told to end; with its state, where that is of use."""
    pauses = order is Order.PAUSE
    if session.is_saved or not (pauses or session.task.checkpoint_at_end):
        return EndMessage("halted")
    if not overrides(type(trainable), "save_checkpoint"):
        _logger.warning(
            "trial %s pauses; %s has no save_checkpoint, so it will go on from its last checkpoint"
            " or from the start",
            session.task.trial_id,
            type(trainable).__name__,
        )
        return EndMessage("halted")
    with _folder() as folder:
        trainable.save(folder)
        return EndMessage("halted", checkpoint=session.save_after(folder))


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(
        prefix="pegbox_checkpoint_", dir=scratch_folder(), ignore_cleanup_errors=True
    )


def _clean_up(trainable: Trainable) -> None:
    """What goes wrong here is said and changes nothing: the trial is over."""
    try:
        trainable.stop()
    except Exception as error:
        line = failure.describe(error).message
        _logger.warning("trial %s raised in cleanup: %s", trainable.trial_id, line)
