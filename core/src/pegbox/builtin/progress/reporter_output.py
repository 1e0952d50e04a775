"""The view where a reporter of the user's own takes its place, and is asked as in Ray Tune."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TextIO

from pegbox.builtin.progress.reporters import ProgressReporter
from pegbox.builtin.progress.sections import resources_text
from pegbox.builtin.progress.snapshot import Snapshot
from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["ReporterOutput", "check_reporter"]


def check_reporter(reporter: object) -> None:
    """Refuse what is no reporter.

    Args:
        reporter: What the user passed.

    Raises:
        ConfigError: It is none.
    """
    methods = (getattr(reporter, name, None) for name in ("should_report", "report"))
    if isinstance(reporter, type) or not all(map(callable, methods)):
        raise ConfigError(
            f"RunConfig(progress_reporter=...) must be a reporter, got {shown(reporter)}",
            hint="Pass a pegbox.CLIReporter(...), or an object of a class that is derived from "
            "pegbox.ProgressReporter.",
        )


class ReporterOutput:
    """Asks a reporter twice a second whether it has something to say, and at the end.

    Args:
        reporter: Has ``should_report`` and ``report``, and perhaps ``setup``.
        file: Where what `pegbox.builtin.progress.news` says is written.
    """

    period_s = 0.5
    shows_rows = False

    def __init__(self, reporter: ProgressReporter, file: TextIO) -> None:
        self._reporter = reporter
        self._file = file

    def start(self, snapshot: Snapshot) -> None:
        """Set the reporter up."""
        experiment = snapshot.experiment
        first = experiment.objectives[0] if experiment.objectives else None
        if callable(getattr(self._reporter, "setup", None)):
            self._reporter.setup(
                start_time=time.time(),
                total_samples=max(experiment.total_trials, 0) or None,
                metric=first.metric if first else None,
                mode=first.mode if first else None,
                experiment=experiment,
            )

    def refresh(self, snapshot: Snapshot) -> None:
        """Ask."""
        self._ask(snapshot, done=False)

    def say(self, texts: Sequence[str]) -> None:
        """Write lines as they are."""
        self._file.write("\n".join(texts) + "\n")
        self._file.flush()

    def stop(self, snapshot: Snapshot | None) -> None:
        """Ask for the last time; None where there is nothing to say."""
        if snapshot is not None:
            self._ask(snapshot, done=True)

    def _ask(self, snapshot: Snapshot, *, done: bool) -> None:
        trials = list(snapshot.trials)
        if self._reporter.should_report(trials, done=done):
            scheduler = f"Using {snapshot.experiment.scheduler} scheduling algorithm."
            resources = f"Resources requested: {resources_text(snapshot)}"
            self._reporter.report(trials, done, scheduler, resources)
