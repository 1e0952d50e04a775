"""One start of an experiment, from a settled plan to the end of its epoch."""

from __future__ import annotations

import dataclasses
import logging
import os
import socket
import time
from collections.abc import Callable
from importlib.metadata import version
from platform import python_version

from pegbox._engine.state import RunState
from pegbox._run.callback_states import keep_callback_states, take_back_callback_states
from pegbox._run.catching_up import catch_up
from pegbox._run.component import Component
from pegbox._run.component_states import keep_state, take_back_state
from pegbox._run.deleting import Deleter
from pegbox._run.grace import interrupt_grace_s
from pegbox._run.interrupt import good_order_on_ctrl_c
from pegbox._run.kept_usage import KeptUsage
from pegbox._run.large_config import LargeConfigs
from pegbox._run.parts import put_together
from pegbox._run.plan import Plan
from pegbox._run.restore_line import restore_line
from pegbox._run.restoring import added_values, asked_anew, known_trials, mended_checkpoints
from pegbox._run.runner import Runner
from pegbox._run.searcher_desk import SearcherDesk
from pegbox._run.searcher_driver import DirectSearcher, SearcherDriver, SearcherThread
from pegbox._run.searcher_process.calls import SearcherThere
from pegbox._run.searcher_process.driver import SearcherProcessDriver
from pegbox._run.stopping import INTERRUPTED, describe_stopper
from pegbox._run.stored_history import StoredHistory
from pegbox._run.sweeping import Sweeper
from pegbox._store.writer import Store
from pegbox._trial.task import TrialTask
from pegbox.callback import ExperimentInfo
from pegbox.commands import Launch
from pegbox.events import PluginFailed, Resumed, RunEnded, Started, StopRequested
from pegbox.executor import Executor
from pegbox.resources import Resources
from pegbox.seeds import derive_seed
from pegbox.trial import TrialFailure

__all__ = ["MakeExecutor", "Session"]

logger = logging.getLogger("pegbox")

#: Makes the executor, from how to make tasks and the number of its first place.
MakeExecutor = Callable[[Callable[[Launch], TrialTask], int], Executor]


