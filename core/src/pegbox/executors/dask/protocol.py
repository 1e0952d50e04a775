"""What a slot and its driver call things when they speak: the few words that both ends know.

Imports nothing, so that a process that runs trials need not load distributed for it.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

__all__ = ["EXIT", "OPEN", "PROTOCOL", "PULL", "SLOT_KEY", "Line"]

#: Number of the protocol; drivers of several can share one scheduler.
PROTOCOL: Final = 2
#: The keys of slots' tasks begin with this.
SLOT_KEY: Final = "pegbox-slot-"
#: What a slot gets when nobody waits for it any more: it is to end at once.
EXIT: Final = "exit"
#: How a process gets hold of the block of parameters: open it where it was told, or pull the bytes.
OPEN: Final = "open"
PULL: Final = "pull"


class Line(Protocol):
    """A slot's way to the driver."""

    def call(self, *payload: Any) -> Any:
        """Say something and wait for the answer; `EXIT` where the slot is to end."""
