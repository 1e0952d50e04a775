"""Running a user's function as one try of a trial, from its first line to how it ended."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from pegbox._trial import failure
from pegbox._trial.current import running
from pegbox._trial.ending import raised
from pegbox._trial.session import Session
from pegbox._trial.task import Channel, EndMessage, TrialTask
from pegbox.config_copy import copy_config
from pegbox.errors import ReportError

__all__ = ["run_trial"]


def run_trial(task: TrialTask, trainable: Callable[..., Any], channel: Channel) -> EndMessage:
    """Run one try of a trial in the calling thread.

    Args:
        task: The try.
        trainable: Called with a copy of the configuration, which it may change.
        channel: The way to whoever decides on its reports.

    Returns:
        How it ended: ``"finished"`` when the function returned, ``"halted"`` when it was told to
        end, ``"failed"`` when it raised or called ``sys.exit``.

    Raises:
        KeyboardInterrupt: In the main thread, where it is the user's Ctrl-C for the whole run;
            raised in any other thread it fails the trial.
    """
    session = Session(task, channel)
    with running(session):
        try:
            returned = trainable(copy_config(task.config))
        except BaseException as error:
            session.close()
            return raised(session, error)
        session.close()
        return _returned(session, returned)


def _returned(session: Session, returned: object) -> EndMessage:
    if session.halted:
        return EndMessage("halted")
    if returned is None:
        return EndMessage("finished")
    try:
        if not isinstance(returned, Mapping):
            _refuse_returned(returned)
        return EndMessage("finished", report=session.last_report(returned))
    except ReportError as error:
        return EndMessage("failed", failure.describe(error))


def _refuse_returned(returned: object) -> NoReturn:
    if inspect.iscoroutine(returned):
        returned.close()
    raise ReportError(
        f"a trial's function returns a dict of metrics or None, got {type(returned).__name__}",
        hint='Return e.g. {"loss": loss}; intermediate results go through pegbox.report.',
    )
