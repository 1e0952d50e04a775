"""From a settled plan to a running one: the executor that was asked for, and how the end reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pegbox._run.plan import Plan
from pegbox._run.session import MakeExecutor, Session, how_to_restore
from pegbox._store.writer import Store
from pegbox._trial.task import TrialTask
from pegbox.commands import Launch
from pegbox.errors import PluginError, RunError, Stalled
from pegbox.events import Resumed, RunEnded
from pegbox.executor import Executor

__all__ = ["run_plan"]


def run_plan(
    plan: Plan, store: Store, resumed: Resumed | None, executor: str, client: Any | None
) -> None:
    """Run a plan to the end of its epoch.

    Raises:
        PluginError: A searcher or scheduler raised.
        RunError: The executor or the experiment cannot go on.
        KeyboardInterrupt: Ctrl-C was pressed twice.
    """
    make = _inline(plan) if executor == "inline" else _dask(plan, client)
    session = Session(plan, store)
    ended = session.run(make, resumed=resumed)
    if ended.how == "failed":
        raise _error(plan, session, ended)


def _inline(plan: Plan) -> MakeExecutor:
    from pegbox.executors.inline import InlineExecutor

    def make(make_task: Callable[[Launch], TrialTask], first_place: int) -> Executor:
        return InlineExecutor(make_task, plan.trainable, plan.resources, first_place=first_place)

    return make


def _dask(plan: Plan, client: Any | None) -> MakeExecutor:
    """Worker processes are started here, first of all, to import while the driver goes on."""
    from pegbox.executors.dask import current_client, embedded_cluster, make_dask_executor

    client = client if client is not None else current_client()
    embedded = None
    if client is None:
        embedded = embedded_cluster(plan.resources, _at_most(plan))
        embedded.prestart()

    def make(make_task: Callable[[Launch], TrialTask], first_place: int) -> Executor:
        return make_dask_executor(
            embedded, client, plan.trainable, make_task, plan.run, first_place
        )

    return make


def _at_most(plan: Plan) -> int | None:
    bounds = [n for n in (plan.max_concurrent, plan.total_trials) if n is not None and n > 0]
    return min(bounds, default=None)


def _error(plan: Plan, session: Session, ended: RunEnded) -> PluginError | RunError:
    hint = f"What was found so far is kept. Go on with: {how_to_restore(plan)}"
    failure = session.failure
    if failure is None:
        return Stalled(ended.reason, story=session.state.story(), hint=hint)
    if failure.role == "executor":
        return RunError(ended.reason, hint=hint)
    cause = session.cause
    hook = getattr(cause, "hook", "")
    error = PluginError(ended.reason, plugin=failure.plugin, hook=hook, hint=hint)
    # The plugin's own exception; what wrapped it says the same as this one.
    error.__cause__ = cause.__cause__ if isinstance(cause, PluginError) else cause
    return error
