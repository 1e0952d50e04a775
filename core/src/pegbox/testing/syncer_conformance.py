"""The kits for syncers: all cases of one that a package brings, and of one that none does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pegbox.testing.package_cases import PackageCases
from pegbox.testing.syncer_failing import FailingCases
from pegbox.testing.syncer_moving import MovingCases

__all__ = ["SyncerConformance", "SyncerObjectConformance"]


class SyncerObjectConformance(MovingCases, FailingCases):
    """What every syncer has to do, for one without a name; a subclass gives `make_syncer`.

    ::

        class TestMySyncer(SyncerObjectConformance):
            def make_syncer(self):
                return MySyncer()

            def remote(self, tmp_path):
                return f"memory://{tmp_path.name}/exp"  # where it moves folders to; else a path

    The attributes are those of `pegbox.testing.syncer_cases.SyncerCases`.
    """


class SyncerConformance(SyncerObjectConformance, PackageCases):
    """What every syncer has to do that a package brings under a name.

    ::

        class TestMySyncer(SyncerConformance):
            syncer = "mine"  # its name on offer

    See `SyncerObjectConformance`.
    """

    def plugin(self, tmp_path: Path) -> Any:
        """A new syncer."""
        return self.make_syncer()
