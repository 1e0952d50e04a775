"""Cases about what a callback keeps: its state, and what a restore finds of its work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pegbox import jsonvalue
from pegbox.testing.callback_cases import CallbackCases
from pegbox.testing.callback_rig import HowItEnds
from pegbox.testing.callback_trials import PLAIN_FATES

__all__ = ["LastingCases"]

_CUT_OFF: Final[Sequence[HowItEnds]] = ("interrupted", "killed")


class LastingCases(CallbackCases):
    """See the module."""

    def test_keeps_its_state_as_json_data(self, tmp_path: Path) -> None:
        """What `get_state` gives can be stored, and comes back as it was."""
        for state in self.rig(tmp_path).run(PLAIN_FATES).states:
            assert json.loads(json.dumps(jsonvalue.plain(state or {}))) == (state or {})

    def test_finds_its_state_again(self, tmp_path: Path) -> None:
        """What `set_state` is given is what `get_state` gives."""
        rig = self.rig(tmp_path)
        rig.run(PLAIN_FATES)
        for given, found in rig.restore().loaded:
            assert found == given, f"given {given}, it has {found}"

    def test_changes_nothing_by_a_look(self, tmp_path: Path) -> None:
        """Its state may be asked for at any time, and twice."""
        moved = self.rig(tmp_path).run(PLAIN_FATES, looks=True).moved
        assert not moved, f"asked twice, it gave {moved[0][0]} and {moved[0][1]}"

    def test_goes_on_after_a_restore(self, tmp_path: Path) -> None:
        """In the end its work is that of a run in one go.

        Whether there was nothing left to do, or the driver was interrupted or killed: then no
        state was kept, and there may be results that were stored and that nobody was told of.
        """
        expected = self._work(tmp_path, "complete")
        for ending in _CUT_OFF:
            found = self._work(tmp_path, ending)
            assert found == expected, f"{ending} and restored, its work is another"

    def _work(self, tmp_path: Path, ending: HowItEnds) -> Any:
        """What it has written after a run that ended in some way, and a restore."""
        rig = self.rig(tmp_path / ending)
        rig.run(PLAIN_FATES, ending=ending)
        found = self.written(rig.experiment, rig.trials)
        watch = rig.restore()
        assert not watch.faults, watch.faults[0]
        restored = self.written(rig.experiment, rig.trials)
        if ending == "complete":
            assert restored == found, "a restore with nothing left to do changed its work"
        return restored
