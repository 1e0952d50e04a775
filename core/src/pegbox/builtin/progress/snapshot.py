"""All that the view shows, at one moment: frozen values that any output can draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pegbox.autofill import AUTOFILLED
from pegbox.builtin.progress.options import ViewOptions
from pegbox.callback import ExperimentInfo
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.trial import State, TrialView
from pegbox.usage import Usage

__all__ = ["Leader", "Mishap", "Moment", "Row", "Snapshot"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What the clocks say, and the machine.

    Attributes:
        elapsed_s: Seconds since the run (or its restore) began.
        wall_s: Wall time, seconds since 1970; None where it is not wanted.
        loop_s: Seconds from the first launch of a trial to the latest event.
        memory: Bytes in use on the driver's machine, and bytes that it has; None where unknown.
    """

    elapsed_s: float
    wall_s: float | None = None
    loop_s: float = 0.0
    memory: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A trial and its last result.

    Attributes:
        name: As the user's ``trial_name_creator`` has it.
        result: With the autofilled values; empty before the first report.
        parameters: The values that vary, by flat path.
        feasible: Whether the result satisfies the run's outcome constraints.
    """

    trial_id: str
    name: str
    status: str
    iteration: int
    result: Mapping[str, Any]
    parameters: Mapping[str, Any]
    feasible: bool = True

    @property
    def time_s(self) -> float | None:
        """Training seconds so far; None before the first report."""
        return self.result.get("time_total_s")

    @property
    def metrics(self) -> dict[str, Any]:
        """The user's own."""
        return {name: v for name, v in self.result.items() if name not in AUTOFILLED}

    @property
    def place(self) -> str:
        """``ip:pid`` of where it reported from last; empty before."""
        ip, pid = self.result.get("node_ip"), self.result.get("pid")
        return f"{ip}:{pid}" if ip and pid else ""


@dataclass(frozen=True, slots=True)
class Leader:
    """The best trial for one objective, by its last result."""

    objective: Objective
    trial: Row


@dataclass(frozen=True, slots=True)
class Mishap:
    """A trial that failed, or a try of one that will be repeated."""

    trial_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is shown, at one moment.

    Attributes:
        experiment: What is fixed about the run.
        moment: What the clocks say.
        counts: Trials by state; none may be absent or 0.
        options: What the user chose about the view.
        leaders: One for each objective that any trial has a value for.
        running: The first of the running trials, in the order of their start.
        running_total: How many run, shown or not.
        others: Some that do not run: the best or the latest, as the options say.
        requested: What the running trials ask for. ``resources``: what all workers have.
        failures: The trials that failed last, the latest one last.
        retry: The last try that is repeated. ``retries``: how many were in this run.
        usage: Where the run's time went so far.
        version: Goes up with everything that happens.
        trials: All of them, live.
    """

    experiment: ExperimentInfo
    moment: Moment
    counts: Mapping[State, int]
    options: ViewOptions = field(default_factory=ViewOptions)
    leaders: tuple[Leader, ...] = ()
    running: tuple[Row, ...] = ()
    running_total: int = 0
    others: tuple[Row, ...] = ()
    requested: Resources = field(default_factory=Resources)
    resources: Resources = field(default_factory=Resources)
    failures: tuple[Mishap, ...] = ()
    retry: Mishap | None = None
    retries: int = 0
    usage: Usage = field(default_factory=Usage)
    version: int = 0
    trials: Sequence[TrialView] = ()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run (or its restore) began."""
        return self.moment.elapsed_s

    @property
    def failure(self) -> Mishap | None:
        """The trial that failed last."""
        return self.failures[-1] if self.failures else None

    @property
    def ended(self) -> int:
        """Trials to which nothing more happens."""
        return sum(n for state, n in self.counts.items() if state.ended)

    @property
    def failed(self) -> int:
        """Trials that failed for good."""
        return self.counts.get(State.FAILED, 0)

    @property
    def unfinished(self) -> int:
        """Trials that a restore would take up again."""
        return sum(n for state, n in self.counts.items() if not state.ended)
