"""A callback that is watched: all that a run tells goes through here, and is looked at."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox._plugins.bindings import ROLES
from pegbox._plugins.implementations import find_implementations
from pegbox._plugins.manager import RoleManager
from pegbox._plugins.naming import Label
from pegbox.callback import Callback

__all__ = ["LATER", "Watch", "as_callback"]

_ROLE: Final = ROLES["callback"]

#: An argument of every hook of a release that is to come.
LATER: Final = "added_by_a_later_release"


class Watch:
    """What is found out about a callback in one run.

    Args:
        plugin: The callback.
        later: Whether every hook has an argument more than this release knows.
        looks: Whether its state is asked for after every call.

    Attributes:
        before: Called with hook and arguments before the callback is.
        faults: What it raised; it has been dropped then, as in every run.
        changed: What it changed of that which it was given.
        moved: Its states before and after a look that changed them.
        states: All states that it gave when asked by the run.
        loaded: The state that it was given, and the one that it gave right after that.
    """

    def __init__(self, plugin: Any, *, later: bool = False, looks: bool = False) -> None:
        self.plugin = plugin
        self._later, self._looks = later, looks
        self._manager = RoleManager(_ROLE)
        self._name = self._manager.register(plugin)
        self.before: Callable[[str, Mapping[str, Any]], None] = _do_nothing
        self.faults: list[str] = []
        self.changed: list[str] = []
        self.moved: list[tuple[Any, Any]] = []
        self.states: list[Any] = []
        self.loaded: list[tuple[Any, Any]] = []

    def told(self, hook: str, info: Mapping[str, Any]) -> Any:
        """Hand a call on, and look at what comes of it.

        Args:
            hook: Its name.
            info: Its arguments.
        """
        self.before(hook, info)
        before = _seen(info)
        answer = self._call(hook, info)
        after = _seen(info)
        self.changed += [f"{key} in {hook}" for key in before if before[key] != after[key]]
        if hook == "callback_load":
            self.loaded.append((info["state"], copy.deepcopy(self.state())))
        if self._looks:
            first, second = copy.deepcopy(self.state()), self.state()
            if first != second:
                self.moved.append((first, second))
        if hook == "callback_save":
            self.states.append(answer)
        return answer

    def state(self) -> Any:
        """Its state now; None where it has none."""
        return self._call("callback_save", {})

    def _call(self, hook: str, info: Mapping[str, Any]) -> Any:
        if self._later:
            return self._call_of_later(hook, {**info, LATER: True})
        answers, faults = self._manager.ask_each(hook, **info)
        self.faults += [fault.message for fault in faults]
        return next(iter(answers.values()), None)

    def _call_of_later(self, hook: str, info: Mapping[str, Any]) -> Any:
        answer = None
        for one in find_implementations(_ROLE, self.plugin, Label(self._name, self.plugin)):
            if one.hook == hook:
                try:
                    answer = one.function(**_fitting(one.function, info))
                except Exception as error:
                    self.faults.append(f"{one.method}: {type(error).__name__}: {error}")
        return answer


def as_callback(watch: Watch) -> Callback:
    """What a run is given in the place of a callback, so that it is watched."""
    methods = {name: _method(watch, hook) for name, hook in _ROLE.methods.items()}
    made: Callback = type("WatchedCallback", (Callback,), methods)()
    return made


def _method(watch: Watch, hook: str) -> Callable[..., Any]:
    def told(self: Callback, **info: Any) -> Any:
        return watch.told(hook, info)

    return told


def _do_nothing(hook: str, info: Mapping[str, Any]) -> None:
    """Before the callback is told."""


def _seen(info: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the data that a hook is given."""
    trial = info.get("trial")
    views = (
        {} if trial is None else {"trial.config": trial.config, "last_result": trial.last_result}
    )
    given = {key: info[key] for key in ("result", "encoded_config", "state") if key in info}
    return copy.deepcopy({**given, **views})


def _fitting(function: Callable[..., Any], info: Mapping[str, Any]) -> dict[str, Any]:
    """Those arguments that a method names, and all others if it has ``**info``."""
    parameters = inspect.signature(function).parameters
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    return {key: value for key, value in info.items() if takes_all or key in parameters}
