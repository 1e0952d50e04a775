"""From a settled plan to the parts that decide: engine, scheduler's seat, searcher's desk.

Nothing is started here, and no clock is read: the run's clock is handed in, so that a run in
virtual time is put together in the same way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pegbox._engine.engine import Engine
from pegbox._engine.retention import KeepRule
from pegbox._engine.rules import Rules
from pegbox._engine.state import RunState
from pegbox._plugins.manager import RoleManager
from pegbox._run.component import Component
from pegbox._run.component_states import Calls
from pegbox._run.components import register_layers
from pegbox._run.evaluated_points import evaluated_points
from pegbox._run.feasible_points import FeasiblePoints
from pegbox._run.grace import grace_s
from pegbox._run.observers import Observers
from pegbox._run.plan import Plan
from pegbox._run.refused_points import minding_refused
from pegbox._run.scheduler_seat import SchedulerSeat
from pegbox._run.searcher_desk import SearcherDesk
from pegbox._run.searcher_here import SearcherCalls, SearcherHere
from pegbox._run.searcher_process.calls import SearcherThere
from pegbox._run.searcher_process.sending import made_here, sent_away
from pegbox._run.slowness import SlowOperations
from pegbox._run.spacing import spaced
from pegbox._run.spending import Spending
from pegbox._run.stopping import StopRules
from pegbox._run.told_results import ToldResults, in_told_terms
from pegbox._run.trial_names import TrialNames
from pegbox._run.warm_start import tellable
from pegbox.configs import CheckpointConfig
from pegbox.constraints import LinearConstraint
from pegbox.searcher import Point
from pegbox.seeds import derive_seed
from pegbox.space.presented import Presentation

__all__ = ["Parts", "put_together"]

#: Suggestions that wait for slots, where asking early costs nothing.
_MODEL_FREE_LOOKAHEAD = 16


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run is put together from.

    Attributes:
        searcher: The run's searcher, wherever it is.
        spending: Where the time of this epoch goes.
    """

    engine: Engine
    seat: SchedulerSeat
    desk: SearcherDesk
    stop_rules: StopRules
    observers: Observers
    searcher: SearcherCalls
    scheduler: RoleManager
    spending: Spending

    @property
    def deciders(self) -> Mapping[str, Calls]:
        """By their roles."""
        return {"searcher": self.searcher, "scheduler": self.scheduler}


def put_together(
    plan: Plan,
    state: RunState,
    clock: Callable[[], float],
    max_concurrent: int | None,
    *,
    own_process: bool = False,
) -> Parts:
    """Register the plan's plugins and set them up.

    Args:
        plan: What to do.
        state: Empty; what a restore knows is replayed later.
        clock: Seconds on the run's clock.
        max_concurrent: Trials that may run at once; None for as many as there is room.
        own_process: Whether a searcher that may take its time gets a process of its own.

    Raises:
        PluginError, ConfigError, MissingDependency: A plugin does not fit or refused its setup.
    """
    slow = SlowOperations()
    scheduler, callbacks = (RoleManager(role, slow.clock) for role in ("scheduler", "callback"))
    register_layers(scheduler, plan.scheduler)
    for callback in plan.callbacks:
        callbacks.register(callback)
    presentation = Presentation(plan.space, plan.traits)
    chosen = minding_refused(plan.searcher) if plan.allowed else plan.searcher
    searcher = _searcher(spaced(chosen, presentation), slow, own_process=own_process)
    try:
        _set_up(plan, presentation, searcher, scheduler)
    except BaseException:
        searcher.end()
        raise
    stop_rules = StopRules(plan.stopper, plan.time_budget_s, clock)
    seat = SchedulerSeat(scheduler, stop_rules, plan.space.encode_config, clock)
    desk = _desk(plan, presentation, searcher, state, clock)
    engine = Engine(state, _rules(plan, max_concurrent), seat)
    spending = Spending(
        engine,
        (plan.searcher.label, lambda: searcher.decided_s),
        (plan.scheduler.label, lambda: scheduler.decided_s),
        callbacks,
        desk,
        stop_rules,
        slow,
    )
    observers = Observers(callbacks, state, slow, spending.usage)
    return Parts(engine, seat, desk, stop_rules, observers, searcher, scheduler, spending)


