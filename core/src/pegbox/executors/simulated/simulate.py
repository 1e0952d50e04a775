"""A whole run in virtual time: the engine, the plugins and the loop of a real one.

It keeps its facts in memory and touches no file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pegbox._engine.state import RunState
from pegbox._run.components import make_component
from pegbox._run.parts import Parts, put_together
from pegbox._run.plan import Plan
from pegbox._run.restoring import added_values, known_trials
from pegbox._run.runner import Runner
from pegbox._run.search_settings import settle_search
from pegbox._run.search_terms import fresh_terms
from pegbox._run.searcher_driver import DirectSearcher
from pegbox._run.settling import FRESH, settle_options
from pegbox.configs import RunConfig, TuneConfig
from pegbox.demand import fixed_demand
from pegbox.events import Event, Resumed, RunEnded, Started
from pegbox.executors.simulated.cluster import Curve, SimulatedCluster
from pegbox.executors.simulated.executor import SimulatedExecutor
from pegbox.executors.simulated.long_lived import LongLived
from pegbox.resources import Resources
from pegbox.space import Space
from pegbox.trial import TrialView
from pegbox.usage import Usage

__all__ = ["SimulatedRun", "simulate"]


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """What came of a simulation.

    Attributes:
        journal: All facts, in order, those of ``history`` included.
        trials: All trials, in the order of their numbers.
        ended: How and when it ended; a plugin that fails ends a run, and is named here.
        error: What a searcher or scheduler failed with, or None.
        usage: Where the time went: virtual seconds of slots, real seconds of plugins.
    """

    journal: tuple[Event, ...]
    trials: Sequence[TrialView]
    ended: RunEnded
    error: Exception | None
    usage: Usage


def simulate(
    curve: Curve,
    *,
    param_space: Mapping[str, Any],
    tune_config: TuneConfig,
    cluster: SimulatedCluster | None = None,
    resources: Mapping[str, float] | None = None,
    run_config: RunConfig | None = None,
    history: Sequence[Event] = (),
) -> SimulatedRun:
    """Play a run through. The same arguments give the same journal, to the last byte.

    Args:
        curve: In place of a trainable: what an iteration takes and reports.
        param_space: As for `pegbox.Tuner`.
        tune_config: As for `pegbox.Tuner`; without a seed it is 0.
        cluster: Where it would run; None for one worker with one cpu.
        resources: What each trial asks for; None for one cpu.
        run_config: As for `pegbox.Tuner`; nothing is shown or kept.
        history: Facts of a run that was cut off, which is taken up again: the first of another
            simulation's journal.

    Raises:
        ConfigError, MissingDependency, PluginError: As for `pegbox.Tuner`.
        Stalled: The run hangs; a mistake inside pegbox, or of a scheduler that starts nothing.
    """
    quiet = dataclasses.replace(run_config or RunConfig(), verbose=0)
    plan = _plan(param_space, tune_config, quiet, resources)
    state = RunState(plan.run, plan.trainable_name)
    executor: SimulatedExecutor
    parts = put_together(plan, state, lambda: executor.clock(), plan.max_concurrent)
    parts.engine.replay(history)
    executor = SimulatedExecutor(
        curve,
        cluster or SimulatedCluster(),
        first_place=len(state.places),
        start_s=history[-1].at if history else 0.0,
        wake_at=lambda: parts.engine.wake_at,
    )
    long_lived = LongLived()
    journal = _Journal(history, long_lived)
    runner = Runner(
        parts.engine,
        executor,
        DirectSearcher(parts.desk),
        journal,
        parts.observers,
        parts.stop_rules,
        _delete_nothing,
    )
    first = _first(parts, plan.space, executor.clock()) if history else Started(0.0)
    parts.stop_rules.begin(first.at, parts.engine.replayed_s)
    with long_lived:
        runner.run(first)
    assert state.ended is not None
    error = parts.seat.error or parts.desk.error
    usage = parts.spending.usage()
    return SimulatedRun(tuple(journal.facts), state.all_views, state.ended, error, usage)


def _plan(
    param_space: Mapping[str, Any],
    tune: TuneConfig,
    run_config: RunConfig,
    resources: Mapping[str, float] | None,
) -> Plan:
    search = settle_search(
        Space,
        param_space,
        fresh_terms(tune),
        make_component("searcher", tune.search_alg, "random"),
        make_component("scheduler", tune.scheduler, "fifo"),
    )
    return Plan(
        run="00000",
        name="simulation",
        folder=Path("simulation"),
        trainable=_never_run,
        trainable_name="curve",
        demand=fixed_demand(Resources(resources or {"cpu": 1})),
        seed=tune.seed or 0,
        **search,
        **settle_options(tune, run_config, FRESH, search["objectives"]),
    )


def _delete_nothing(paths: Sequence[str]) -> None:
    """A simulation writes no checkpoints."""


def _never_run(config: Mapping[str, Any]) -> None:
    raise RuntimeError("a simulation runs no trainable")


def _first(parts: Parts, space: Space, at: float) -> Resumed:
    """The searcher is told what is known, as at any restore."""
    state = parts.engine.state
    resumed = Resumed(at, state.epoch + 1)
    known = known_trials(state, parts.engine.rules, resumed)
    parts.desk.recall(known, state.asks_ahead, added_values(state, space))
    parts.desk.tell_known()
    return resumed


class _Journal:
    """Facts in memory; see `pegbox._run.runner.Journal`."""

    def __init__(self, history: Sequence[Event], long_lived: LongLived) -> None:
        self.facts: list[Event] = list(history)
        self._long_lived = long_lived

    def append(self, events: Sequence[Event]) -> None:
        """Keep facts in their order."""
        self.facts.extend(events)
        self._long_lived.note(len(events))
