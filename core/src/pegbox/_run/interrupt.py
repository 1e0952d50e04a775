"""Ctrl-C: once ends the run in good order, twice at once. Both leave it restorable."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["good_order_on_ctrl_c", "how_to_go_on_noted"]


@contextlib.contextmanager
def good_order_on_ctrl_c(
    stop: Callable[[], None], how_to_go_on: str, grace_s: float
) -> Iterator[None]:
    """While inside, the first Ctrl-C calls ``stop`` and the second raises KeyboardInterrupt.

    Args:
        stop: Must return at once; called from the signal handler.
        grace_s: Seconds that running trials then have; told to the user, too.
        how_to_go_on: Told to the user with the first Ctrl-C.

    Outside of the main thread signals cannot be caught, and nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        stop()
        what = (
            f"Stopping: running trials end at their next report, after {grace_s:g} s by force "
            "(Ctrl-C again: at once)."
        )
        text = f"\n{what}\n{how_to_go_on}\n"
        # Aside, since the interrupted code may hold the lock of the stream that is written to.
        threading.Thread(target=_say, args=(text,), daemon=True).start()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def how_to_go_on_noted(how_to_go_on: str) -> Iterator[None]:
    """While inside, a KeyboardInterrupt takes a note along, which Python shows below its traceback.

    Before the first trial and after the last one, a single Ctrl-C is one.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(how_to_go_on)
        raise


def _say(text: str) -> None:
    with contextlib.suppress(Exception):  # it may be closed, or None
        sys.stderr.write(text)
