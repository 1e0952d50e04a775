"""The kit for schedulers: what each has to do, in runs in virtual time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import pytest

from pegbox import jsonvalue
from pegbox._plugins.origin import create_by_name
from pegbox.configs import FailureConfig, RunConfig, TuneConfig
from pegbox.events import Event
from pegbox.executors.simulated import SimulatedCluster, SimulatedRun, simulate
from pegbox.executors.simulated.cluster import Curve, Fault
from pegbox.space import uniform
from pegbox.testing.conformance import Conformance
from pegbox.testing.scheduler_rig import WatchedScheduler, watch

__all__ = ["SchedulerConformance"]

_TRIALS: Final = 24
_ITERATIONS: Final = 12
_WORKERS: Final = 4


class SchedulerConformance(Conformance):
    """What every scheduler has to do; one short subclass joins it.

    ::

        class TestMyScheduler(SchedulerConformance):
            scheduler = "mine"               # its name on offer
            options = {"grace_period": 2}    # neither metric nor mode: the kit's runs name them

    A scheduler without a name is given by overriding `make_scheduler`. The runs have trials whose
    losses never cross, and which report twelve times.

    Attributes:
        scheduler: Its name on offer.
        options: Its arguments, JSON data.
    """

    scheduler: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}

    def make_scheduler(self) -> Any:
        """A new scheduler."""
        return create_by_name("scheduler", self.scheduler, self.options)

    @pytest.mark.parametrize("broken", [False, True])
    def test_brings_every_trial_to_an_end(self, broken: bool) -> None:
        """Also where tries fail, workers die and trials go back to a checkpoint."""
        run, _ = self._run(faults=_some_faults if broken else _no_faults)
        _check_ended(run)

    def test_keeps_the_best(self) -> None:
        """No trial gets further than the one that is best at every iteration."""
        run, _ = self._run()
        best = min(run.trials, key=lambda trial: trial.config["x"])
        furthest = max(trial.iteration for trial in run.trials)
        assert best.iteration == furthest, f"the best ended at {best.iteration} of {furthest}"

    def test_takes_either_mode(self) -> None:
        """A metric to be maximized is decided on like its opposite to be minimized."""
        _, less = self._run()
        _, more = self._run(mode="max", sign=-1)
        assert more.decisions == less.decisions, (
            "with mode='max' and values of the other sign it decided differently; "
            "does it rank by Objective.loss?"
        )

    @pytest.mark.parametrize("odd", [{"loss": math.nan}, {"loss": math.inf}])
    def test_ranks_nan_and_infinity_worst(self, odd: Mapping[str, float]) -> None:
        """They are no reason to fail, and go no further than with the worst loss of all."""

        def reached(instead: Mapping[str, float]) -> list[int]:
            run, _ = self._run(curve=_with_odd_ones(instead))
            assert run.error is None, f"{run.error}"
            return [each.iteration for each in run.trials if _is_odd(each.config)]

        pairs = zip(reached(odd), reached({"loss": 1e6}), strict=True)
        further = [pair for pair in pairs if pair[0] > pair[1]]
        assert not further, f"with {odd} trials got to {further[0][0]}, and not to {further[0][1]}"

    def test_touches_nothing_but_what_it_is_given(self) -> None:
        """No clock, no file, no random numbers but those of the generator handed in."""
        _, watched = self._run(noting=True)
        assert not watched.impure, f"it calls {sorted(set(watched.impure))}"

    def test_leaves_alone_what_it_is_given(self) -> None:
        """Results are others' data."""
        _, watched = self._run()
        assert not watched.changed, watched.changed[0]

    @pytest.mark.parametrize("calls", [3, 11])
    def test_goes_on_from_its_state(self, calls: int) -> None:
        """A new one that was handed its state decides alike; a look at it changes nothing."""
        _, first = self._run()
        _, looked_at = self._run(looked_at=True)
        assert looked_at.decisions == first.decisions, "looked at its state, it decided differently"
        _, swapped = self._run(swapped_every=calls)
        assert swapped.decisions == first.decisions, (
            f"replaced after each {calls} calls by a new one with its state, it decided "
            "differently; what does get_state not give that set_state needs?"
        )

    def test_keeps_its_state_as_json_data(self) -> None:
        """What `get_state` gives can be stored, and comes back as it was."""
        _, watched = self._run(swapped_every=20)
        for state in watched.states:
            kept = json.loads(json.dumps(jsonvalue.plain(state)))
            assert kept == state, f"of {state} the store gives back {kept}"

    def test_goes_on_after_a_restore(self) -> None:
        """Cut off anywhere, and told again what is known, it brings the run to its end."""
        whole, _ = self._run(period=3)
        for cut in range(5, len(whole.journal), max(1, len(whole.journal) // 6)):
            run, _ = self._run(period=3, history=whole.journal[:cut])
            _check_ended(run, f"cut off after {cut} facts")

    def _run(
        self,
        *,
        mode: str = "min",
        sign: int = 1,
        curve: Curve | None = None,
        faults: Callable[[int, int, int], Fault | None] | None = None,
        period: int = 1,
        history: Sequence[Event] = (),
        **watching: Any,
    ) -> tuple[SimulatedRun, WatchedScheduler]:
        watched = watch(self.make_scheduler, **watching)
        run = simulate(
            curve or _curve(sign),
            param_space={"x": uniform(0, 1)},
            tune_config=TuneConfig(
                metric="loss", mode=mode, num_samples=_TRIALS, scheduler=watched, seed=7
            ),
            run_config=RunConfig(failure_config=FailureConfig(max_failures=1)),
            cluster=SimulatedCluster(
                workers=_WORKERS, checkpoint_period=period, faults=faults or _no_faults
            ),
            history=history,
        )
        return run, watched


def _curve(sign: int = 1) -> Curve:
    """Losses that never cross: the less ``x``, the better; and the quicker, by a little."""

    def curve(config: Mapping[str, Any], iteration: int) -> Any:
        if iteration > _ITERATIONS:
            return None
        return 1 + config["x"] / 10, {"loss": sign * (config["x"] + 1 / iteration)}

    return curve


def _with_odd_ones(instead: Mapping[str, float]) -> Curve:
    """Some trials report ``instead`` of their loss."""
    usual = _curve()

    def curve(config: Mapping[str, Any], iteration: int) -> Any:
        answer = usual(config, iteration)
        return answer if answer is None or not _is_odd(config) else (answer[0], instead)

    return curve


def _is_odd(config: Mapping[str, Any]) -> bool:
    return bool(0.35 < config["x"] < 0.65)


def _no_faults(trial: int, attempt: int, iteration: int) -> Fault | None:
    return None


def _some_faults(trial: int, attempt: int, iteration: int) -> Fault | None:
    if trial % 6 == 2 and iteration == 1:
        return "failed"
    if trial % 6 == 4 and attempt == 1 and iteration == 2:
        return "failed"
    return "worker died" if trial == 9 and attempt == 1 and iteration == 3 else None


def _check_ended(run: SimulatedRun, when: str = "") -> None:
    assert run.error is None, f"{when} {run.error}".strip()
    assert run.ended.how == "complete", f"{when} the run ended: {run.ended.reason}".strip()
    open_ends = [trial.trial_id for trial in run.trials if not trial.state.ended]
    assert not open_ends, f"{when} these never ended: {open_ends}".strip()
    assert len(run.trials) == _TRIALS
