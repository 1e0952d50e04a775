"""The plugins of one role in one run, and every call from core into them.

Owns registration, the calls, their containment and their time. What is done about a plugin that
raised is the caller's affair, except that a callback which raised is not called again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import pluggy

from pegbox._plugins.bindings import ROLES, Role, hooks_in
from pegbox._plugins.blame import culprit
from pegbox._plugins.implementations import Implementation, find_implementations
from pegbox._plugins.inside import Inside
from pegbox._plugins.naming import Label, class_name
from pegbox._plugins.registered import Bound, BoundManager, Entry
from pegbox._plugins.tune_names import signal_here
from pegbox._plugins.wording import listed, sentences
from pegbox._releases.guard import likely_cause
from pegbox.errors import ConfigError, MissingDependency, PluginError
from pegbox.hookspecs import hookspec
from pegbox.nearest import did_you_mean

__all__ = ["RoleManager"]

_ITS_OWN: Final = "The traceback above is the plugin's own."


class RoleManager:
    """Holds the objects that play one role in one run, and nothing of any other run.

    Args:
        role: ``"searcher"``, ``"scheduler"``, ``"syncer"`` or ``"callback"``.
        clock: Seconds on any clock that never goes back.

    Attributes:
        decided_s: Seconds spent in `call`, in all plugins together.
        told_s: Plugin's name -> seconds spent in it by `call_each` and `ask_each`.
        latest_s: The same of the latest of these calls alone.

    Raises:
        PluginError: There is no such role.
    """

    def __init__(self, role: str | Role, clock: Callable[[], float] = time.monotonic) -> None:
        if isinstance(role, str) and role not in ROLES:
            raise PluginError(f"there is no role {role!r}", hint=did_you_mean(role, ROLES))
        self.role = ROLES[role] if isinstance(role, str) else role
        self._manager = BoundManager(hookspec.project_name)
        self._manager.add_hookspecs(self.role.specs)
        self._entries: list[Entry] = []
        self._dropped: list[Entry] = []
        self._callers: dict[str, pluggy.HookCaller | None] = {}
        #: Hook to the arguments that it is being called with.
        self._under_way: dict[str, Mapping[str, Any]] = {}
        self._each: dict[str, tuple[tuple[Entry, pluggy.HookCaller], ...]] = {}
        self._clock = clock
        self.decided_s = 0.0
        self.told_s: dict[str, float] = {}
        self.latest_s: dict[str, float] = {}
        self._refresh()

    # -- registration ---------------------------------------------------------------------------

    def register(
        self, plugin: object, name: str | None = None, package: str = "", *, silent: bool = False
    ) -> str:
        """Take a plugin in. Of several that answer one hook the last registered is asked first.

        Args:
            plugin: An object with the role's methods, or with methods marked by ``hookimpl``.
            name: Its name in messages; its class's name where none is given.
            package: ``"package version"`` that brought it; looked up in messages where empty.
            silent: Whether it is a part of the core, and never to blame.

        Returns:
            The name, made unique where it was not given.

        Raises:
            PluginError: It does not fit the role's hooks, or its name is taken.
        """
        name = self._free_name(plugin, name, package)
        label = Label(name, plugin, package)
        found = find_implementations(self.role, plugin, label)
        bound = Bound(found)
        self._register_bound(bound, label)
        by_hook = {one.hook: [o for o in found if o.hook == one.hook] for one in found}
        self._entries.append(Entry(label, bound, by_hook, silent))
        self._refresh()
        return name

    def _free_name(self, plugin: object, name: str | None, package: str) -> str:
        for entry in self._entries:
            if entry.label.plugin is plugin:
                raise self._refusal(f"{entry.label} is registered already", name or "")
            if entry.label.name == name:
                newcomer = Label(name, plugin, package)
                raise self._refusal(f"{entry.label} and {newcomer} have one name", name)
        if name is not None:
            return name
        taken = {entry.label.name for entry in self._entries}
        stem = name = class_name(plugin)
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        return name

    def _refusal(self, message: str, plugin: str) -> PluginError:
        return PluginError(
            f"{self.role.name} {message}", plugin=plugin, hint="Pass each object once."
        )

    def _register_bound(self, bound: Bound, label: Label) -> None:
        try:
            self._manager.register(bound, label.name)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            if self._manager.is_registered(bound):
                self._manager.unregister(bound)
            raise PluginError(
                f"{self.role.name} {label} does not fit its hooks: {error}",
                plugin=str(label),
                hint="docs/hooks.md has all hooks with their arguments.",
            ) from error

    def _refresh(self) -> None:
        """Recompute who is called for what; calls only look it up."""
        for hook in hooks_in(self.role.specs):
            caller = getattr(self._manager.hook, hook)
            self._callers[hook] = caller if self._is_called(hook) else None
            self._each[hook] = tuple(self._each_caller(hook))

    def _is_called(self, hook: str) -> bool:
        """A wrapper alone cannot give the answer that a decision needs."""
        if hook in self.role.answers:
            return any(entry.answers(hook) for entry in self._entries)
        return any(hook in entry.implementations for entry in self._entries)

    def _each_caller(self, hook: str) -> list[tuple[Entry, pluggy.HookCaller]]:
        """For each plugin that answers a hook, a caller of it and of every plugin that wraps."""
        bodies = [entry for entry in self._entries if entry.answers(hook)]
        callers = []
        for entry in bodies:
            others = [other.bound for other in bodies if other is not entry]
            callers.append((entry, self._manager.subset_hook_caller(hook, others)))
        return callers

    # -- what is registered ---------------------------------------------------------------------

    @property
    def hook(self) -> pluggy.HookRelay:
        """pluggy's relay; `call` and `call_each` are the contained ways through it."""
        return self._manager.hook

    @property
    def plugins(self) -> list[tuple[str, object]]:
        """Name and object of each plugin, in the order of registration."""
        return [(entry.label.name, entry.label.plugin) for entry in self._entries]

    def implements(self, hook_name: str) -> bool:
        """Whether a call of this hook would reach a plugin.

        Raises:
            KeyError: The role has no such hook.
        """
        return self._callers[hook_name] is not None

    def describe(self, plugin: object) -> str:
        """``"name (package 1.2)"`` of a plugin, dropped ones included."""
        for entry in (*self._entries, *self._dropped):
            if entry.label.plugin is plugin:
                return str(entry.label)
        return str(Label(class_name(plugin), plugin))

    # -- calls ----------------------------------------------------------------------------------

    def call(self, hook_name: str, /, **kwargs: Any) -> Any:
        """Ask the plugins that decide.

        Args:
            hook_name: One of the role's hooks.
            **kwargs: All of the hook's arguments.

        Returns:
            The first answer, or for hooks that collect them the list of answers, last registered
            first; None where nobody implements the hook.

        Raises:
            PluginError: A plugin raised, or answered None where a decision is needed. What a
                plugin says at setup about the user's arguments (ConfigError, MissingDependency)
                comes through as it is.
            KeyError: The role has no such hook.
        """
        caller = self._callers[hook_name]
        if caller is None:
            return None
        since = self._clock()
        try:
            return self._contained(hook_name, caller, kwargs)
        finally:
            self.decided_s += self._clock() - since

    def inside(self, name: str) -> Inside:
        """The way past a plugin: to those that were registered before it, and nobody else.

        Raises:
            KeyError: No plugin has this name.
        """
        names = [entry.label.name for entry in self._entries]
        if name not in names:
            raise KeyError(name)
        outside = [entry.bound for entry in self._entries[names.index(name) :]]
        callers = {
            hook: self._manager.subset_hook_caller(hook, outside)
            for hook in hooks_in(self.role.specs)
        }
        return Inside(callers, self._under_way, self._contained)

    def _contained(
        self, hook_name: str, caller: pluggy.HookCaller, arguments: Mapping[str, Any]
    ) -> Any:
        before = self._under_way.get(hook_name, {})
        self._under_way[hook_name] = arguments
        try:
            answer = caller(**arguments)
        except Exception as error:
            self._raise(hook_name, error)
        finally:
            self._under_way[hook_name] = before
        if answer is None and hook_name in self.role.answers:
            raise self.wrong_answer(hook_name, None)
        return answer

    def call_each(self, hook_name: str, /, **kwargs: Any) -> list[PluginError]:
        """Tell every plugin, in the order of registration; one that raises hides no other.

        Returns:
            One error for each plugin that raised. It has been dropped: it is not called again.

        Raises:
            KeyError: The role has no such hook.
        """
        return self.ask_each(hook_name, **kwargs)[1]

    def ask_each(
        self, hook_name: str, /, *, only: str | None = None, **kwargs: Any
    ) -> tuple[dict[str, Any], list[PluginError]]:
        """As `call_each`, with what was answered.

        Args:
            hook_name: One of the role's hooks.
            only: Name of the one plugin to ask; all of them where it is None.
            **kwargs: All of the hook's arguments.

        Returns:
            Plugin's name -> its answer, and the errors.
        """
        answers: dict[str, Any] = {}
        faults: list[PluginError] = []
        self.latest_s.clear()
        before = self._clock()
        for entry, caller in self._each[hook_name]:
            name = entry.label.name
            if only is not None and name != only:
                continue
            try:
                answers[name] = caller(**kwargs)
            except Exception as error:
                faults.append(self._drop(hook_name, entry, error))
            now = self._clock()
            self.latest_s[name] = now - before
            self.told_s[name] = self.told_s.get(name, 0.0) + now - before
            before = now
        return answers, faults

    def _answering(self, hook: str) -> list[tuple[Entry, Implementation]]:
        return [
            (entry, one)
            for entry in self._entries
            if not entry.silent
            for one in entry.implementations.get(hook, ())
        ]

    def _raise(self, hook: str, error: Exception) -> NoReturn:
        if isinstance(error, pluggy.HookCallError) or _is_contained(error):
            raise error
        answering = self._answering(hook)
        guilty = culprit(error, answering)
        entries = [guilty] if guilty else [entry for entry, _ in answering]
        label = " or ".join(str(entry.label) for entry in entries)
        if hook.endswith("_setup") and isinstance(error, ConfigError | MissingDependency):
            if not getattr(error, "__notes__", None):
                error.add_note(f"said by {self.role.name} {label}")
            raise error
        hint = ""
        if hook.endswith("_setup"):
            # An optimizer may be imported only there.
            causes = [likely_cause(entry.label.distribution) for entry in entries]
            hint = sentences([*causes, _ITS_OWN])
        raise self._fault(hook, label, error, hint) from error

    def _fault(self, hook: str, label: str, error: Exception, hint: str = "") -> PluginError:
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        method = self.role.method_of(hook)
        return PluginError(
            f"{self.role.name} {label} raised in {method}: {said}",
            plugin=label,
            hook=hook,
            hint=hint,
        )

    def _drop(self, hook: str, called: Entry, error: Exception) -> PluginError:
        if isinstance(error, pluggy.HookCallError):
            raise error
        wrapping = [(entry, one) for entry, one in self._answering(hook) if one.wraps]
        own = [(called, one) for one in called.implementations.get(hook, ()) if not one.wraps]
        entry = culprit(error, [*own, *wrapping]) or called
        self._manager.unregister(entry.bound)
        self._entries.remove(entry)
        self._dropped.append(entry)
        self._refresh()
        hint = _ITS_OWN if hook.endswith("_setup") else ""
        fault = self._fault(hook, str(entry.label), error, hint)
        fault.__cause__ = error
        return fault

    def wrong_answer(self, hook: str, answer: object) -> PluginError:
        """The error for an answer that is none of those that a hook allows."""
        label = listed(str(entry.label) for entry, _ in self._answering(hook))
        return PluginError(
            f"{self.role.name} {label} answered {answer!r} in {self.role.method_of(hook)}",
            plugin=label,
            hook=hook,
            hint=sentences(
                [
                    f"It may answer {self.role.answers[hook]}.",
                    signal_here(hook, answer),
                    "A wrapper has to return what it yielded." if answer is None else "",
                ]
            ),
        )


def _is_contained(error: Exception) -> bool:
    """Whether a call further in has named the plugin already."""
    return isinstance(error, PluginError) and bool(error.hook)
