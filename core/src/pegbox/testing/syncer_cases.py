"""What a syncer's tests say once: how it is made, and where it moves folders to; no cases."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

from pegbox._plugins.origin import create_by_name
from pegbox.testing.conformance import Conformance
from pegbox.testing.syncer_rig import SyncerRig, short_of_room

__all__ = ["SyncerCases"]


class SyncerCases(Conformance):
    """How the syncer under test is made.

    Attributes:
        syncer: Its name on offer. Where it has none, override `make_syncer`.
        options: Its arguments, JSON data.
    """

    role: ClassVar[str] = "syncer"
    syncer: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}

    def make_syncer(self) -> Any:
        """A new syncer."""
        return create_by_name("syncer", self.syncer, self.options)

    def remote(self, tmp_path: Path) -> str:
        """A remote folder that is not there yet.

        Nothing is in the folder above it, where there is one; the cases put others beside it.

        Args:
            tmp_path: A folder of the test's own; a path in it, unless this is overridden.
        """
        return str(tmp_path / "remote" / "exp")

    def broken(self) -> AbstractContextManager[Any]:
        """While entered, no file arrives that is larger than 64 KiB.

        As it is, nothing on this machine can write such a file. Where the remote is elsewhere,
        override it, so that it breaks off too: a server of the tests' own that hangs up, say.
        """
        return short_of_room()

    def rig(self, tmp_path: Path) -> SyncerRig:
        """The syncer, with a remote folder.

        Args:
            tmp_path: A folder of the test's own.
        """
        return SyncerRig(self.make_syncer, self.remote(tmp_path), tmp_path / "local")
