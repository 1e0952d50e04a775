"""What the engine is told about a run before it starts, and whom it asks for verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pegbox._engine.retention import KeepRule
from pegbox.decisions import Decision, Signal
from pegbox.events import PluginFailed
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.trial import Outcome, TrialView

__all__ = ["Decider", "Rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Budgets and bounds of a run.

    Attributes:
        resources: What a trial that is not suggested yet will probably ask for; decides how many
            are asked for ahead of free room.
        objectives: What counts; a last result without a finite value for each is told as failed.
        max_trials: Trials in all; -1 for no bound.
        max_failures: Tries of a trial that may fail before it fails for good; -1 for no bound.
        fail_fast: The run ends with the first trial that fails for good.
        max_lost: Losses in a row, without a report between, after which a trial fails for good.
        trial_time_limit_s: Seconds that a trial may run in all its tries; None for no bound.
        grace_s: Seconds that trials have to end once they are told to, and those of a run that is
            to end to come to their next report; then they are ended by force.
        max_concurrent: Trials that may run at once; None for as many as there is room.
        lookahead: Trials to ask for beyond free room, so that suggestions wait for slots.
        reads_results: The searcher wants every result.
        varies: Trials may ask for other resources than these.
        keep: Which checkpoints of each trial stay; None keeps all.
    """

    resources: Resources
    objectives: tuple[Objective, ...] = ()
    max_trials: int = -1
    max_failures: int = 0
    fail_fast: bool = False
    max_lost: int = 3
    trial_time_limit_s: float | None = None
    grace_s: float = 30.0
    max_concurrent: int | None = None
    lookahead: int = 0
    reads_results: bool = False
    varies: bool = False
    keep: KeepRule | None = None


class Decider(Protocol):
    """Stop rules and scheduler as the engine sees them: plain calls that never raise."""

    #: Whether `choose` is to be asked; otherwise the longest-queued trial comes first.
    chooses: bool

    def added(self, trial: TrialView) -> None:
        """A trial was suggested."""

    def decide(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        """Whether a trial that reported goes on."""

    def recall(self, trial: TrialView, result: Mapping[str, Any]) -> None:
        """A stored report, of which the scheduler's own state knows already."""

    def completed(
        self, trial: TrialView, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        """A trial ended."""

    def choose(
        self,
        queued: Sequence[TrialView],
        paused: Sequence[TrialView],
        running: Sequence[TrialView],
    ) -> TrialView | Signal:
        """What to start next."""

    def encode(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """A configuration as JSON data."""

    def failed_since(self) -> PluginFailed | None:
        """That it can decide no more, said once; from then on it lets every trial go on."""
