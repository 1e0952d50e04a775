"""`Tuner`: where users begin. Settles what they wrote, runs it, and opens what came of it."""

from __future__ import annotations

import dataclasses
import os
import secrets
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Literal, cast

from pegbox._analysis.filesystem import refuse_filesystem
from pegbox._run.checking import NotRun, active_check
from pegbox._run.components import make_component
from pegbox._run.folder import experiment_folder, fresh_name
from pegbox._run.plan import Plan
from pegbox._run.running import find_client, run_plan, usable_client
from pegbox._run.saved_plan import plan_from_store
from pegbox._run.search_settings import settle_search, whole_space
from pegbox._run.search_terms import fresh_terms
from pegbox._run.settling import FRESH, settle_options
from pegbox._run.trainables import settle_trainable
from pegbox._run.warm_start import settle_warm_start
from pegbox._store.folder_path import folder_at
from pegbox._store.schema import FILE_NAME
from pegbox._store.writer import Store
from pegbox.configs import ResumeConfig, RunConfig, TuneConfig, settled
from pegbox.errors import ConfigError
from pegbox.events import Resumed
from pegbox.resource_requests import DEFAULT_RESOURCES
from pegbox.results import ResultGrid
from pegbox.space import Space
from pegbox.text import shown
from pegbox.trainable import check_trainable, resolve_trainable, trainable_name
from pegbox.warm_start_forms import earlier_trials

__all__ = ["ExecutorName", "Tuner"]

ExecutorName = Literal["dask", "inline"]


class Tuner:
    """Tunes a function or class: runs it with many configurations and finds the best.

    Args:
        trainable: A function of the configuration that calls `pegbox.report` or returns a dict, a
            class (`pegbox.Trainable`), or the name under which one was registered.
        param_space: The configuration with domains in the places that vary; nested as you like.
        tune_config: What is searched for, and how.
        run_config: Where the run is kept, and who is told of it.
        client: A connected ``distributed.Client`` whose cluster runs the trials. None takes the
            one that the script has connected; without any, pegbox starts workers on this machine.
        executor: ``"dask"``, or ``"inline"``: one trial after another in this very thread, where
            ``breakpoint()`` works.
        warm_start: Earlier trials, from which the searcher learns before it proposes anything: a
            `ResultGrid`, the folder of an experiment, or a list of these, of `Result`, of
            `pegbox.searcher.EvaluatedPoint`, of ``(config, value)`` and of ``(config, metrics)``.
            They must lie in ``param_space``. They are stored with the experiment, for a restore.

    Raises:
        ConfigError: Something cannot be used; no trial has been started.
        StoreError: There is no experiment in a folder of ``warm_start``.
        MissingDependency: A plugin needs a package that is not installed.
        PluginError: A plugin does not fit.
    """

    def __init__(
        self,
        trainable: Callable[..., Any] | str,
        *,
        param_space: Mapping[str, Any] | None = None,
        tune_config: TuneConfig | None = None,
        run_config: RunConfig | None = None,
        client: Any | None = None,
        executor: ExecutorName = "dask",
        warm_start: Any | None = None,
    ) -> None:
        self._client = usable_client(client)
        self._executor = _known_executor(executor)
        self._resumed: Resumed | None = None
        self._take_plan(
            lambda tune: _settle(
                resolve_trainable(trainable),
                {} if param_space is None else param_space,
                tune,
                settled("run_config", run_config, RunConfig),
                warm_start,
                own_process=self._executor != "inline",
            ),
            settled("tune_config", tune_config, TuneConfig),
            param_space,
        )

    @classmethod
    def restore(
        cls,
        path: str | os.PathLike[str],
        trainable: Callable[..., Any] | str,
        resume_unfinished: bool = True,
        resume_errored: bool = False,
        restart_errored: bool = False,
        param_space: Mapping[str, Any] | None = None,
        storage_filesystem: None = None,
        *,
        resume_config: ResumeConfig | None = None,
        search_alg: Any | None = None,
        tune_config: TuneConfig | None = None,
        run_config: RunConfig | None = None,
        client: Any | None = None,
        executor: ExecutorName = "dask",
    ) -> Tuner:
        """Take up an experiment where it stopped, however it stopped; then call `fit`.

        Args:
            path: The experiment's folder; it may have been moved.
            trainable: The function again; code is never kept. It may have another name. What it
                asks for counts for all trials that go on; where it says nothing of that, they ask
                for what they did before.
            resume_unfinished: Whether unfinished trials go on from their last checkpoint.
            resume_errored: Whether failed trials are tried again from their last checkpoint.
            restart_errored: Whether failed trials are tried again from the start.
            param_space: Needed again only where it holds objects or functions.
            storage_filesystem: Not supported: only None.
            resume_config: The same as the three choices above and more, in their place.
            search_alg: Another searcher to go on with, as in `TuneConfig`. It is told all trials
                that are known.
            tune_config: Replaces what the run was set up with: more samples, another searcher.
                What is left at None is kept.
            run_config: Replaces failures, callbacks and verbosity; name and place stay. Callbacks
                are not kept.
            client: As for `Tuner`.
            executor: As for `Tuner`.

        Raises:
            StoreError: There is no experiment, or it cannot be read.
            ConfigError: Something that cannot be stored must be passed again; it is named.
        """
        refuse_filesystem("Tuner.restore", storage_filesystem)
        tuner = cls.__new__(cls)
        tuner._client = usable_client(client)
        tuner._executor = _known_executor(executor)
        tuner._resumed = _wish(resume_unfinished, resume_errored, restart_errored, resume_config)
        known = resolve_trainable(trainable)
        check_trainable(known)
        tuner._take_plan(
            lambda tune: plan_from_store(
                folder_at("Tuner.restore(path=...)", path),
                known,
                param_space,
                tune,
                run_config,
                own_process=tuner._executor != "inline",
            ),
            _with_searcher(settled("tune_config", tune_config, TuneConfig), search_alg),
            param_space,
        )
        return tuner

    @classmethod
    def can_restore(cls, path: str | os.PathLike[str], storage_filesystem: None = None) -> bool:
        """Whether there is an experiment in a folder.

        Args:
            path: The folder.
            storage_filesystem: Not supported: only None.

        Raises:
            ConfigError: The path is none, or a URI; or a file system is given.
        """
        refuse_filesystem("Tuner.can_restore", storage_filesystem)
        return (folder_at("Tuner.can_restore(path=...)", path) / FILE_NAME).is_file()

    def _take_plan(
        self,
        settle: Callable[[TuneConfig], Plan],
        tune: TuneConfig,
        param_space: Mapping[str, Any] | None,
    ) -> None:
        if (check := active_check()) is not None:
            check.look(tune, settle, inline=self._executor == "inline")
            return
        self._plan = settle(tune)
        self._param_space = whole_space(param_space, self._plan.searcher)

    def fit(self) -> ResultGrid:
        """Run until all trials have ended, or Ctrl-C.

        Under ``pegbox check`` nothing is run, and the script ends where it needs the results.

        Returns:
            What was found. After one Ctrl-C, what was found so far.

        Raises:
            ConfigError: The script's default client cannot be used.
            ExperimentExists: There is an experiment of that name.
            ExperimentLocked: Another driver works on it.
            PluginError, RunError: The run could not go on; what was found so far is kept, and the
                hint says how to go on.
            KeyboardInterrupt: Ctrl-C was pressed twice.
        """
        if active_check() is not None:
            return cast("ResultGrid", NotRun())
        client = None if self._executor == "inline" else find_client(self._client)
        run_plan(self._plan, self._open_store, self._resumed, self._executor, client)
        # A second fit of the same tuner is a new run, which the store refuses by name.
        return self.get_results()

    def _open_store(self) -> Store:
        plan = self._plan
        if self._resumed is not None:
            return Store.open(plan.folder, sync_period_s=plan.sync_period_s)
        meta = plan.meta(created=time.time(), version=version("pegbox"))
        return Store.create(plan.folder, meta, sync_period_s=plan.sync_period_s)

    def get_results(self) -> ResultGrid:
        """What has been found so far; also while another process runs the experiment."""
        if active_check() is not None:
            return cast("ResultGrid", NotRun())
        return ResultGrid(self._plan.folder, self._param_space)


