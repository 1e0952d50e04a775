"""Running a user's function as one try of a trial, from its first line to how it ended."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

from pegbox._trial import failure
from pegbox._trial.current import running
from pegbox._trial.session import Session
from pegbox._trial.task import Channel, EndMessage, TrialTask
from pegbox.errors import ReportError

__all__ = ["run_trial"]

_logger: Final = logging.getLogger("pegbox")


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
            returned = trainable(_own_copy(task.config))
        except BaseException as error:
            session.close()
            return _raised(session, error)
        session.close()
        return _returned(session, returned)


def _raised(session: Session, error: BaseException) -> EndMessage:
    main = threading.current_thread() is threading.main_thread()
    if isinstance(error, KeyboardInterrupt) and main:
        raise error
    if session.halted:
        if not isinstance(error, SystemExit):
            # The trial was to end, and has; why it stumbled on the way is worth a line.
            line = failure.describe(error).message
            _logger.warning("trial %s raised while ending: %s", session.task.trial_id, line)
        return EndMessage("halted")
    return EndMessage("failed", failure.describe(error))


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


def _own_copy(value: Any) -> Any:
    """The same values in containers of the trial's own: the manifest needs the originals."""
    if type(value) is dict:
        return {key: _own_copy(item) for key, item in value.items()}
    if type(value) is list:
        return [_own_copy(item) for item in value]
    return value
