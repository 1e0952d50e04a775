"""A slot's end of `pegbox.with_parameters`: the values, got hold of once for each process.

The driver says how: open the block that another process of this host has, or pull the bytes over
the slot's line and share them. Either way they are then open to others.
"""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from pegbox._trial.parameters import ParameterBlock
from pegbox.executors.dask.parameters.shared_block import BlockName, SharedBlock, host_key
from pegbox.executors.dask.protocol import EXIT, OPEN, Line

__all__ = ["Parameters"]


class _Held:
    """What this process has of one run, for as long as a slot of the run is here.

    Attributes:
        slots: How many are.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.slots = 0
        self.shared: SharedBlock | None = None
        self.block: ParameterBlock | None = None


#: How long the values stay in a process that has no slot of the run any more.
_KEPT_S: Final = 0.5

_lock: Final = threading.Lock()
_held: Final[dict[str, _Held]] = {}  # by token


class Parameters:
    """The values for the trials of one slot.

    Args:
        name: Of the run's block; None without any values.
        line: The slot's way to the driver.
    """

    def __init__(self, name: BlockName | None, line: Line) -> None:
        self._name = name
        self._line = line
        if name is not None:
            with _lock:
                self._held = _held.setdefault(name.token, _Held())
                self._held.slots += 1

    def values(self) -> Mapping[str, Any]:
        """The values, anew. The first trial of a process gets hold of them.

        Raises:
            SystemExit: The run is over.
            OSError: There is no room for them.
        """
        if self._name is None:
            return {}
        held = self._held
        if held.block is None:
            with held.lock:  # the other slots of the process wait for the first
                if held.block is None:
                    held.shared = self._find(self._name)
                    held.block = ParameterBlock(held.shared.memory)
        return held.block.values()

    def close(self) -> None:
        """No further trial comes; the last slot of the run in this process lets go of them."""
        if self._name is None:
            return
        with _lock:
            self._held.slots -= 1
        # Later: to free much memory takes a moment, in which the slot's task would not end.
        timer = threading.Timer(_KEPT_S, _let_go, (self._name.token,))
        timer.daemon = True
        timer.start()

    def _find(self, name: BlockName) -> SharedBlock:
        host = host_key()
        failed = None
        while True:
            how, path = self._ask("find", host, failed)
            if how != OPEN:
                block = self._pull(name)
                break
            try:
                block = SharedBlock.open(name, path)
                break
            except OSError:
                failed = path
        self._ask("have", host, block.path)
        return block

    def _pull(self, name: BlockName) -> SharedBlock:
        def write(file: BinaryIO) -> None:
            while (start := file.tell()) < name.size:
                file.write(self._ask("piece", start))

        try:
            return SharedBlock.make(name, write)
        except BaseException:
            self._line.call("parameters", "give_up")
            raise

    def _ask(self, *question: Any) -> Any:
        answer = self._line.call("parameters", *question)
        if isinstance(answer, str) and answer == EXIT:
            raise SystemExit("the run is over")
        return answer


def _let_go(token: str) -> None:
    with _lock:
        if token not in _held or _held[token].slots:
            return
        shared = _held.pop(token).shared
    if shared is None:
        return
    shared.close()
    memory = weakref.ref(shared.memory.obj)
    del shared
    if memory() is not None:
        gc.collect()  # a trial left a circle that holds it, and an idle process never looks
