"""The contract of a scheduler: it decides whether a trial that reported goes on.

A scheduler is pure: no clock, no files, no global generator; its random generator is handed in.
Fed the same calls it gives the same decisions. Views are read-only.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pegbox.decisions import CONTINUE, PAUSE, STOP, Decision, Signal, Verdict
from pegbox.objective import Objective
from pegbox.trial import Outcome, TrialView

__all__ = ["Scheduler"]


class Scheduler:
    """Base class of schedulers. Methods are bound to the hooks ``scheduler_*`` by name.

    A method that a subclass leaves alone costs nothing: it is not called.
    """

    #: Answers of `on_trial_result`.
    CONTINUE: ClassVar[Verdict] = CONTINUE
    PAUSE: ClassVar[Verdict] = PAUSE
    STOP: ClassVar[Verdict] = STOP

    #: What counts where the run names nothing; where it does, they must be the same.
    own_objectives: tuple[Objective, ...] = ()

    def setup(self, objectives: Sequence[Objective], rng: random.Random) -> None:
        """Prepare for a run.

        Args:
            objectives: What counts, with its mode; use `Objective.loss` to rank (less is better,
                None is worst).
            rng: The only source of randomness; derived from the run's seed.
        """

    def on_trial_add(self, trial: TrialView) -> None:
        """A ``trial`` was suggested, and is queued."""

    def on_trial_result(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        """Decide on a trial that has reported.

        Args:
            trial: The trial; its state already includes the result.
            result: The result with autofilled values such as ``training_iteration``.

        Returns:
            `CONTINUE`, `STOP`, `PAUSE`, `Exploit` or `Resize`; never None.
        """
        return CONTINUE

    def on_trial_complete(
        self, trial: TrialView, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        """A trial ended.

        Args:
            trial: The trial.
            result: Its last result; None where there was none.
            outcome: ``"finished"``, ``"stopped"`` or ``"failed"``.
        """

    def choose_trial_to_run(
        self,
        queued: Sequence[TrialView],
        paused: Sequence[TrialView],
        running: Sequence[TrialView],
    ) -> TrialView | Signal:
        """Choose what to start while there is room. Left alone: the longest-queued trial.

        Args:
            queued: Trials that wait and that there is room for, the one that waits longest first.
            paused: Trials that were paused and that there is room for. ``running``: trials that
                run.

        Returns:
            A queued or paused trial, `START_NEW` (ask the searcher for one) or `WAIT`.
        """
        raise NotImplementedError

    def get_state(self) -> Mapping[str, Any]:
        """State as JSON data that `set_state` takes."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take back the ``state`` that `get_state` gave, after `setup`."""
