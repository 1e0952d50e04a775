"""Keeps Python's garbage collector off what a simulation keeps to its end.

A simulation holds every fact. The collector goes through all that lives again and again, the more
often the more there is, so that an event of a large simulation would cost more than one of a small
one. Objects whose last reference goes are freed as ever.
"""

from __future__ import annotations

import gc
from types import TracebackType
from typing import Final

__all__ = ["LongLived"]

#: What lives after so many facts is taken to stay.
_FACTS: Final = 50_000


class LongLived:
    """Has the collector leave out what has stayed, until the end of the ``with`` statement.

    Does nothing where the collector is off, or where somebody else has it leave things out.
    """

    def __enter__(self) -> LongLived:
        self._ours = gc.isenabled() and gc.get_freeze_count() == 0
        self._facts = 0
        return self

    def note(self, facts: int) -> None:
        """So many more facts are kept."""
        self._facts += facts
        if self._ours and self._facts >= _FACTS:
            self._facts = 0
            # What is garbage by now would stay, too.
            gc.collect()
            gc.freeze()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._ours:
            gc.unfreeze()
