"""Telling the callbacks: from stored facts to hook calls.

A callback that raises is reported once and dropped; nothing that it does can touch the run.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pegbox._engine.state import RunState
from pegbox._plugins.manager import RoleManager
from pegbox._run.slowness import SlowOperations, telling
from pegbox.callback import Ending, ExperimentInfo, History
from pegbox.errors import PluginError
from pegbox.events import (
    Ended,
    Event,
    Launched,
    Reported,
    RunEnded,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, State
from pegbox.usage import Usage

__all__ = ["FAR_BEHIND", "Note", "Observers"]

logger = logging.getLogger("pegbox")

#: Events that wait to be told, from which on it is said that there are too many.
FAR_BEHIND: Final = 5_000

#: Seconds for which callbacks are shown the same account of the run's time.
_USAGE_EVERY_S: Final = 1.0

#: A fact, and what was true of its trial then: the result of a report, a launch's
#: configuration and checkpoint.
Note: TypeAlias = tuple[Event, Any]


class Observers:
    """The callbacks of one run.

    Args:
        manager: Holds the callbacks.
        state: The run's, as the engine keeps it.
        slow: Takes in how long they take.
        usage: Where the run's time went so far.

    Attributes:
        slow: For whatever else may be slow in the same run.
    """

    def __init__(
        self,
        manager: RoleManager,
        state: RunState,
        slow: SlowOperations,
        usage: Callable[[], Usage],
    ) -> None:
        self.slow = slow
        self._usage = usage
        #: What callbacks were shown last, and when.
        self._shown_usage = Usage()
        self._shown_at = -math.inf
        self._said_behind = False
        self._manager = manager
        self._state = state
        self._batches = 0
        #: What is stored and nobody was told yet.
        self._noted: deque[Note] = deque()
        #: worker -> what it has; ``_resources`` is their sum.
        self._workers: dict[str, Resources] = {}
        self._resources = Resources()
        #: Set up, and not told yet of the end.
        self._open = False

    def set_up(self, experiment: ExperimentInfo, stop: object, history: History) -> None:
        """Before the first trial of this run.

        Args:
            experiment: What is fixed about it.
            stop: The stopper of its trials, or None.
            history: What trials have reported before a restore.
        """
        self._open = True
        self._tell(
            "callback_setup",
            experiment=experiment,
            stop=stop,
            num_samples=experiment.num_samples,
            total_num_samples=experiment.total_trials,
            trials=self._state.all_views,
            history=history,
        )

    def look(self, facts: Sequence[Event]) -> list[Note]:
        """What there is to tell of facts, just after the engine took them in; see `note`."""
        trials = self._state.trials
        notes: list[Note] = []
        for fact in facts:
            if isinstance(fact, Reported):
                notes.append((fact, trials[fact.trial].result))
            elif isinstance(fact, Launched):
                record = trials[fact.trial]
                notes.append((fact, (record.encoded, record.checkpoint)))
            elif isinstance(fact, Ended | RunEnded | WorkerJoined | WorkerLeft):
                notes.append((fact, None))
        return notes

    def note(self, notes: Sequence[Note]) -> None:
        """What was seen is stored, and can be told; quick, and from any thread."""
        self._noted.extend(notes)

    def tell(self) -> None:
        """Tell the callbacks what was noted, in order; from one thread."""
        if not self._noted:
            return
        self._batches += 1
        if len(self._noted) >= FAR_BEHIND and self._manager.plugins and not self._said_behind:
            self._say_behind()
        self._step("callback_step_begin")
        while self._noted:
            self._tell_fact(*self._noted.popleft())
        self._step("callback_step_end", resources=self._resources, usage=self._recent_usage())

    def _recent_usage(self) -> Usage:
        if (now := self.slow.clock()) >= self._shown_at + _USAGE_EVERY_S:
            self._shown_usage, self._shown_at = self._usage(), now
        return self._shown_usage

    def close(self) -> None:
        """Tell of an end that no fact tells of: an error, Ctrl-C pressed twice."""
        self._end("failed")

    # ------------------------------------------------------------------- states

    def states(self) -> dict[str, Any]:
        """Callback's name -> what it wants to find again at a restore."""
        if not self._manager.implements("callback_save"):
            return {}
        answers, faults = self._manager.ask_each("callback_save")
        self._report(faults)
        return {name: state for name, state in answers.items() if state}

    def take_back(self, states: Mapping[str, Any]) -> None:
        """Give callbacks the states that those of the same names have left."""
        for name, state in states.items():
            self._report(self._manager.ask_each("callback_load", only=name, state=state)[1])

    # -------------------------------------------------------------------- calls

    def _tell(self, hook: str, **arguments: object) -> None:
        self._report(self._manager.call_each(hook, **arguments))
        for name, took in self._manager.latest_s.items():
            if self.slow.is_slow(took):
                self.slow.note(telling(self._manager.role.method_of(hook), name), took)

    def _say_behind(self) -> None:
        """Reports come faster than callbacks take them in."""
        self._said_behind = True
        reports = [fact.at for fact, _ in self._noted if isinstance(fact, Reported)]
        seconds = max(reports[-1] - reports[0], 1e-3) if reports else 1.0
        names = ", ".join(name for name, _ in self._manager.plugins)
        logger.warning(
            "trials report %.0f times a second, and the callbacks (%s) are %d events behind. "
            "Report every n-th step rather than each, or do less in callbacks",
            *(len(reports) / seconds, names, len(self._noted)),
        )

    def _report(self, faults: Sequence[PluginError]) -> None:
        for fault in faults:
            logger.error("%s; it is told nothing further", fault.message, exc_info=fault.__cause__)

    def _step(self, hook: str, **more: object) -> None:
        if self._manager.implements(hook):
            self._tell(hook, iteration=self._batches, trials=self._state.all_views, **more)

    def _about(self, hook: str, trial: int, **more: object) -> None:
        if self._manager.implements(hook):
            state = self._state
            view = state.views[trial]
            self._tell(hook, iteration=self._batches, trials=state.all_views, trial=view, **more)

    # -------------------------------------------------------------------- facts

    def _tell_fact(self, fact: Event, detail: Any) -> None:
        match fact:
            case Reported():
                self._reported(fact, detail)
            case Launched():
                self._launched(fact, *detail)
            case Ended():
                self._ended(fact)
            case WorkerJoined() | WorkerLeft():
                self._workers_changed(fact)
            case RunEnded():
                self._run_ended(fact)
            case _:
                pass

    def _launched(
        self, fact: Launched, config: Mapping[str, Any], checkpoint: CheckpointRecord | None
    ) -> None:
        self._about("callback_trial_start", fact.trial, encoded_config=config)
        if checkpoint is not None:
            self._about("callback_trial_restore", fact.trial, checkpoint=checkpoint)

    def _reported(self, fact: Reported, result: Mapping[str, Any]) -> None:
        self._about("callback_trial_result", fact.trial, result=result, decision=fact.decision)
        self._saved(fact)

    def _saved(self, fact: Reported | Ended) -> None:
        if fact.checkpoint is not None:
            self._about("callback_trial_save", fact.trial, checkpoint=fact.checkpoint)
            self._about("callback_checkpoint", fact.trial, checkpoint=fact.checkpoint)

    def _ended(self, fact: Ended) -> None:
        self._saved(fact)
        if fact.became is State.FAILED:
            self._about("callback_trial_error", fact.trial)
        elif fact.became is not None and fact.became.ended:
            self._about("callback_trial_complete", fact.trial)
        elif fact.how in ("failed", "lost"):
            self._about("callback_trial_recover", fact.trial)

    def _workers_changed(self, fact: WorkerJoined | WorkerLeft) -> None:
        before = self._workers.pop(fact.worker, Resources())
        now = Resources()
        if isinstance(fact, WorkerJoined):
            self._workers[fact.worker] = now = fact.resources
        self._resources = self._resources.minus(before).plus(now)

    def _run_ended(self, fact: RunEnded) -> None:
        if fact.how == "complete":
            for number in self._state.stopped_at_end:
                self._about("callback_trial_complete", number)
        self._end(fact.how)

    def _end(self, how: Ending) -> None:
        if self._open:
            self._open = False
            self._tell(
                "callback_experiment_end",
                trials=self._state.all_views,
                how=how,
                usage=self._usage(),
            )
