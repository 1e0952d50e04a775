"""Cases about what a callback keeps: its state, and what a restore finds of its work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from pegbox import jsonvalue
from pegbox.testing.callback_cases import CallbackCases
from pegbox.testing.callback_rig import CallbackRig, Kill
from pegbox.testing.callback_trials import PLAIN_FATES

__all__ = ["LastingCases"]


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
        state was kept, and there are results and ends that were stored and that it was not told of.
        """
        rig, interrupted = self.rig(tmp_path / "whole"), self.rig(tmp_path / "interrupted")
        rig.run(PLAIN_FATES, kills=get_args(Kill))
        expected = self._work(rig)
        found = self._restored(rig)
        assert found == expected, "a restore with nothing left to do changed its work"
        interrupted.run(PLAIN_FATES, ending="interrupted")
        found = self._restored(interrupted)
        assert found == expected, "interrupted and restored, its work is another"
        for kill in get_args(Kill):
            rig.kill(kill)
            found = self._restored(rig)
            assert found == expected, (
                f"killed {kill}, and restored, its work is another; "
                "does setup take in all that `trials` and `history` say?"
            )

    def _restored(self, rig: CallbackRig) -> Any:
        """What it has written after a restore."""
        watch = rig.restore()
        assert not watch.faults, watch.faults[0]
        return self._work(rig)

    def _work(self, rig: CallbackRig) -> Any:
        return self.written(rig.experiment, rig.trials)