def _wish(
    unfinished: bool, resume_errored: bool, restart_errored: bool, config: ResumeConfig | None
) -> Resumed:
    """What is to become of each kind of trial; time and epoch are filled in later."""
    if resume_errored and restart_errored:
        raise ConfigError(
            "resume_errored and restart_errored exclude each other",
            hint="The first goes on from a trial's last checkpoint, the second from its start.",
        )
    if config is None:
        config = ResumeConfig(
            unfinished="resume" if unfinished else "skip",
            errored="resume" if resume_errored else "restart" if restart_errored else "skip",
        )
    elif resume_errored or restart_errored or not unfinished:
        raise ConfigError(
            "resume_config says what becomes of each kind of trial, so resume_unfinished, "
            "resume_errored and restart_errored have no place beside it",
            hint='Write e.g. resume_config=pegbox.ResumeConfig(errored="restart").',
        )
    config = settled("resume_config", config, ResumeConfig)
    return Resumed(
        0.0, 0, unfinished=config.unfinished, errored=config.errored, finished=config.finished
    )


def _with_searcher(tune: TuneConfig, search_alg: Any | None) -> TuneConfig:
    if search_alg is None:
        return tune
    if tune.search_alg is not None:
        raise ConfigError(
            f"Tuner.restore was given search_alg={shown(search_alg)}, and "
            f"TuneConfig(search_alg={shown(tune.search_alg)})",
            hint="Name the searcher in one place.",
        )
    return dataclasses.replace(tune, search_alg=search_alg)


def _known_executor(name: object) -> ExecutorName:
    if isinstance(name, str) and name in ("dask", "inline"):
        return "dask" if name == "dask" else "inline"
    raise ConfigError(
        f'executor must be "dask" or "inline", got {shown(name)}',
        hint='"inline" runs one trial after another in this thread, for debugging.',
    )


def _settle(
    trainable: Callable[..., Any],
    param_space: Mapping[str, Any],
    tune: TuneConfig,
    run: RunConfig,
    warm_start: Any | None,
    *,
    own_process: bool,
) -> Plan:
    """Check everything that can be checked before anything is started."""
    check_trainable(trainable)
    name = trainable_name(trainable)
    search = settle_search(
        Space,
        param_space,
        fresh_terms(tune),
        make_component("searcher", tune.search_alg, "random", own_process=own_process),
        make_component("scheduler", tune.scheduler, "fifo"),
    )
    seed = tune.seed if tune.seed is not None else secrets.randbelow(2**32)
    search["space"].try_out(seed)
    digits = secrets.token_hex(3)[:5]
    chosen = run.name if run.name is not None else fresh_name(name, digits)
    options = settle_options(tune, run, FRESH, search["objectives"])
    return Plan(
        run=digits,
        name=chosen,
        folder=experiment_folder(run.storage_path, chosen),
        trainable_name=name,
        seed=seed,
        warm_start=settle_warm_start(
            earlier_trials(warm_start, search["space"]),
            search["space"],
            search["objectives"],
            search["outcome_constraints"],
            search["searcher"],
        ),
        **settle_trainable(trainable, search["space"], seed, DEFAULT_RESOURCES, options),
        **search,
        **options,
    )
