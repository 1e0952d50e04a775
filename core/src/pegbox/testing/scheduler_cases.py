"""What a scheduler's tests say once: how it is made, and the run that it is looked at in; no cases.

The run goes through in virtual time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from pegbox._plugins.origin import create_by_name
from pegbox.configs import FailureConfig, RunConfig, TuneConfig
from pegbox.events import Event
from pegbox.executors.simulated import SimulatedCluster, SimulatedRun, simulate
from pegbox.executors.simulated.cluster import Curve
from pegbox.space import uniform
from pegbox.testing.conformance import Conformance
from pegbox.testing.scheduler_rig import WatchedScheduler, watch
from pegbox.testing.scheduler_trials import Faults, losses, no_faults

__all__ = ["SchedulerCases", "check_ended"]

_TRIALS: Final = 24
_WORKERS: Final = 4


class SchedulerCases(Conformance):
    """How the scheduler under test is made.

    The runs have trials whose losses never cross, and which report twelve times.

    Attributes:
        scheduler: Its name on offer. Where it has none, override `make_scheduler`.
        options: Its arguments, JSON data.
    """

    role: ClassVar[str] = "scheduler"
    scheduler: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}

    def make_scheduler(self) -> Any:
        """A new scheduler."""
        return create_by_name("scheduler", self.scheduler, self.options)

    def play(
        self,
        *,
        trials: int = _TRIALS,
        mode: str = "min",
        curve: Curve | None = None,
        faults: Faults = no_faults,
        failures: int = 1,
        period: int = 1,
        history: Sequence[Event] = (),
        **watching: Any,
    ) -> tuple[SimulatedRun, WatchedScheduler]:
        """A run with the scheduler, and who has watched it.

        Args:
            trials: How many.
            mode: Of the objective ``loss``.
            curve: What trials report.
            faults: What breaks.
            failures: How often a trial may fail.
            period: After every how many iterations trials have a checkpoint; 0 for never.
            history: Facts of a run that was cut off.
            **watching: Of `WatchedScheduler`.
        """
        watched = watch(self.make_scheduler, **watching)
        run = simulate(
            curve or losses(),
            param_space={"x": uniform(0, 1)},
            tune_config=TuneConfig(
                metric="loss", mode=mode, num_samples=trials, scheduler=watched, seed=7
            ),
            run_config=RunConfig(failure_config=FailureConfig(max_failures=failures)),
            cluster=SimulatedCluster(workers=_WORKERS, checkpoint_period=period, faults=faults),
            history=history,
        )
        return run, watched


def check_ended(run: SimulatedRun, when: str = "") -> None:
    """That all trials of a run have come to an end.

    Args:
        run: Of `SchedulerCases.play`.
        when: Of which run, for the message.
    """
    assert run.error is None, f"{when} {run.error}".strip()
    assert run.ended.how == "complete", f"{when} the run ended: {run.ended.reason}".strip()
    open_ends = [trial.trial_id for trial in run.trials if not trial.state.ended]
    assert not open_ends, f"{when} these never ended: {open_ends}".strip()
    assert len(run.trials) == _TRIALS
