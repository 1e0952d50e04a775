"""Cases about what a callback is told while a run goes on."""

from __future__ import annotations

from pathlib import Path

from pegbox.testing.callback_cases import CallbackCases
from pegbox.testing.callback_trials import ALL_FATES, PLAIN_FATES

__all__ = ["TellingCases"]


class TellingCases(CallbackCases):
    """See the module."""

    def test_is_told_of_everything(self, tmp_path: Path) -> None:
        """Trials that end in every way, with results of every shape; none makes it raise.

        After a restore those that have failed begin again.
        """
        rig = self.rig(tmp_path)
        for watch in (rig.run(ALL_FATES), rig.restore(resume_errored=True)):
            assert not watch.faults, watch.faults[0]

    def test_takes_what_later_releases_add(self, tmp_path: Path) -> None:
        """Hooks may gain arguments, which come in its ``**info``."""
        watch = self.rig(tmp_path).run(PLAIN_FATES, later=True)
        assert not watch.faults, watch.faults[0]

    def test_leaves_alone_what_it_is_given(self, tmp_path: Path) -> None:
        """Results, configurations and states are others' data."""
        rig = self.rig(tmp_path)
        watches = [rig.run(PLAIN_FATES), rig.restore()]
        changed = [each for watch in watches for each in watch.changed]
        assert not changed, f"it changes {changed[0]}"
