"""A TCP proxy that can hold back what passes, or cut it.

    python -m faults.proxy TARGET_PORT

Prints its port; then takes a word a line: ``stall``, ``go on``, ``cut`` (resets what is open and
refuses what is new), ``mend``.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys

__all__ = ["Proxy"]

_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """One proxy in front of one port of this host."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self) -> None:
        """Until stdin ends."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        while word := (await asyncio.to_thread(sys.stdin.readline)).strip():
            self._order(word)
            print(word, flush=True)
        server.close()

    def _order(self, word: str) -> None:
        if word == "stall":
            self._flows.clear()
        elif word == "go on":
            self._flows.set()
        elif word == "cut":
            self._refuses = True
            for writer in list(self._open):
                _reset(writer)
        elif word == "mend":
            self._refuses = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        if self._refuses:
            _reset(writer)
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._open.add(back)
        await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        self._open.discard(writer)
        with contextlib.suppress(OSError):
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close as a peer that has crashed does, not in good order."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(Proxy(int(sys.argv[1])).serve())
