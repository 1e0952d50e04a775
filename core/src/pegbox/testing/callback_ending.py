"""Cases about what a callback leaves behind when a run has ended."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import psutil
import pytest

from pegbox.testing.callback_cases import CallbackCases
from pegbox.testing.callback_rig import HowItEnds, files_below
from pegbox.testing.callback_trials import ALL_FATES, PLAIN_FATES

__all__ = ["EndingCases"]

#: Seconds for threads that are about to end.
_PATIENCE_S: Final = 1.0


class EndingCases(CallbackCases):
    """See the module."""

    @pytest.mark.parametrize("ending", ["complete", "interrupted", "failed"])
    def test_lets_go_of_everything_at_the_end(self, tmp_path: Path, ending: HowItEnds) -> None:
        """However the run ends: no file is open, no thread runs on."""
        before = set(threading.enumerate())
        # Kept until the end: what is dropped lets go by itself.
        watch = self.rig(tmp_path).run(PLAIN_FATES, ending=ending)
        files = [each.path for each in psutil.Process().open_files()]
        left = [path for path in files if Path(path).is_relative_to(tmp_path.resolve())]
        assert not left, f"after a run that was {ending}, open: {left}"
        running = [each for each in threading.enumerate() if each not in before]
        for thread in running:
            thread.join(_PATIENCE_S)
        alive = [each.name for each in running if each.is_alive()]
        assert not alive, f"after a run that was {ending}, these threads run on: {alive}"
        assert not watch.faults, watch.faults[0]

    def test_keeps_its_files_to_the_experiment(self, tmp_path: Path) -> None:
        """Nothing is written beside the experiment's folder but where it says so."""
        rig = self.rig(tmp_path)
        self.make_callback(rig.home)
        assert not files_below(tmp_path), "made, and not in any run yet, it has written files"
        rig.run(ALL_FATES)
        said = tuple(str(rig.home.relative_to(tmp_path) / each) for each in self.elsewhere)
        inside = (str(rig.experiment.relative_to(tmp_path)), *said)
        beside = [name for name in files_below(tmp_path) if not name.startswith(inside)]
        assert not beside, f"it writes {beside}"
        assert len(rig.trials) == len(ALL_FATES), "the experiment cannot be read any more"
