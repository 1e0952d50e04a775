"""The driver's copy of what `pegbox.with_parameters` was given: in pieces, or shared on its host.

Knows nothing of slots; who gets what from it is the desk's affair.
"""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from typing import Final

from pegbox._trial.parameters import SavedParameters
from pegbox.executors.dask.parameters.shared_block import BlockName, SharedBlock

__all__ = ["PIECE", "ParameterShelf"]

logger = logging.getLogger("pegbox")

#: Bytes that are sent at once. A larger piece holds up the answers of others, smaller ones take
#: longer in all.
PIECE: Final = 8_000_000


class ParameterShelf:
    """The values of one run.

    Args:
        saved: The values, pickled; they must not change any more.

    Attributes:
        name: Of the block that each host is to have.
    """

    def __init__(self, saved: SavedParameters) -> None:
        self._saved = saved
        self._block: SharedBlock | None = None
        self.name = BlockName(uuid.uuid4().hex, saved.size)

    def share(self, folder: Path | None) -> str | None:
        """Make the block of this host.

        Args:
            folder: See `SharedBlock.make`.

        Returns:
            Where other processes of this host open it; None where there is no room, or no way.
        """
        try:
            self._block = SharedBlock.make(self.name, self._saved.write, folder)
        except OSError as error:
            logger.debug("the parameters are not shared from here: %s", error)
            return None
        return self._block.path

    def piece(self, start: int) -> memoryview:
        """The bytes from ``start`` on, as many as are sent at once."""
        return self._saved.read(start, start + PIECE)

    def close(self) -> None:
        """The run is over."""
        if self._block is not None:
            self._block.close()
            self._block = None
