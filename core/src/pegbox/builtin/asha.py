"""Asynchronous successive halving: stop a trial that is not among the best at a rung.

After Li et al., "A System for Massively Parallel Hyperparameter Tuning" (MLSys 2020), in the
stopping form that Ray Tune uses: nothing is ever paused, and no trial waits for another. A rung
is a number of iterations; a trial that reaches one is compared with those that reached it before.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pegbox.argument_checks import flag, named_value, positive, whole
from pegbox.builtin.quantile import RunningQuantile
from pegbox.decisions import CONTINUE, STOP, Decision
from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.objective import Mode, Objective, make_objectives
from pegbox.scheduler import Scheduler
from pegbox.trial import Outcome, TrialView

__all__ = ["ASHAScheduler", "AsyncHyperBandScheduler"]


@dataclass(frozen=True, slots=True)
class _Bracket:
    """The rungs that a trial climbs: where they are, and which losses were met there."""

    #: Ascending, in units of ``time_attr``.
    milestones: tuple[float, ...]
    #: One for each milestone; a missing loss is kept as infinity.
    losses: tuple[RunningQuantile, ...]


_OWNER: Final = "AsyncHyperBandScheduler"
#: Every result is held against all rungs of its bracket.
_MOST_RUNGS: Final = 1_000


class AsyncHyperBandScheduler(Scheduler):
    """Stops trials that are not among the best ``1 / reduction_factor`` at their rung (ASHA).

    Rungs stand at ``grace_period``, and at each further multiple by ``reduction_factor`` up to
    ``max_t``. A trial counts once at a rung, with the first result at or past it; a result that
    jumps several rungs counts at the highest. The first trial at a rung always goes on; a tie
    with the cutoff goes on; a loss that is NaN or infinite ranks worst. A result without the
    metric decides nothing: the next one that has it does.

    Args:
        time_attr: Name of the reported value that counts progress and never falls.
        metric: Name of the reported value that ranks; None for the run's first objective.
        mode: ``"min"`` or ``"max"``; given with ``metric`` or not at all.
        max_t: Trials are stopped when ``time_attr`` reaches it.
        grace_period: No trial is stopped before it, in units of ``time_attr``.
        reduction_factor: One in so many goes on at each rung; more than 1.
        brackets: How many sets of rungs; each next one begins a rung higher, and gets fewer trials.
        stop_last_trials: Whether trials are stopped at ``max_t``.

    Raises:
        ConfigError: A number is out of range, or the brackets do not fit below ``max_t``.
    """

    def __init__(
        self,
        time_attr: str = "training_iteration",
        metric: str | None = None,
        mode: Mode | None = None,
        max_t: float = 100,
        grace_period: float = 1,
        reduction_factor: float = 4,
        brackets: int = 1,
        stop_last_trials: bool = True,
    ) -> None:
        named_value(_OWNER, "time_attr", time_attr, "training_iteration")
        positive(_OWNER, "max_t", max_t, "It counts as time_attr does; 100 is usual.")
        positive(_OWNER, "grace_period", grace_period, "It counts as time_attr does; 1 is usual.")
        positive(_OWNER, "reduction_factor", reduction_factor, "3 or 4 are usual.", above=1)
        flag(_OWNER, "stop_last_trials", stop_last_trials)
        whole(_OWNER, "brackets", brackets, 1)
        if max_t < grace_period:
            raise ConfigError(
                f"max_t must not be below grace_period, got max_t={max_t} and "
                f"grace_period={grace_period}",
                hint=f"Write e.g. grace_period=1, max_t={max(max_t, 1) * 10:g}.",
            )
        self._time_attr = time_attr
        self.own_objectives = make_objectives(metric, mode)
        self._max_t = max_t
        self._stop_last_trials = stop_last_trials
        milestones = _milestones(grace_period, reduction_factor, max_t)
        _check_brackets(brackets, milestones)
        self._divisor = reduction_factor
        self._rungs = [milestones[s:] for s in range(brackets)]
        self._objective: Objective | None = None
        self._begin(0)

    def _begin(self, seed: int) -> None:
        """Nothing has been counted."""
        self._brackets = [
            _Bracket(rungs, tuple(RunningQuantile(self._divisor) for _ in rungs))
            for rungs in self._rungs
        ]
        self._seed = seed
        self._time_seen = False
        #: Trial number to the highest rung where it has counted; kept after its end, for a
        #: restore may queue it again.
        self._counted_at: dict[int, int] = {}

    def setup(self, objectives: Sequence[Objective], rng: random.Random) -> None:
        """Begin a run: take the objective and the seed of the brackets.

        Raises:
            ConfigError: Neither the scheduler nor the run names a metric.
        """
        candidates = self.own_objectives or tuple(objectives)
        if not candidates:
            raise ConfigError(
                "ASHA needs a metric to rank trials, and none was given",
                hint='Give metric= and mode= ("min" or "max") to the run or to the scheduler.',
            )
        self._objective = candidates[0]
        self._begin(rng.getrandbits(64))

    def on_trial_result(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        """Stop at ``max_t``, or at a rung where the trial is not good enough.

        Raises:
            ConfigError: The first result of all has no number under ``time_attr``.
        """
        time = self._time(result)
        if time is None:
            return CONTINUE
        if self._stop_last_trials and time >= self._max_t:
            return STOP
        return self._count(trial.number, time, result)

    def on_trial_complete(
        self, trial: TrialView, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        """Count a last result that was not decided on, as where a stop rule came first."""
        if result is None or outcome == "failed":
            return
        time = self._time(result)
        if time is not None and not (self._stop_last_trials and time >= self._max_t):
            self._count(trial.number, time, result)

    def get_state(self) -> Mapping[str, Any]:
        """Losses by rung, where each trial counted last, and the seed of the brackets."""
        return {
            "seed": self._seed,
            "time_seen": self._time_seen,
            "counted_at": [list(pair) for pair in self._counted_at.items()],
            "brackets": [
                {
                    "milestones": list(bracket.milestones),
                    "losses": [_to_json(losses) for losses in bracket.losses],
                }
                for bracket in self._brackets
            ],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take back a state.

        Raises:
            ConfigError: It was made with other rungs.
        """
        saved = [tuple(bracket["milestones"]) for bracket in state["brackets"]]
        have = [bracket.milestones for bracket in self._brackets]
        if saved != have:
            raise ConfigError(
                f"the saved state of ASHA has rungs at {saved}, this scheduler at {have}",
                hint="Use the same max_t, grace_period, reduction_factor and brackets as before.",
            )
        self._seed = state["seed"]
        self._time_seen = state["time_seen"]
        self._counted_at = dict(state["counted_at"])
        self._brackets = [
            _Bracket(milestones, tuple(map(self._from_json, bracket["losses"])))
            for milestones, bracket in zip(saved, state["brackets"], strict=True)
        ]

    def _count(self, number: int, time: float, result: Mapping[str, Any]) -> Decision:
        """Compare with those before at the rung, then join them."""
        assert self._objective is not None
        bracket = self._bracket_of(number)
        rung = bisect_right(bracket.milestones, time) - 1
        if rung <= self._counted_at.get(number, -1) or self._objective.metric not in result:
            return CONTINUE
        loss = self._objective.loss(result)
        worst_if_none = math.inf if loss is None else loss
        cutoff = bracket.losses[rung].value
        bracket.losses[rung].add(worst_if_none)
        self._counted_at[number] = rung
        return STOP if cutoff is not None and worst_if_none > cutoff else CONTINUE

    def _bracket_of(self, number: int) -> _Bracket:
        """The trial's bracket: drawn by its number, so that the order of events plays no part."""
        if len(self._brackets) == 1:
            return self._brackets[0]
        weights = [math.exp(-s) for s in range(len(self._brackets))]
        rng = random.Random(f"{self._seed}/{number}")
        return rng.choices(self._brackets, weights)[0]

    def _time(self, result: Mapping[str, Any]) -> float | None:
        """The trial's progress; None where this result does not tell."""
        time = result.get(self._time_attr)
        if isinstance(time, int | float) and not isinstance(time, bool) and time == time:
            self._time_seen = True
            return time
        # A name that never comes would switch the scheduler off without a word.
        if not self._time_seen:
            raise _no_time(self._time_attr, result)
        return None

    def _from_json(self, losses: Sequence[float | None]) -> RunningQuantile:
        return RunningQuantile(
            self._divisor, (math.inf if loss is None else loss for loss in losses)
        )


