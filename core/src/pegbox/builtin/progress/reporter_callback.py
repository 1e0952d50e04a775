"""The callback that asks a reporter of the user's own, as Ray Tune's loop does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from pegbox.builtin.progress.reporters import ProgressReporter
from pegbox.builtin.progress.ticker import Ticker
from pegbox.callback import Callback, Ending, ExperimentInfo
from pegbox.errors import ConfigError
from pegbox.resources import Resources
from pegbox.text import shown
from pegbox.trial import State, TrialView

__all__ = ["ReporterCallback"]

#: How often a reporter is asked whether it has something to say.
_ASK_EVERY_S: Final = 0.5


class ReporterCallback(Callback):
    """Asks a reporter twice a second, from a thread of its own, and at the end.

    Args:
        reporter: Has ``should_report`` and ``report``.

    Raises:
        ConfigError: It is no reporter.
    """

    def __init__(self, reporter: ProgressReporter) -> None:
        lacking = [
            name
            for name in ("should_report", "report")
            if not callable(getattr(reporter, name, None))
        ]
        if lacking or isinstance(reporter, type):
            raise ConfigError(
                f"RunConfig(progress_reporter=...) must be a reporter, got {shown(reporter)}",
                hint="Pass a pegbox.CLIReporter(...), or an object of a class that is derived "
                "from pegbox.ProgressReporter.",
            )
        self._reporter = reporter
        self._trials: Sequence[TrialView] = ()
        self._resources = Resources()
        self._scheduler = ""
        self._ticker: Ticker | None = None

    def setup(self, experiment: ExperimentInfo) -> None:
        """Set the reporter up, and begin to ask."""
        self._close()
        first = experiment.objectives[0] if experiment.objectives else None
        if callable(getattr(self._reporter, "setup", None)):
            self._reporter.setup(
                start_time=time.time(),
                total_samples=max(experiment.total_trials, 0) or None,
                metric=first.metric if first else None,
                mode=first.mode if first else None,
                experiment=experiment,
            )
        self._scheduler = experiment.scheduler
        self._ticker = Ticker(_ASK_EVERY_S, self._ask)
        self._ticker.start()

    def on_step_end(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        resources: Resources | None = None,
        **info: Any,
    ) -> None:
        """Keep what there is to report on."""
        if self._ticker is not None and self._ticker.error is not None:
            error = self._ticker.error
            self._close()
            raise error
        self._trials = trials
        self._resources = resources or Resources()

    def on_experiment_end(
        self, trials: Sequence[TrialView], how: Ending = "complete", **info: Any
    ) -> None:
        """Report for the last time."""
        self._close()
        self._trials = trials
        self._ask(done=True)

    def _ask(self, done: bool = False) -> None:
        trials = list(self._trials)
        if self._reporter.should_report(trials, done=done):
            self._reporter.report(trials, done, *self._system(trials))

    def _system(self, trials: list[TrialView]) -> tuple[str, str]:
        asked = Resources()
        for trial in trials:
            if trial.state in (State.RUNNING, State.HALTING):
                asked = asked.plus(trial.resources)
        total = self._resources
        shown = ", ".join(f"{asked.get(name, 0):g}/{total[name]:g} {name}" for name in total)
        return f"Using {self._scheduler} scheduling algorithm.", f"Resources requested: {shown}"

    def _close(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None
