"""The first step of a slot's task, sent by value: schedulers read tasks, and may have no pegbox."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["make_start"]


def make_start() -> Callable[[int, bytes], None]:
    """A function that runs a slot on a worker.

    Its arguments are the driver's number of the protocol, and the pickled body of the task with
    what it is told. A function inside a function has no name that pickle could refer to, so its
    code is sent along.
    """

    def start_slot(protocol: int, slot: bytes) -> None:
        import pickle

        from pegbox.executors.dask.protocol import PROTOCOL

        # A slot that speaks another one would call where nobody listens.
        if protocol != PROTOCOL:
            raise RuntimeError(f"pegbox speaks protocol {PROTOCOL} there, {protocol} here")
        body, spec = pickle.loads(slot)
        body(spec)

    return start_slot
