"""Cases about what a syncer does when it cannot move all of a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from pegbox.testing.syncer_cases import SyncerCases
from pegbox.testing.syncer_rig import ROOM, contents

__all__ = ["FailingCases"]

#: What can be opened and not be read, where there is such a file; and what is not there.
_UNREADABLE: Final = [path for path in ("/proc/self/mem",) if os.path.exists(path)]
_LARGE: Final = {"small": b"s", "large": b"0123456789" * (ROOM // 5), "last": b"l"}


class FailingCases(SyncerCases):
    """See the module."""

    @pytest.mark.parametrize("points_to", [*_UNREADABLE, "nowhere/at/all"])
    def test_raises_where_a_file_cannot_be_read(self, tmp_path: Path, points_to: str) -> None:
        """A folder without that file is not the folder."""
        rig = self.rig(tmp_path)
        folder = Path(rig.given({"a": b"1", "z": b"2"}))
        (folder / "link").symlink_to(points_to)
        with pytest.raises(Exception):  # noqa: B017, PT011 - whichever the syncer has
            rig.push(str(folder))

    @pytest.mark.parametrize("way", ["up", "down"])
    def test_is_whole_or_raises(self, tmp_path: Path, way: str) -> None:
        """Broken off on the way, a transfer is not reported as done."""
        rig = self.rig(tmp_path)
        local, target = rig.given(_LARGE), rig.local / "to"
        if way == "down":
            rig.push(local)
        try:
            with self.broken():
                moved = rig.push(local) if way == "up" else rig.pull(str(target))
        except Exception:
            return
        found = rig.pulled() if way == "up" else contents(target)
        for name, content in _LARGE.items():
            size = len(found.get(name, b""))
            assert size == len(content), (
                f"answered {moved}, and {name} has {size} bytes of {len(content)}"
            )

    def test_refuses_a_missing_source(self, tmp_path: Path) -> None:
        """Nothing is not an empty folder."""
        rig = self.rig(tmp_path)
        with pytest.raises(Exception):  # noqa: B017, PT011 - whichever the syncer has
            rig.push(str(tmp_path / "nowhere"))
        with pytest.raises(Exception):  # noqa: B017, PT011 - whichever the syncer has
            rig.pull(str(tmp_path / "to"))