#: Ray Tune's short name.
ASHAScheduler = AsyncHyperBandScheduler


def _to_json(losses: RunningQuantile) -> list[float | None]:
    return [None if math.isinf(loss) else loss for loss in losses.values()]


def _milestones(grace_period: float, factor: float, max_t: float) -> tuple[float, ...]:
    milestones = [grace_period]
    while (following := grace_period * factor ** len(milestones)) <= max_t:
        milestones.append(following)
        if len(milestones) > _MOST_RUNGS:
            raise ConfigError(
                f"between grace_period={grace_period} and max_t={max_t} there are more than "
                f"{_MOST_RUNGS} rungs with reduction_factor={factor}",
                hint="Use a larger reduction_factor; 3 or 4 are usual.",
            )
    return tuple(milestones)


def _check_brackets(brackets: int, milestones: Sequence[float]) -> None:
    if brackets > len(milestones):
        raise ConfigError(
            f"brackets={brackets}, but there is room for {len(milestones)} only: rungs are at "
            f"{list(milestones)}",
            hint="Use fewer brackets, a larger max_t or a smaller reduction_factor.",
        )


def _no_time(time_attr: str, result: Mapping[str, Any]) -> ConfigError:
    came = sorted(map(str, result))
    return ConfigError(
        f"time_attr={time_attr!r} is not a number in the first result, which has {came}",
        hint="Report it as a number with every result."
        if time_attr in came
        else did_you_mean(time_attr, came, "Report it as a number with every result."),
    )
