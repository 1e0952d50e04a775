"""From a settled plan to a running one: the executor that was asked for, and how the end reads."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from pegbox._run.deleting import Deleter
from pegbox._run.interrupt import how_to_go_on_noted
from pegbox._run.plan import Plan
from pegbox._run.session import MakeExecutor, Session, how_to_restore
from pegbox._store.writer import Store
from pegbox._trial.checkpointing import mark_folder
from pegbox._trial.parameters import SavedParameters
from pegbox._trial.pickling import dump
from pegbox._trial.stage import no_parameters
from pegbox._trial.task import TrialTask
from pegbox.commands import Launch
from pegbox.errors import PluginError, RunError, Stalled
from pegbox.events import Resumed, RunEnded
from pegbox.executor import Executor
from pegbox.resources import Resources

if TYPE_CHECKING:
    from pegbox.executors.dask.embedded.cluster import EmbeddedCluster

__all__ = ["find_client", "run_plan", "usable_client"]

_logger: Final = logging.getLogger("pegbox")


def usable_client(client: Any | None) -> Any | None:
    """The client that the user gave, if any, looked at.

    Raises:
        ConfigError: It cannot be used.
    """
    if client is not None:
        from pegbox.executors.dask import check_client

        check_client(client)
    return client


def find_client(client: Any | None) -> Any | None:
    """The client whose cluster runs the trials: the one given, or the script's default.

    Returns:
        None where there is neither, and pegbox starts workers of its own.

    Raises:
        ConfigError: It cannot be used, or no longer.
    """
    from pegbox.executors.dask import current_client

    return usable_client(client if client is not None else current_client())


def run_plan(
    plan: Plan,
    open_store: Callable[[], Store],
    resumed: Resumed | None,
    executor: str,
    client: Any | None,
) -> None:
    """Run a plan to the end of its epoch.

    Args:
        plan: What to do.
        open_store: Called once everything that can refuse the plan has had its say, so that a
            run that cannot begin leaves nothing behind.
        resumed: How to go on; None for a fresh run.
        executor: ``"dask"`` or ``"inline"``.
        client: Whose cluster runs the trials; None for workers of pegbox's own.

    Raises:
        ConfigError, MissingDependency: A plugin or the machine cannot do what is asked.
        PluginError: A searcher or scheduler raised.
        RunError: The executor or the experiment cannot go on.
        TrialError: A trial failed, and ``fail_fast`` is to raise that.
        KeyboardInterrupt: Ctrl-C was pressed twice.
    """
    with ExitStack() as at_end:
        inline = executor == "inline"
        embedded = None if inline or client is not None else _embedded(plan)
        make = _inline(plan) if inline else _dask(plan, client, embedded)
        if embedded is not None:
            # The executor closes it; where none was made yet, somebody has to.
            at_end.callback(embedded.close)
            # Worker processes import while the searcher is set up and the driver goes on.
            embedded.prestart()
        session = Session(plan, one_at_a_time=inline, own_process=not inline)
        at_end.callback(session.close)
        # Ends after the store, whose last snapshot may set free what is to be deleted.
        deleter = at_end.enter_context(Deleter(plan.folder))
        store = open_store()
        with how_to_go_on_noted(_kept(plan)), store:
            mark_folder(str(plan.folder), plan.run)
            ended = session.run(store, make, deleter, resumed=resumed)
    if ended.how == "failed":
        raise _error(plan, session, ended, client)
    if plan.fail_fast == "raise" and session.first_failure is not None:
        raise session.first_failure.as_error()


def _inline(plan: Plan) -> MakeExecutor:
    from pegbox.executors.inline import InlineExecutor

    if plan.trial_time_limit_s is not None:
        _logger.warning(
            "trial_time_limit_s: inline, a trial that has had its time ends at its next report; "
            "nothing ends one that does not report"
        )
    saved = _saved_parameters(plan)
    values = no_parameters if saved is None else saved.values
    room = _boundless(plan.demand.most) if plan.demand.varies else plan.resources

    def make(make_task: Callable[[Launch], TrialTask], first_place: int) -> Executor:
        return InlineExecutor(
            make_task, plan.trainable, room, first_place=first_place, parameters=values
        )

    return make


def _boundless(resources: Resources) -> Resources:
    """Room for whatever one trial asks for: there is no cluster to have less."""
    return Resources(dict.fromkeys(resources, 1e6))


def _saved_parameters(plan: Plan) -> SavedParameters | None:
    return SavedParameters(plan.parameters) if plan.parameters else None


def _embedded(plan: Plan) -> EmbeddedCluster:
    from pegbox.executors.dask import embedded_cluster

    return embedded_cluster(plan.demand, _at_most(plan))


def _dask(plan: Plan, client: Any | None, embedded: EmbeddedCluster | None) -> MakeExecutor:
    from pegbox.executors.dask import make_dask_executor

    code = dump(plan.trainable, f"the trainable {plan.trainable_name}")
    parameters = _saved_parameters(plan)

    def make(make_task: Callable[[Launch], TrialTask], first_place: int) -> Executor:
        return make_dask_executor(
            embedded,
            client,
            code,
            make_task,
            plan.run,
            first_place,
            parameters=parameters,
            demand=plan.demand,
            own_folders=plan.chdir_to_trial_dir,
        )

    return make


def _at_most(plan: Plan) -> int | None:
    bounds = (plan.max_concurrent, plan.total_trials, plan.searcher.most_pending)
    return min((n for n in bounds if n is not None and n > 0), default=None)


def _error(
    plan: Plan, session: Session, ended: RunEnded, client: Any | None
) -> PluginError | RunError:
    hint = _kept(plan)
    failure = session.failure
    if session.impossible is not None:
        hint = f"{_remedy(session.impossible, client)} {hint}"
    if failure is None:
        return Stalled(ended.reason, story=session.state.story(), hint=hint)
    if failure.role == "executor" or not failure.plugin:
        return RunError(ended.reason, hint=hint)
    cause = session.cause
    hook = getattr(cause, "hook", "")
    error = PluginError(ended.reason, plugin=failure.plugin, hook=hook, hint=hint)
    # The plugin's own exception; what wrapped it says the same as this one.
    error.__cause__ = cause.__cause__ if isinstance(cause, PluginError) else cause
    return error


def _kept(plan: Plan) -> str:
    return f"What was found so far is kept. Go on with: {how_to_restore(plan)}"


def _remedy(asked: Resources, client: Any | None) -> str:
    """What to do where no worker has what a trial asks for."""
    less = "Ask for less with pegbox.with_resources"
    if client is None:
        return f"{less}, or connect a distributed.Client to a cluster whose workers have that."
    return f"{less}, or start a worker that has it: {_worker_command(asked, client)}."


def _worker_command(asked: Resources, client: Any) -> str:
    threads = math.ceil(asked.get("cpu", 0.0))
    words = ["dask worker", str(client.scheduler.address)]
    words += [f"--nthreads {threads}"] if threads else []
    others = {("GPU" if name == "gpu" else name): n for name, n in asked.items() if name != "cpu"}
    if others:
        words.append(f'--resources "{" ".join(f"{name}={n:g}" for name, n in others.items())}"')
    return " ".join(words)
