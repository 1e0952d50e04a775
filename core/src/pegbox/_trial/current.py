"""Which try of a trial a piece of code belongs to, in a process that may run several at once.

The trial's own thread carries its session in a context variable. A thread that the function
started has no such variable; it is matched only where there can be no doubt, since a report
that lands in another trial is worse than none.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, NoReturn

from pegbox.errors import ReportError

if TYPE_CHECKING:
    from pegbox._trial.session import Session

__all__ = ["find", "here", "running"]

_CONTEXT: Final[ContextVar[Session | None]] = ContextVar("pegbox_session", default=None)
_lock: Final = threading.Lock()
_residences: Final[list[_Residence]] = []


class _Residence:
    """A session's time in this process.

    Attributes:
        older: Threads that lived before it, which it therefore did not start.
        alone: Whether no other session has shared the process with it at any moment: a thread
            that a session left behind could otherwise be taken for one of its neighbour's.
    """

    __slots__ = ("alone", "older", "session")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.older = frozenset(threading.enumerate()) - {threading.current_thread()}
        self.alone = True


@contextmanager
def running(session: Session) -> Iterator[None]:
    """Make a session that of this thread, and known to threads that will be started from it."""
    residence = _Residence(session)
    token = _CONTEXT.set(session)
    with _lock:
        _residences.append(residence)
        if len(_residences) > 1:
            for one in _residences:
                one.alone = False
    try:
        yield
    finally:
        with _lock:
            _residences.remove(residence)
        _CONTEXT.reset(token)


def find(caller: str) -> Session:
    """The session of the code that calls.

    Args:
        caller: What the user called, for the message.

    Raises:
        ReportError: There is none, or it is not certain which.
    """
    session = here()
    if session is not None:
        return session
    if not _residences:
        _refuse_outside(caller)
    _refuse_unclear(caller)


def here() -> Session | None:
    """The session of the code that calls; None where there is none, or it is not certain which."""
    session = _CONTEXT.get()
    if session is not None:
        return session
    living = tuple(_residences)
    if len(living) != 1 or not living[0].alone or threading.current_thread() in living[0].older:
        return None
    return living[0].session


def _refuse_outside(caller: str) -> NoReturn:
    multiprocessing = sys.modules.get("multiprocessing")
    child = multiprocessing is not None and multiprocessing.parent_process() is not None
    raise ReportError(
        f"{caller} was called outside a trial (process {os.getpid()}, thread"
        f" {threading.current_thread().name})",
        hint="It works in the process that runs the trial: hand the values back to the function"
        " and report there."
        if child
        else "It works inside a function that a Tuner runs, until that function returns.",
    )


def _refuse_unclear(caller: str) -> NoReturn:
    raise ReportError(
        f"{caller} was called from the thread {threading.current_thread().name}, and it is not"
        " certain to which trial this thread belongs",
        hint="Start the work with the trial's context:"
        " Thread(target=contextvars.copy_context().run, args=(work,)), or"
        " pool.submit(contextvars.copy_context().run, work).",
    )
