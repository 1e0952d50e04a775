"""The kits for callbacks: all cases of one that a package brings, and of one that none does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pegbox.testing.callback_ending import EndingCases
from pegbox.testing.callback_lasting import LastingCases
from pegbox.testing.callback_telling import TellingCases
from pegbox.testing.package_cases import PackageCases

__all__ = ["CallbackConformance", "CallbackObjectConformance"]


class CallbackObjectConformance(TellingCases, LastingCases, EndingCases):
    """What every callback has to do, for one without a name; a subclass gives `make_callback`.

    ::

        class TestMyCallback(CallbackObjectConformance):
            elsewhere = ["board.db"]  # what it writes outside of the experiment's folder

            def make_callback(self, home):
                return MyCallback(home / "board.db")

    The attributes are those of `pegbox.testing.callback_cases.CallbackCases`.
    """


class CallbackConformance(CallbackObjectConformance, PackageCases):
    """What every callback has to do that a package brings under a name.

    ::

        class TestMyCallback(CallbackConformance):
            callback = "mine"             # its name on offer
            options = {"every": 2}        # its arguments

            def written(self, experiment, trials):  # so that a restore's work can be compared
                return [(trial / "mine.txt").read_text() for trial in trials]

    See `CallbackObjectConformance`.
    """

    def plugin(self, tmp_path: Path) -> Any:
        """A new callback."""
        return self.make_callback(tmp_path)
