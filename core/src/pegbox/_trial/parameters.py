"""What `pegbox.with_parameters` was given, as one block of bytes that processes can share.

A block is a table of sizes, the pickle of the values, and their large memory (arrays) beside it,
each part aligned. Whoever opens a block builds the values anew, around that memory: arrays are
not copied, and cannot be written to. How a block gets to a process is the executor's affair.
"""

from __future__ import annotations

import pickle
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, BinaryIO, Final

from pegbox._trial.pickling import dump
from pegbox.errors import ConfigError

__all__ = ["ParameterBlock", "SavedParameters"]

_ALIGNMENT: Final = 64
_COUNT: Final = struct.Struct("<Q")


class SavedParameters:
    """Values, pickled; their large memory stays where it is until it is written.

    Args:
        values: Keyword arguments by name.

    Raises:
        ConfigError: One of them cannot be pickled; it and the object inside are named.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        buffers: list[pickle.PickleBuffer] = []
        try:
            pickled = dump(dict(values), "with_parameters", buffers.append)
        except ConfigError:
            for name, value in values.items():
                dump(value, f"the parameter {name!r} of with_parameters")
            raise
        self._parts = [memoryview(pickled), *(buffer.raw() for buffer in buffers)]
        self._layout, self._starts = _laid_out(self._parts)

    @property
    def size(self) -> int:
        """Bytes of the block."""
        return self._starts[-1]

    def write(self, file: BinaryIO) -> None:
        """Write the block."""
        for part in self._layout:
            file.write(part)

    def read(self, start: int, stop: int) -> memoryview:
        """Bytes of the block; copied only where they come from several parts."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_left(self._starts, stop)
        found = [
            part[max(0, start - at) : stop - at]
            for part, at in zip(self._layout[first:last], self._starts[first:last], strict=False)
        ]
        return found[0] if len(found) == 1 else memoryview(b"".join(found))

    def values(self) -> dict[str, Any]:
        """The values anew, as from a block."""
        return _build(self._parts)


class ParameterBlock:
    """A block that a process has got hold of.

    Args:
        memory: All of it.
    """

    def __init__(self, memory: memoryview) -> None:
        self._parts = list(_parts(memory.toreadonly()))

    def values(self) -> dict[str, Any]:
        """The values anew: what one trial does to a list or dict, the next one does not see."""
        return _build(self._parts)


def _build(parts: list[memoryview]) -> dict[str, Any]:
    pickled, *buffers = parts
    values: dict[str, Any] = pickle.loads(
        pickled, buffers=[buffer.toreadonly() for buffer in buffers]
    )
    return values


def _laid_out(parts: Sequence[memoryview]) -> tuple[list[memoryview], list[int]]:
    """All that a block consists of, in order, and where each begins; at last, where it ends."""
    sizes = [part.nbytes for part in parts]
    table = memoryview(struct.pack(f"<{1 + len(sizes)}Q", len(sizes), *sizes))
    placed = []
    for part in (table, *parts):
        padding = bytes(_aligned(part.nbytes) - part.nbytes)
        placed += [part, memoryview(padding)]
    placed = [part for part in placed if part.nbytes]
    return placed, list(accumulate((part.nbytes for part in placed), initial=0))


def _parts(memory: memoryview) -> Iterator[memoryview]:
    (count,) = _COUNT.unpack_from(memory)
    start = _aligned(_COUNT.size * (1 + count))
    for size in struct.unpack_from(f"<{count}Q", memory, _COUNT.size):
        yield memory[start : start + size]
        start += _aligned(size)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
