"""The kits for schedulers: all cases of one that a package brings, and of one that none does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pegbox.testing.package_cases import PackageCases
from pegbox.testing.scheduler_deciding import DecidingCases
from pegbox.testing.scheduler_lasting import LastingCases

__all__ = ["SchedulerConformance", "SchedulerObjectConformance"]


class SchedulerObjectConformance(DecidingCases, LastingCases):
    """What every scheduler has to do, for one without a name; a subclass gives `make_scheduler`.

    ::

        class TestMyScheduler(SchedulerObjectConformance):
            def make_scheduler(self):
                return MyScheduler(grace_period=2)  # neither metric nor mode: the runs name them

    The attributes are those of `pegbox.testing.scheduler_cases.SchedulerCases`.
    """


class SchedulerConformance(SchedulerObjectConformance, PackageCases):
    """What every scheduler has to do that a package brings under a name.

    ::

        class TestMyScheduler(SchedulerConformance):
            scheduler = "mine"               # its name on offer
            options = {"grace_period": 2}    # neither metric nor mode: the kit's runs name them

    See `SchedulerObjectConformance`.
    """

    def plugin(self, tmp_path: Path) -> Any:
        """A new scheduler."""
        return self.make_scheduler()
