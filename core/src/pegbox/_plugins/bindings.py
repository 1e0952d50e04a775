"""The roles, and which method of a plugin answers which hook. The one table of both.

Knows no plugin objects; `pegbox._plugins.implementations` reads them against this table.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pegbox.callback import Callback
from pegbox.hookspecs import (
    CallbackSpecs,
    SchedulerSpecs,
    SearcherSpecs,
    SyncerSpecs,
    hookspec,
)
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher
from pegbox.syncer import Syncer

__all__ = ["ROLES", "Role", "arguments_of", "hooks_in"]

_SPEC_MARK: Final = f"{hookspec.project_name}_spec"


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of plugin.

    Attributes:
        name: ``"searcher"``, ``"scheduler"``, ``"syncer"`` or ``"callback"``.
        base: The class that plugins usually derive from; not needed.
        specs: Class whose marked methods are the role's hooks.
        methods: Method name to the hook that it answers.
        required: Methods without which a plugin is none.
        answers: Hook that needs an answer, to what may be answered; None is never an answer.
    """

    name: str
    base: type
    specs: type
    methods: Mapping[str, str]
    required: frozenset[str] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)

    def method_of(self, hook: str) -> str:
        """Name of the method that answers a hook; the hook's own name where none does."""
        return next((method for method, bound in self.methods.items() if bound == hook), hook)


@functools.cache
def hooks_in(specs: type) -> tuple[str, ...]:
    """Names of the hooks that a class of specifications defines."""
    return tuple(name for name in dir(specs) if hasattr(getattr(specs, name), _SPEC_MARK))


@functools.cache
def arguments_of(specs: type, hook: str) -> tuple[str, ...]:
    """Names of a hook's arguments, in order."""
    return tuple(inspect.signature(getattr(specs, hook)).parameters)[1:]


_BYTES_MOVED: Final = "the number of bytes moved"

#: Role by its name.
ROLES: Final[Mapping[str, Role]] = {
    "searcher": Role(
        name="searcher",
        base=Searcher,
        specs=SearcherSpecs,
        methods={
            "setup": "searcher_setup",
            "suggest": "searcher_suggest",
            "on_trial_result": "searcher_result",
            "on_trial_complete": "searcher_complete",
            "observe": "searcher_observe",
            "added_config": "searcher_config",
            "recall_config": "searcher_recall",
            "get_state": "searcher_save",
            "set_state": "searcher_load",
        },
        required=frozenset({"suggest"}),
        answers={"searcher_suggest": "a point (path to value), WAIT or FINISHED"},
    ),
    "scheduler": Role(
        name="scheduler",
        base=Scheduler,
        specs=SchedulerSpecs,
        methods={
            "setup": "scheduler_setup",
            "on_trial_add": "scheduler_add",
            "on_trial_result": "scheduler_result",
            "on_trial_complete": "scheduler_complete",
            "choose_trial_to_run": "scheduler_choose",
            "get_state": "scheduler_save",
            "set_state": "scheduler_load",
        },
        answers={
            "scheduler_result": "CONTINUE, STOP, PAUSE, Exploit(...) or Resize(...)",
            "scheduler_choose": "a queued or paused trial, START_NEW or WAIT",
        },
    ),
    "syncer": Role(
        name="syncer",
        base=Syncer,
        specs=SyncerSpecs,
        methods={
            "sync_up": "syncer_push",
            "sync_down": "syncer_pull",
            "list": "syncer_list",
            "delete": "syncer_delete",
        },
        required=frozenset({"sync_up", "sync_down", "list", "delete"}),
        answers={
            "syncer_push": _BYTES_MOVED,
            "syncer_pull": _BYTES_MOVED,
            "syncer_list": "the paths of all files, relative to the folder",
            "syncer_delete": "the number of files removed",
        },
    ),
    "callback": Role(
        name="callback",
        base=Callback,
        specs=CallbackSpecs,
        methods={
            "setup": "callback_setup",
            "on_step_begin": "callback_step_begin",
            "on_step_end": "callback_step_end",
            "on_trial_start": "callback_trial_start",
            "on_trial_restore": "callback_trial_restore",
            "on_trial_result": "callback_trial_result",
            "on_trial_complete": "callback_trial_complete",
            "on_trial_error": "callback_trial_error",
            "on_trial_recover": "callback_trial_recover",
            "on_trial_save": "callback_trial_save",
            "on_checkpoint": "callback_checkpoint",
            "on_experiment_end": "callback_experiment_end",
            "get_state": "callback_save",
            "set_state": "callback_load",
        },
    ),
}