class Session:
    """Carries one plan through one epoch.

    Args:
        plan: What to do. Its plugins are set up here, before anything is stored or started.
        one_at_a_time: Whether a trial begins only when the one before has ended.
        own_process: Whether a searcher that may take its time gets a process of its own; it is
            to be ended by `close`.

    Raises:
        PluginError, ConfigError, MissingDependency: A plugin does not fit or refused its setup.
    """

    def __init__(
        self, plan: Plan, *, one_at_a_time: bool = False, own_process: bool = False
    ) -> None:
        self._plan = plan
        self._offset = time.time() - time.monotonic()
        self.state = RunState(plan.run, plan.trainable_name, str(plan.folder))
        self._parts = put_together(
            plan,
            self.state,
            self._clock,
            1 if one_at_a_time else plan.max_concurrent,
            own_process=own_process,
        )
        self._large = LargeConfigs()
        #: The plugin failure that ended the run, and the exception behind it, if any.
        self.failure: PluginFailed | None = None
        self.cause: BaseException | None = None
        #: What no worker has, where the run had to end for that.
        self.impossible: Resources | None = None
        #: Of the first trial that failed for good in this epoch.
        self.first_failure: TrialFailure | None = None

    def run(
        self,
        store: Store,
        make_executor: MakeExecutor,
        deleter: Deleter,
        *,
        resumed: Resumed | None = None,
    ) -> RunEnded:
        """Run until the epoch ends.

        Args:
            store: Open, and new for a fresh run.
            make_executor: Called once.
            deleter: For checkpoints that need not stay; closed after the store.
            resumed: How to go on; None for a fresh run. Its ``at``, ``epoch`` and ``checkpoints``
                are filled in here.

        Returns:
            How it ended.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed twice.
            PluginError, ConfigError: A plugin refused what is known.
            StoreError: Facts could not be stored.
        """
        parts, epoch = self._parts, self._begin_epoch(store)
        sweeper = Sweeper(self._plan, self.state, store, deleter)
        first: Started | Resumed = Started(self._clock(), epoch)
        if resumed is not None:
            first = self._take_up(store, resumed, epoch)
            sweeper.begin(first)
        executor = make_executor(self._make_task, len(self.state.places))
        driver = self._searcher_driver(parts.desk, executor)
        journal = KeptUsage(store, parts.spending.usage)
        runner = Runner(
            parts.engine,
            executor,
            driver,
            journal,
            parts.observers,
            parts.stop_rules,
            lambda paths: store.when_in_folder(lambda: deleter.delete(paths)),
        )
        parts.stop_rules.begin(first.at, parts.engine.replayed_s)
        with StoredHistory(self._plan.folder) as history:
            parts.observers.set_up(self._info(epoch), self._plan.stopper, history)
        if resumed is not None:
            take_back_callback_states(store, parts.observers)
        grace_s = interrupt_grace_s()
        with good_order_on_ctrl_c(
            lambda: runner.inbox.post([StopRequested(self._clock(), INTERRUPTED, grace_s=grace_s)]),
            f"Go on with: {how_to_restore(self._plan)}",
            grace_s,
        ):
            runner.run(first)
        keep_callback_states(store, parts.observers)
        self.failure = parts.engine.failure
        self.first_failure = parts.engine.first_failure
        self.impossible = parts.engine.impossible
        self.cause = parts.seat.error or parts.stop_rules.error or parts.desk.error
        if self.failure is None:
            for role, component in self._components():
                keep_state(store, component, parts.deciders[role], self._plan.terms_of(role))
        journal.keep()
        sweeper.end()
        assert self.state.ended is not None
        return self.state.ended

    def close(self) -> None:
        """End the searcher, if it has a process of its own."""
        self._parts.searcher.end()

    # ------------------------------------------------------------------ parts

    def _clock(self) -> float:
        return time.monotonic() + self._offset

    def _components(self) -> list[tuple[str, Component]]:
        return [("searcher", self._plan.searcher), ("scheduler", self._plan.scheduler)]

    def _begin_epoch(self, store: Store) -> int:
        packages = ("pegbox", "distributed", "cloudpickle", "pluggy")
        return store.begin_epoch(
            started=time.time(),
            host=socket.gethostname(),
            pid=os.getpid(),
            versions={"python": python_version(), **{name: version(name) for name in packages}},
            settings=self._plan.settings(),
        )

    def _searcher_driver(self, desk: SearcherDesk, executor: Executor) -> SearcherDriver:
        searcher, traits = self._parts.searcher, self._plan.traits
        if isinstance(searcher, SearcherThere):
            return SearcherProcessDriver(desk, searcher)
        quick = traits.cheap and traits.model_free
        if quick or getattr(executor, "shares_runners_thread", False):
            return DirectSearcher(desk, quick=quick)
        return SearcherThread(desk)

    def _info(self, epoch: int) -> ExperimentInfo:
        plan = self._plan
        return ExperimentInfo(
            plan.name,
            str(plan.folder),
            plan.run,
            epoch,
            plan.objectives,
            plan.total_trials,
            plan.searcher.label,
            plan.scheduler.name,
            plan.space.columns,
            plan.seed,
            plan.trainable_name,
            plan.num_samples,
            describe_stopper(plan.stopper),
            dict(plan.resources),
            plan.outcome_constraints,
        )

    def _make_task(self, launch: Launch) -> TrialTask:
        plan = self._plan
        view = self.state.views[launch.trial]
        self._large.look(view.trial_id, launch.config)
        return TrialTask(
            launch.trial,
            view.trial_id,
            view.name,
            launch.attempt,
            self.state.epoch,
            plan.name,
            str(plan.folder),
            launch.config,
            launch.resources,
            launch.checkpoint.path if launch.checkpoint else None,
            launch.iteration,
            launch.time_total_s,
            plan.required_metrics,
            derive_seed(plan.seed, "trial", launch.trial),
            view.folder_name if view.folder_name != view.name else "",
            plan.checkpoint_config.checkpoint_frequency,
            bool(plan.checkpoint_config.checkpoint_at_end),
            plan.reuse_actors,
            plan.log_files,
            plan.chdir_to_trial_dir,
        )

    # ---------------------------------------------------------------- restore

    def _take_up(self, store: Store, wish: Resumed, epoch: int) -> Resumed:
        """Bring back state and scheduler, and tell the new searcher what is known."""
        parts = self._parts
        known = {
            role: take_back_state(store, component, parts.deciders[role], self._plan.terms_of(role))
            for role, component in self._components()
        }
        facts = store.events(self._plan.space.decode_config)
        if differing := parts.engine.replay(facts, known=known["scheduler"]):
            logger.warning(
                "scheduler %s and stop rules would decide on %d stored reports differently now; "
                "what was decided then counts",
                self._plan.scheduler.name,
                differing,
            )
        if store.is_behind:
            catch_up(store, parts.engine, epoch - 1, self._clock())
        checkpoints = mended_checkpoints(self._plan.folder, self.state, wish)
        resumed = dataclasses.replace(
            wish,
            at=self._clock(),
            epoch=epoch,
            checkpoints=checkpoints,
            resources=asked_anew(self.state, wish, self._plan.demand.of),
        )
        trials = known_trials(self.state, parts.engine.rules, resumed)
        added = added_values(self.state, self._plan.space)
        parts.desk.recall(trials, self.state.asks_ahead, added)
        if not isinstance(parts.searcher, SearcherThere):
            parts.desk.tell_known()
        return resumed


def how_to_restore(plan: Plan) -> str:
    """The line of Python that goes on with an experiment."""
    return restore_line(plan.folder, plan.trainable_name)
