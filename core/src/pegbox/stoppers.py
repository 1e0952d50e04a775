"""Stoppers: objects that say when a trial, or the whole run, has gone far enough.

A stopper is asked about each result of each trial, in the order in which the results came. At a
restore it is shown the stored results again, so it needs no state of its own to be kept. The
algorithms follow Ray Tune's stoppers of the same names.
"""

from __future__ import annotations

import datetime
import inspect
import math
import time
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox.argument_checks import named_value, one_of, positive, whole
from pegbox.averages import deviation
from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = [
    "CombinedStopper",
    "ExperimentPlateauStopper",
    "FunctionStopper",
    "MaximumIterationStopper",
    "NoopStopper",
    "Stopper",
    "TimeoutStopper",
    "TrialPlateauStopper",
]


class Stopper(ABC):
    """Base class of stoppers.

    Attributes:
        options: What the object was made with, as JSON data, where a restore can make it again
            from that; None where it has to be passed again.
    """

    options: Mapping[str, Any] | None = None

    @abstractmethod
    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Whether a trial is to be stopped.

        Args:
            trial_id: The trial's public id.
            result: What it has just reported, flat, with the autofilled values.
        """

    def stop_all(self) -> bool:
        """Whether all trials are to be stopped, and with them the run; asked after each call."""
        return False


class NoopStopper(Stopper):
    """Stops nothing."""

    def __init__(self) -> None:
        self.options = {}

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Never."""
        return False


class FunctionStopper(Stopper):
    """Stops a trial where a function says so.

    Args:
        function: Called with trial id and result; True stops the trial.

    Raises:
        ConfigError: It cannot be called with these two.
    """

    def __init__(self, function: Callable[[str, Mapping[str, Any]], bool]) -> None:
        self.function = function
        if not callable(function):
            raise ConfigError(
                f"a stop function must be callable, got {shown(function)}",
                hint="Write stop=lambda trial_id, result: ...",
            )
        try:
            inspect.signature(function).bind("trial", {})
        except TypeError:
            name = getattr(function, "__name__", type(function).__name__)
            raise ConfigError(
                f"the stop function {name} must take (trial_id, result), and takes "
                f"{inspect.signature(function)}",
                hint='Write e.g. stop=lambda trial_id, result: result["loss"] < 0.1',
            ) from None
        except ValueError:
            pass  # some builtins do not tell; the first call will

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """What the function says."""
        return bool(self.function(trial_id, result))


class MaximumIterationStopper(Stopper):
    """Stops each trial after a number of iterations.

    Args:
        max_iter: Iterations (``training_iteration``), at least 1.

    Raises:
        ConfigError: It is no whole number from 1.
    """

    def __init__(self, max_iter: int) -> None:
        whole("MaximumIterationStopper", "max_iter", max_iter, 1)
        self._max_iter = max_iter
        self.options = {"max_iter": max_iter}

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Whether the trial has had its iterations."""
        return bool(result["training_iteration"] >= self._max_iter)


class TimeoutStopper(Stopper):
    """Stops all trials after some time.

    As ``stop`` of a run it counts the time in which the run was at work, over all its restores.
    Called by hand it counts from the first call of `stop_all`.

    Args:
        timeout: Seconds, or a `datetime.timedelta`.

    Raises:
        ConfigError: It is not above 0.
    """

    def __init__(self, timeout: float | datetime.timedelta) -> None:
        is_delta = isinstance(timeout, datetime.timedelta)
        seconds: Any = timeout.total_seconds() if is_delta else timeout  # type: ignore[union-attr]
        positive("TimeoutStopper", "timeout", seconds, "Seconds, or a timedelta.")
        #: Seconds.
        self.timeout_s: float = seconds
        self.options = {"timeout": seconds}
        self._first: float | None = None

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Never: it stops all or nothing."""
        return False

    def stop_all(self) -> bool:
        """Whether the time is over."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
        return now - self._first >= self.timeout_s


class TrialPlateauStopper(Stopper):
    """Stops a trial whose metric does not move any more.

    Args:
        metric: Name of the reported value.
        std: A trial is stopped where the standard deviation of its last values is below this.
        num_results: How many last values are looked at.
        grace_period: Results of a trial before it can be stopped.
        metric_threshold: Stop only where the metric is this good; needs ``mode``.
        mode: ``"min"`` or ``"max"``: which side of the threshold is good.

    Raises:
        ConfigError: A value that cannot be used.
    """

    def __init__(
        self,
        metric: str,
        std: float = 0.01,
        num_results: int = 4,
        grace_period: int = 4,
        metric_threshold: float | None = None,
        mode: str | None = None,
    ) -> None:
        owner = "TrialPlateauStopper"
        named_value(owner, "metric", metric)
        positive(owner, "std", std, "Write e.g. std=0.01.")
        whole(owner, "num_results", num_results, 1)
        whole(owner, "grace_period", grace_period, 0)
        if metric_threshold is not None or mode is not None:
            one_of(owner, "mode", mode, ("min", "max"))
        self._metric = metric
        self._std = std
        self._num_results = num_results
        self._grace_period = grace_period
        self._threshold = metric_threshold
        self._mode = mode
        self._counts: dict[str, int] = defaultdict(int)
        self._last: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=num_results))
        self.options = {
            "metric": metric,
            "std": std,
            "num_results": num_results,
            "grace_period": grace_period,
            "metric_threshold": metric_threshold,
            "mode": mode,
        }

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Whether the trial has come to a plateau."""
        value = _finite(result.get(self._metric))
        if value is None:
            return False
        self._counts[trial_id] += 1
        last = self._last[trial_id]
        last.append(value)
        if self._counts[trial_id] < self._grace_period or len(last) < self._num_results:
            return False
        return self._is_good(value) and deviation(last) < self._std

    def _is_good(self, value: float) -> bool:
        if self._threshold is None:
            return True
        return value <= self._threshold if self._mode == "min" else value >= self._threshold


