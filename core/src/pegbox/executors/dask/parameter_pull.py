"""A slot's end of `pegbox.with_parameters`: the values, got hold of once for each process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from weakref import WeakValueDictionary

from pegbox._trial.parameters import ParameterBlock, open_file
from pegbox._trial.stage import no_parameters
from pegbox.executors.dask.mailbox import EXIT
from pegbox.executors.dask.slot_line import SlotLine

__all__ = ["parameters_of"]

_lock: Final = threading.Lock()
#: Run -> its block, for as long as a slot of the run is in this process.
_blocks: Final[WeakValueDictionary[str, ParameterBlock]] = WeakValueDictionary()


def parameters_of(
    run: str, where: str | int | None, line: SlotLine
) -> Callable[[], Mapping[str, Any]]:
    """Gives the values for a trial; gets them when the first trial asks.

    Args:
        run: Key of the run.
        where: A file of this machine, or at the driver in so many pieces; None without any.
        line: The slot's way to the driver.
    """
    if where is None:
        return no_parameters
    if isinstance(where, str):
        return lambda: open_file(where).values()
    return _Pulled(run, where, line).values


class _Pulled:
    """Values that come over the slot's line."""

    def __init__(self, run: str, pieces: int, line: SlotLine) -> None:
        self._run = run
        self._pieces = pieces
        self._line = line
        self._block: ParameterBlock | None = None

    def values(self) -> Mapping[str, Any]:
        """The values, anew."""
        if self._block is None:
            with _lock:  # the other slots of the process wait for the first
                self._block = _blocks.get(self._run) or self._pull()
                _blocks[self._run] = self._block
        return self._block.values()

    def _pull(self) -> ParameterBlock:
        memory = bytearray()
        for number in range(self._pieces):
            piece = self._line.call("parameters", number)
            if piece == EXIT:
                raise SystemExit("the run is over")
            memory += piece
        return ParameterBlock(memoryview(memory))
