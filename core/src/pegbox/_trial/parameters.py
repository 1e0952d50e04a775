"""What `pegbox.with_parameters` was given, as one block of bytes that processes can share.

A block is a table of sizes, the pickle of the values, and their large memory (arrays) beside it,
each part aligned. Whoever opens a block builds the values anew, around that memory: arrays are
not copied, and cannot be written to. How a block gets to a process is the executor's affair.
"""

from __future__ import annotations

import mmap
import pickle
import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, BinaryIO, Final

from pegbox._trial.pickling import dump
from pegbox.errors import ConfigError

__all__ = ["ParameterBlock", "SavedParameters", "open_file"]

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

    @property
    def size(self) -> int:
        """Bytes of the block."""
        ends = (_aligned(part.nbytes) for part in self._parts)
        return _aligned(len(self._table())) + sum(ends)

    def write(self, file: BinaryIO) -> None:
        """Write the block."""
        for part in (memoryview(self._table()), *self._parts):
            file.write(part)
            file.write(bytes(_aligned(part.nbytes) - part.nbytes))

    def values(self) -> dict[str, Any]:
        """The values anew, as from a block."""
        return _build(self._parts)

    def _table(self) -> bytes:
        sizes = [part.nbytes for part in self._parts]
        return struct.pack(f"<{1 + len(sizes)}Q", len(sizes), *sizes)


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


@lru_cache(maxsize=2)
def open_file(path: str) -> ParameterBlock:
    """A block in a file, which all processes of a machine then have in memory once."""
    with open(path, "rb") as file:
        return ParameterBlock(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


def _build(parts: list[memoryview]) -> dict[str, Any]:
    pickled, *buffers = parts
    values: dict[str, Any] = pickle.loads(
        pickled, buffers=[buffer.toreadonly() for buffer in buffers]
    )
    return values


def _parts(memory: memoryview) -> Iterator[memoryview]:
    (count,) = _COUNT.unpack_from(memory)
    start = _aligned(_COUNT.size * (1 + count))
    for size in struct.unpack_from(f"<{count}Q", memory, _COUNT.size):
        yield memory[start : start + size]
        start += _aligned(size)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
