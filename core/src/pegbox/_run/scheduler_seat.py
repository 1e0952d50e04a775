"""The seat in the engine of those who decide on reports: the stop rules first, then the scheduler.

Plain calls, answered at once, that never raise. A scheduler or stop rule that raises is kept from
deciding anything further: from then on every trial goes on, and the runner ends the run in good
order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pegbox._plugins.manager import RoleManager
from pegbox._run.stopping import StopRules, rule_raised
from pegbox.decisions import (
    CONTINUE,
    START_NEW,
    STOP,
    WAIT,
    Decision,
    Exploit,
    Resize,
    Signal,
    Verdict,
)
from pegbox.errors import ConfigError, PegboxError
from pegbox.events import PluginFailed
from pegbox.resource_requests import requested
from pegbox.resources import Resources
from pegbox.trial import Outcome, State, TrialView

__all__ = ["SchedulerSeat"]


class SchedulerSeat:
    """`pegbox._engine.rules.Decider` over the run's scheduler plugins.

    Args:
        manager: Holds the scheduler; its setup has been called.
        stop_rules: What the user said of stopping.
        encode: A configuration as JSON data.
        clock: Seconds on the run's clock, to date a failure.
    """

    def __init__(
        self,
        manager: RoleManager,
        stop_rules: StopRules,
        encode: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        clock: Callable[[], float],
    ) -> None:
        self._manager = manager
        self._stop_rules = stop_rules
        self._encode = encode
        self._clock = clock
        self._decides = manager.implements("scheduler_result")
        self.chooses = manager.implements("scheduler_choose")
        #: The first error; nothing is asked of the scheduler after it.
        self.error: PegboxError | None = None
        self._reported = False

    def failed_since(self) -> PluginFailed | None:
        """The failure, once, for the engine."""
        if self.error is None or self._reported:
            return None
        self._reported = True
        plugin = getattr(self.error, "plugin", "")
        return PluginFailed(self._clock(), "scheduler", plugin, str(self.error))

    def _call(self, hook: str, instead: Any, **arguments: Any) -> Any:
        if self.error is not None:
            return instead
        try:
            return self._manager.call(hook, **arguments)
        except PegboxError as error:
            self.error = error
            return instead

    def added(self, trial: TrialView) -> None:
        """A trial was suggested."""
        self._call("scheduler_add", None, trial=trial)

    def decide(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        """STOP where a rule says so, else the scheduler's verdict; CONTINUE where one raised."""
        if self._stop_rules.watches and self._ends(trial, result):
            return STOP
        if not self._decides:
            return CONTINUE
        decision = self._call("scheduler_result", CONTINUE, trial=trial, result=result)
        if isinstance(decision, Verdict) or self._is_whole(decision):
            return cast(Decision, decision)
        self._refuse("scheduler_result", decision)
        return CONTINUE

    def recall(self, trial: TrialView, result: Mapping[str, Any]) -> None:
        """A stored report that the scheduler's own state has in it; stop rules keep none."""
        if self._stop_rules.watches:
            self._ends(trial, result)

    def _ends(self, trial: TrialView, result: Mapping[str, Any]) -> bool:
        if self.error is not None:
            return False
        try:
            return self._stop_rules.ends(trial.trial_id, result)
        except Exception as error:
            self.error = rule_raised(error)
            return False

    def _is_whole(self, decision: object) -> bool:
        """Whether what an exploit or a resize carries can be used, before anything follows it."""
        if isinstance(decision, Resize):
            return self._can_be_asked_for(decision)
        if not isinstance(decision, Exploit):
            return False
        donor: object = decision.donor
        config: object = decision.config
        if not isinstance(donor, str) or not isinstance(config, Mapping):
            return False
        try:
            self._encode(config)
        except PegboxError as error:
            self._refuse("scheduler_result", decision, cause=error)
            return False
        return True

    def _can_be_asked_for(self, decision: Resize) -> bool:
        asked: object = decision.resources
        if not isinstance(asked, Resources):
            return False
        try:
            requested(asked, "Resize(resources=...)")
        except ConfigError as error:
            self._refuse("scheduler_result", decision, cause=error)
            return False
        return True

    def completed(
        self, trial: TrialView, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        """A trial ended."""
        self._call("scheduler_complete", None, trial=trial, result=result, outcome=outcome)

    def choose(
        self,
        queued: Sequence[TrialView],
        paused: Sequence[TrialView],
        running: Sequence[TrialView],
    ) -> TrialView | Signal:
        """The scheduler's choice; WAIT where it raised."""
        choice = self._call("scheduler_choose", WAIT, queued=queued, paused=paused, running=running)
        if choice is WAIT or choice is START_NEW:
            return cast(Signal, choice)
        if isinstance(choice, TrialView) and choice.state in (State.QUEUED, State.PAUSED):
            return choice
        self._refuse("scheduler_choose", choice)
        return WAIT

    def encode(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """A configuration as JSON data."""
        return self._encode(config)

    def _refuse(self, hook: str, answer: object, cause: Exception | None = None) -> None:
        if self.error is None:
            self.error = self._manager.wrong_answer(hook, answer)
            self.error.__cause__ = cause
