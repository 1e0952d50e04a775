"""How a try ends that an exception went through."""

from __future__ import annotations

import logging
import threading
from typing import Final

from pegbox._trial import failure
from pegbox._trial.session import Session
from pegbox._trial.task import EndMessage

__all__ = ["raised"]

_logger: Final = logging.getLogger("pegbox")


def raised(session: Session, error: BaseException) -> EndMessage:
    """The end of a try whose code raised.

    Raises:
        KeyboardInterrupt: In the main thread, where it is the user's Ctrl-C for the whole run.
    """
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
