"""A thread that redraws: it owns the rhythm and the first error, not what is drawn."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Ticker"]


class Ticker:
    """Calls ``action`` every ``period_s`` seconds until it is stopped or ``action`` raises.

    Attributes:
        error: What ``action`` raised; nothing is drawn after that.
    """

    def __init__(self, period_s: float, action: Callable[[], None]) -> None:
        self.error: BaseException | None = None
        self._period_s = period_s
        self._action = action
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pegbox-progress", daemon=True)

    def start(self) -> None:
        """Begin; the first call comes after one period."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until no call is under way."""
        self._done.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._period_s):
            try:
                self._action()
            except Exception as error:
                self.error = error
                return
