"""When a trial, or the whole run, is stopped by what the user said: `RunConfig(stop=...)`, budgets.

Makes one stopper of every form that users may write, says how it is stored, and asks it. What
follows from its answers is the engine's affair.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pegbox import stoppers
from pegbox.errors import ConfigError, PluginError
from pegbox.events import PluginFailed, StopRequested
from pegbox.jsonvalue import flatten, plain
from pegbox.objective import Objective
from pegbox.stoppers import CombinedStopper, FunctionStopper, Stopper, TimeoutStopper
from pegbox.text import shown

__all__ = [
    "INTERRUPTED",
    "StopRules",
    "ThresholdStopper",
    "describe_stopper",
    "make_stopper",
    "rule_raised",
    "stopper_from",
]

_BESIDE: Final = (
    "Write a number beside each name; for any other rule pass a function of trial id and result."
)

#: Why a run ends after Ctrl-C.
INTERRUPTED: Final = "interrupted"

_logger: Final = logging.getLogger("pegbox")


class ThresholdStopper(Stopper):
    """Stops a trial once one of its values is at least the number beside its name.

    Args:
        thresholds: Flat name of a reported value -> number.
    """

    def __init__(self, thresholds: Mapping[str, float]) -> None:
        self.thresholds = dict(thresholds)
        self.options = {"thresholds": self.thresholds}
        self._pairs = tuple(self.thresholds.items())

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Whether one of the values has come so far."""
        for name, least in self._pairs:
            value = result.get(name)
            if isinstance(value, int | float) and value >= least:
                return True
        return False


def make_stopper(stop: object, objectives: Sequence[Objective] = ()) -> Stopper | None:
    """One stopper of what the user passed as ``stop``.

    Args:
        stop: None, a dict, a function, or a stopper.
        objectives: What counts; a dict that looks as if it meant the other direction is said.

    Raises:
        ConfigError: It is none of these, or a number in the dict is none.
    """
    if isinstance(stop, Stopper):
        described = describe_stopper(stop)
        # One that has served another run already begins anew, where that can be.
        return stop if described is None or "passed" in described else stopper_from(described)
    if stop is None:
        return None
    if isinstance(stop, Mapping):
        return ThresholdStopper(_thresholds(stop, objectives))
    if isinstance(stop, type):
        raise ConfigError(
            f"RunConfig(stop={stop.__name__}) is a class, not an object",
            hint=f"Write stop={stop.__name__}(...).",
        )
    if callable(stop):
        return FunctionStopper(stop)
    raise ConfigError(
        f"RunConfig(stop=...) must be a dict, a function or a Stopper, got {shown(stop)}",
        hint='Write e.g. stop={"training_iteration": 10}.',
    )


def _thresholds(stop: Mapping[Any, Any], objectives: Sequence[Objective]) -> dict[str, float]:
    for name in stop:
        if not isinstance(name, str) or not name:
            raise ConfigError(
                f"RunConfig(stop=...) must have names of reported values as keys, got "
                f"{shown(name)}",
                hint='Write e.g. stop={"training_iteration": 10}.',
            )
    try:
        flat = flatten(plain(stop))
    except ConfigError:
        raise ConfigError(
            f"RunConfig(stop=...) must have numbers beside names, got {shown(stop)}", hint=_BESIDE
        ) from None
    minimized = {each.metric for each in objectives if each.mode == "min"}
    for name, least in flat.items():
        if isinstance(least, bool) or not isinstance(least, int | float) or least != least:
            raise ConfigError(
                f"RunConfig(stop=...) must have a number beside {shown(name)}, got {shown(least)}",
                hint=_BESIDE,
            )
        if name in minimized:
            _logger.warning(
                "stop={%r: %r} stops a trial once %s is %r or more, as in Ray Tune, although it "
                "is minimized; to stop where it is low enough, pass a function of trial id and "
                "result",
                *(name, least, name, least),
            )
    return flat


def describe_stopper(stopper: Stopper | None) -> dict[str, Any] | None:
    """A stopper as JSON data; one without ``name`` has to be passed again.

    Returns:
        None for none; for one of pegbox's own ``{"name", "options"}``, or ``{"name", "stoppers"}``
        of several; otherwise ``{"passed": <what it was>}``.
    """
    if stopper is None:
        return None
    name = type(stopper).__name__
    if type(stopper) is CombinedStopper:
        parts = [describe_stopper(each) for each in stopper.stoppers]
        lacking = [part["passed"] for part in parts if part and "passed" in part]
        if not lacking:
            return {"name": name, "stoppers": parts}
        return {"passed": f"{name} with {', '.join(lacking)}"}
    own: object = _OWN.get(name)  # a user's class may have one of these names
    if own is type(stopper) and stopper.options is not None:
        return {"name": name, "options": dict(stopper.options)}
    function = getattr(stopper, "function", None)
    return {"passed": getattr(function, "__name__", name)}