class ExperimentPlateauStopper(Stopper):
    """Stops all trials when the best values of the run do not move any more.

    Args:
        metric: Name of the reported value.
        std: The run is on a plateau where the standard deviation of its best values is at most
            this.
        top: How many best values are looked at, at least 2.
        mode: ``"min"`` or ``"max"``: which values are best.
        patience: Results in a row on the plateau before the run is stopped.

    Raises:
        ConfigError: A value that cannot be used.
    """

    def __init__(
        self, metric: str, std: float = 0.001, top: int = 10, mode: str = "min", patience: int = 0
    ) -> None:
        owner = "ExperimentPlateauStopper"
        named_value(owner, "metric", metric)
        positive(owner, "std", std, "Write e.g. std=0.01.")
        whole(owner, "top", top, 2)
        one_of(owner, "mode", mode, ("min", "max"))
        whole(owner, "patience", patience, 0)
        self._metric = metric
        self._std = std
        self._top = top
        self._sign = 1 if mode == "min" else -1
        self._patience = patience
        #: The best values, best first, turned so that less is better.
        self._best: list[float] = []
        self._on_plateau = 0
        self.options = {
            "metric": metric,
            "std": std,
            "top": top,
            "mode": mode,
            "patience": patience,
        }

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Whether all trials, this one too, are to be stopped."""
        value = _finite(result.get(self._metric))
        if value is not None:
            self._best = sorted([*self._best, self._sign * value])[: self._top]
            self._on_plateau = self._on_plateau + 1 if self._plateaued() else 0
        return self.stop_all()

    def _plateaued(self) -> bool:
        return len(self._best) == self._top and deviation(self._best) <= self._std

    def stop_all(self) -> bool:
        """Whether the run has been on the plateau for long enough."""
        return self._on_plateau > 0 and self._on_plateau >= self._patience


class CombinedStopper(Stopper):
    """Stops where any of several stoppers does.

    Args:
        *stoppers: At least one.

    Raises:
        ConfigError: There is none, or one is no stopper.
    """

    def __init__(self, *stoppers: Stopper) -> None:
        if not stoppers:
            raise ConfigError(
                "CombinedStopper() needs at least one stopper",
                hint="Write CombinedStopper(MaximumIterationStopper(10), TimeoutStopper(60)).",
            )
        for stopper in stoppers:
            if not isinstance(stopper, Stopper):
                raise ConfigError(
                    f"CombinedStopper takes stoppers, got {shown(stopper)}",
                    hint="Put functions into FunctionStopper(...).",
                )
        self.stoppers: Final = stoppers

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Whether one of them says so; all of them see the result."""
        answers = [stopper(trial_id, result) for stopper in self.stoppers]
        return any(answers)

    def stop_all(self) -> bool:
        """Whether one of them stops all."""
        return any(stopper.stop_all() for stopper in self.stoppers)


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
