"""Tells each process where to get the values of `pegbox.with_parameters`: one pull for each host.

The first process of a host pulls the values from here and shares them; those that ask meanwhile
wait, and then open what it has. When it dies, the next one pulls. Whoever cannot share pulls for
itself. Processes on the driver's own host open what the driver has.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from distributed.protocol import to_serialize

from pegbox.executors.dask.parameters.shared_block import BlockName, host_key
from pegbox.executors.dask.parameters.shelf import ParameterShelf
from pegbox.executors.dask.protocol import OPEN, PULL

__all__ = ["ParameterDesk"]

#: So many processes pull at once: each has a piece under way, which the scheduler holds as well.
_PULLS_AT_ONCE: Final = 4
#: Stands for this process where a slot or worker may stand.
_DRIVER_SLOT: Final = 0
_DRIVER: Final = "driver"


class _Line(Protocol):
    """What is needed of `pegbox.executors.dask.line.DriverLine`."""

    def send(self, answers: list[tuple[Any, ...]]) -> None: ...

    def send_apart(self, answers: list[tuple[Any, ...]]) -> None: ...


class _Caller(NamedTuple):
    """A slot's call that waits for an answer."""

    slot: int
    call: int


@dataclass
class _Host:
    """What is known of one host.

    Attributes:
        blocks: Path of a block -> worker whose process holds it.
        puller: Slot whose block the others wait for.
        waiting: Those others.
        asked_driver: Whether this process, which is of the host, was asked to share.
        alone: Whether processes there cannot share.
    """

    name: str
    blocks: dict[str, str] = field(default_factory=dict)
    puller: int | None = None
    waiting: list[_Caller] = field(default_factory=list)
    asked_driver: bool = False
    alone: bool = False


class ParameterDesk:
    """Answers the slots of one run, at once or later. Thread-safe.

    Args:
        shelf: The values.
    """

    def __init__(self, shelf: ParameterShelf) -> None:
        self._shelf = shelf
        self._own = host_key()
        self._line: _Line | None = None
        self._closed = False
        self._everywhere: str | None = None
        self._lock = threading.RLock()  # guards all that follows
        self._hosts: dict[str, _Host] = {}
        self._pulling: set[int] = set()
        self._turns: deque[_Caller] = deque()

    @property
    def name(self) -> BlockName:
        """What slots are told of the values."""
        return self._shelf.name

    def lay_out(self, folder: Path | None) -> None:
        """Share the values now, if all workers are of this host.

        Args:
            folder: One that they can read; None where nobody knows of which host they are.
        """
        if folder is not None:
            self._everywhere = self._shelf.share(folder)

    def open(self, line: _Line) -> None:
        """From now on, slots may ask."""
        self._line = line

    def asked(self, slot: int, call: int, worker: str, question: str, *arguments: Any) -> None:
        """A slot says something about the values.

        Args:
            slot: Its number; ``call``: of the call; ``worker``: where it runs.
            question: ``find`` (name of the host, path that could not be opened), ``piece`` (first
                byte), ``have`` (name of the host, path for others) or ``give_up``.
            arguments: As above.
        """
        with self._lock:
            if question == "find":
                self._find(_Caller(slot, call), *arguments)
            elif question == "piece":
                assert self._line is not None
                piece = to_serialize(self._shelf.piece(*arguments))
                self._line.send_apart([(slot, call, piece)])
            else:
                if question == "have":
                    self._have(worker, *arguments)
                self._end_pull(slot)
                self._answer(_Caller(slot, call), None)

    def gone(self, slots: Collection[int], worker: str | None = None) -> None:
        """Slots are no more; with ``worker``, nor is that process."""
        with self._lock:
            self._turns = deque(caller for caller in self._turns if caller.slot not in slots)
            for host in self._hosts.values():
                host.blocks = {path: by for path, by in host.blocks.items() if by != worker}
                host.waiting = [caller for caller in host.waiting if caller.slot not in slots]
            for slot in slots:
                self._end_pull(slot)

    def close(self) -> None:
        """The run is over."""
        with self._lock:
            self._closed = True
            self._shelf.close()

    # ---------------------------------------------------------- finding them

    def _find(self, caller: _Caller, host_name: str | None, failed: str | None = None) -> None:
        """The next step of a process that has no block, and could not open ``failed``."""
        if self._everywhere not in (None, failed):
            self._answer(caller, (OPEN, self._everywhere))
        elif host_name is None:
            self._pull(caller)
        else:
            host = self._hosts.setdefault(host_name, _Host(host_name))
            host.blocks.pop(failed or "", None)
            self._find_on(host, caller, failed)

    def _find_on(self, host: _Host, caller: _Caller, failed: str | None = None) -> None:
        if host.blocks:
            self._answer(caller, (OPEN, next(iter(host.blocks))))
        elif host.alone or failed is not None:
            # What one could not open, others most likely cannot: nobody waits for this one.
            self._pull(caller)
        elif host.puller is not None:
            host.waiting.append(caller)
        elif host.name == self._own and not host.asked_driver:
            host.waiting.append(caller)
            self._ask_driver(host)
        else:
            host.puller = caller.slot
            self._pull(caller)

    def _have(self, worker: str, host_name: str | None, path: str | None) -> None:
        """A process has the values; others of its host open them at ``path``."""
        if host_name is None:
            return
        host = self._hosts.setdefault(host_name, _Host(host_name))
        host.alone = path is None
        if path is not None:
            host.blocks[path] = worker

    # ----------------------------------------------------------- who pulls

    def _pull(self, caller: _Caller) -> None:
        """Let it pull, as soon as few others do."""
        self._turns.append(caller)
        self._give_turns()

    def _give_turns(self) -> None:
        while self._turns and len(self._pulling) < _PULLS_AT_ONCE:
            caller = self._turns.popleft()
            self._pulling.add(caller.slot)
            self._answer(caller, (PULL, None))

    def _end_pull(self, slot: int) -> None:
        """It is through, or has failed; those that waited for it look again."""
        self._pulling.discard(slot)
        self._give_turns()
        for host in self._hosts.values():
            if host.puller == slot:
                host.puller = None
                waiting, host.waiting = host.waiting, []
                for caller in waiting:
                    self._find_on(host, caller)

    def _ask_driver(self, host: _Host) -> None:
        """Share from this process, aside: it takes as long as the values are large."""
        host.asked_driver = True
        host.puller = _DRIVER_SLOT
        threading.Thread(
            target=self._share_here, args=(host,), name="pegbox-parameters", daemon=True
        ).start()

    def _share_here(self, host: _Host) -> None:
        path = self._shelf.share(None)
        with self._lock:
            if self._closed:
                self._shelf.close()
                return
            if path is not None:
                host.blocks[path] = _DRIVER
            self._end_pull(_DRIVER_SLOT)

    def _answer(self, caller: _Caller, what: Any) -> None:
        assert self._line is not None
        self._line.send([(*caller, what)])