def rule_raised(error: Exception) -> PluginError:
    """What the user's rule raised, said as such."""
    raised = PluginError(
        f"the stop rule raised {type(error).__name__}: {error}", plugin="stop", hook="stop"
    )
    raised.__cause__ = error
    return raised


def stopper_from(described: Mapping[str, Any] | None) -> Stopper | None:
    """The stopper that `describe_stopper` described.

    Raises:
        ConfigError: This release knows none of that name.
    """
    if described is None:
        return None
    kind = _OWN.get(described["name"])
    if kind is None:
        raise ConfigError(
            f"the experiment was stopped by a {described['name']}, which this release of pegbox "
            "does not have",
            hint="Pass run_config=RunConfig(stop=...).",
        )
    if "stoppers" in described:
        return kind(*(stopper_from(part) for part in described["stoppers"]))
    return kind(**described["options"])


_OWN: Final[dict[str, Callable[..., Stopper]]] = {
    "ThresholdStopper": ThresholdStopper,
    **{name: getattr(stoppers, name) for name in stoppers.__all__ if name != "Stopper"},
}


class StopRules:
    """What stops the trials of one run, and the run.

    Args:
        stopper: The user's, or None.
        budget_s: Seconds that the run may be at work, over all its epochs; None for no bound.
        clock: Seconds on the run's clock.

    Attributes:
        spent_s: Seconds that the user's rules took.
    """

    def __init__(
        self, stopper: Stopper | None, budget_s: float | None, clock: Callable[[], float]
    ) -> None:
        self._stopper = stopper
        self._clock = clock
        parts = list(_parts(stopper))
        budgets = [part.timeout_s for part in parts if isinstance(part, TimeoutStopper)]
        #: Those that may stop all; time budgets are counted here.
        self._ask_all = [
            part
            for part in parts
            if not isinstance(part, TimeoutStopper) and type(part).stop_all is not Stopper.stop_all
        ]
        self._budget_s = min([*budgets, *([] if budget_s is None else [budget_s])], default=None)
        self._deadline: float | None = None
        self._stopped = False
        self.spent_s = 0.0
        #: What a stopper raised when it was asked about the whole run.
        self.error: PluginError | None = None

    @property
    def watches(self) -> bool:
        """Whether trials are to be asked about at all."""
        return self._stopper is not None

    def begin(self, at: float, spent_s: float) -> None:
        """An epoch begins.

        Args:
            at: Now, on the run's clock.
            spent_s: Seconds that earlier epochs were at work.
        """
        if self._budget_s is not None:
            self._deadline = at + self._budget_s - spent_s

    def ends(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Whether a trial that has reported is to be stopped; what the user's code raises
        comes through."""
        if self._stopper is None:
            return False
        since = time.monotonic()
        try:
            return bool(self._stopper(trial_id, result))
        finally:
            self.spent_s += time.monotonic() - since

    def overdue(self) -> tuple[StopRequested | PluginFailed, ...]:
        """That the whole run is to end, said once; mostly nothing.

        A stopper that raises ends it too.
        """
        return () if self._stopped else self._ending()

    def _ending(self) -> tuple[StopRequested | PluginFailed, ...]:
        try:
            reason = self._reason()
        except Exception as error:
            self._stopped, self.error = True, rule_raised(error)
            return (PluginFailed(self._clock(), "scheduler", "stop", str(self.error)),)
        self._stopped = bool(reason)
        return (StopRequested(self._clock(), reason, complete=True),) if reason else ()

    def _reason(self) -> str:
        if self._deadline is not None and self._clock() >= self._deadline:
            return f"the time budget of {self._budget_s:g} s is over"
        return self._who_stops_all() if self._ask_all else ""

    def _who_stops_all(self) -> str:
        since = time.monotonic()
        try:
            who = next((part for part in self._ask_all if part.stop_all()), None)
        finally:
            self.spent_s += time.monotonic() - since
        return f"{type(who).__name__} stopped all trials" if who else ""


def _parts(stopper: Stopper | None) -> Iterator[Stopper]:
    """A stopper, or those that it is combined of."""
    if isinstance(stopper, CombinedStopper):
        for part in stopper.stoppers:
            yield from _parts(part)
    elif stopper is not None:
        yield stopper