def _desk(
    plan: Plan,
    presentation: Presentation,
    searcher: SearcherCalls,
    state: RunState,
    clock: Callable[[], float],
) -> SearcherDesk:
    def wanted(ask: int) -> Point:
        return plan.points.at(plan.searcher.asks_inside(ask + 1) - 1)

    own_seed = plan.searcher.own_seed
    told = ToldResults(
        plan.objectives,
        plan.scalarizer,
        plan.outcome_constraints,
        knows_constraints=plan.traits.outcome_constraints,
    )
    feasible = FeasiblePoints(
        plan.allowed,
        plan.space,
        plan.traits,
        plan.seed,
        plan.seed if own_seed is None else own_seed,
        wanted,
    )
    return SearcherDesk(
        searcher,
        plan.space,
        told,
        feasible,
        plan.seed,
        plan.run,
        plan.demand.of,
        TrialNames(plan.trial_name_creator, plan.trial_dirname_creator, state).named,
        clock,
        presentation=presentation,
        wanted=wanted,
        evaluated=[
            *evaluated_points(plan.searcher, plan.space, plan.objectives),
            *tellable(plan.warm_start, plan.objectives, plan.outcome_constraints),
        ],
        mortal=isinstance(searcher, SearcherThere),
    )


def _searcher(chosen: Component, slow: SlowOperations, *, own_process: bool) -> SearcherCalls:
    there = sent_away(chosen) if own_process else None
    if there is not None:
        return there
    manager = RoleManager("searcher", slow.clock)
    register_layers(manager, made_here(chosen))
    return SearcherHere(manager)


def _set_up(
    plan: Plan, presentation: Presentation, searcher: SearcherCalls, scheduler: RoleManager
) -> None:
    own_seed = plan.searcher.own_seed
    searcher.call(
        "searcher_setup",
        space=presentation.domains,
        objectives=plan.searched_objectives,
        seed=derive_seed(plan.seed, "searcher") if own_seed is None else own_seed,
        num_samples=plan.num_samples,
        conditions=plan.space.conditions,
        points=[presentation.part(point) for point in plan.points.placed],
        parameter_constraints=_native_constraints(plan, presentation),
        outcome_constraints=in_told_terms(
            plan.outcome_constraints if plan.traits.outcome_constraints else (),
            plan.objectives if plan.scalarizer is None else (),
        ),
    )
    rng = random.Random(derive_seed(plan.seed, "scheduler"))
    scheduler.call("scheduler_setup", objectives=plan.objectives, rng=rng)


def _native_constraints(plan: Plan, presentation: Presentation) -> tuple[LinearConstraint, ...]:
    """Those that the searcher holds itself."""
    if not plan.traits.constraints:
        return ()
    as_it_is = {path for path, shown in presentation.parameters.items() if not shown.how}
    return plan.allowed.native(as_it_is)


def _rules(plan: Plan, max_concurrent: int | None) -> Rules:
    traits = plan.traits
    return Rules(
        resources=plan.resources,
        objectives=plan.objectives,
        max_trials=plan.max_trials,
        max_failures=plan.max_failures,
        fail_fast=bool(plan.fail_fast),
        trial_time_limit_s=plan.trial_time_limit_s,
        grace_s=grace_s(),
        max_concurrent=max_concurrent,
        lookahead=_lookahead(plan),
        reads_results=traits.intermediate,
        varies=plan.demand.varies,
        keep=_keep_rule(plan.checkpoint_config),
    )


def _lookahead(plan: Plan) -> int:
    """How many suggestions to have ready beyond the room there is.

    It is no matter of clocks: the same run asks at the same places again.
    """
    if plan.lookahead is not None:
        return plan.lookahead
    if plan.traits.model_free:
        return _MODEL_FREE_LOOKAHEAD
    # Who bounds the trials at once bounds what is proposed without an answer, as in Ray Tune.
    return plan.traits.lookahead if plan.max_concurrent is None else 0


def _keep_rule(config: CheckpointConfig) -> KeepRule | None:
    if config.num_to_keep is None:
        return None
    score, order = config.checkpoint_score_attribute, config.checkpoint_score_order
    return KeepRule(config.num_to_keep, score, order)
