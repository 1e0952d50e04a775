"""Telling the callbacks: from stored facts to hook calls.

A callback that raises is reported once and dropped; nothing that it does can touch the run.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from pegbox._engine.state import RunState
from pegbox._plugins.manager import RoleManager
from pegbox.callback import ExperimentInfo
from pegbox.events import Ended, Event, Launched, Reported, RunEnded
from pegbox.trial import State

__all__ = ["Observers"]

logger = logging.getLogger("pegbox")


class Observers:
    """The callbacks of one run.

    Args:
        manager: Holds the callbacks.
    """

    def __init__(self, manager: RoleManager) -> None:
        self._manager = manager
        self._batches = 0
        #: What has happened and nobody was told yet, with the result as it was then.
        self._noted: deque[tuple[Event, Mapping[str, Any] | None, RunState]] = deque()

    def set_up(self, experiment: ExperimentInfo) -> None:
        """Before the first trial of this run."""
        self._tell("callback_setup", experiment=experiment)

    def note(self, facts: Sequence[Event], state: RunState) -> None:
        """Take in what happened; quick, and from any thread."""
        for fact in facts:
            if isinstance(fact, Reported):
                self._noted.append((fact, state.trials[fact.trial].result, state))
            elif isinstance(fact, Launched | Ended | RunEnded):
                self._noted.append((fact, None, state))

    def tell(self) -> None:
        """Tell the callbacks what was noted, in order; from one thread."""
        if self._noted:
            self._batches += 1
        while self._noted:
            fact, result, state = self._noted.popleft()
            match fact:
                case Reported():
                    self._reported(fact, result, state)
                case Launched():
                    self._about("callback_trial_start", fact.trial, state)
                case Ended():
                    self._ended(fact, state)
                case RunEnded():
                    self._run_ended(fact, state)
                case _:
                    pass

    def _tell(self, hook: str, **arguments: object) -> None:
        for fault in self._manager.call_each(hook, **arguments):
            logger.error("%s; it is told nothing further", fault, exc_info=fault.__cause__)

    def _about(self, hook: str, trial: int, state: RunState, **more: object) -> None:
        if self._manager.implements(hook):
            view = state.views[trial]
            self._tell(hook, iteration=self._batches, trials=state.all_views, trial=view, **more)

    def _reported(self, fact: Reported, result: Mapping[str, Any] | None, state: RunState) -> None:
        self._about(
            "callback_trial_result", fact.trial, state, result=result, decision=fact.decision
        )
        if fact.checkpoint is not None:
            self._about("callback_checkpoint", fact.trial, state, checkpoint=fact.checkpoint)

    def _ended(self, fact: Ended, state: RunState) -> None:
        if fact.became is State.FAILED:
            self._about("callback_trial_error", fact.trial, state)
        elif fact.became is not None and fact.became.ended:
            self._about("callback_trial_complete", fact.trial, state)
        elif fact.how in ("failed", "lost"):
            self._about("callback_trial_recover", fact.trial, state)

    def _run_ended(self, fact: RunEnded, state: RunState) -> None:
        if fact.how == "complete":
            for number in state.stopped_at_end:
                self._about("callback_trial_complete", number, state)
        self._tell("callback_experiment_end", trials=state.all_views)
