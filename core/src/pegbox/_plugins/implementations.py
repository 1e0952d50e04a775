"""What of a plugin object answers a hook, and what only looks as if it did.

A public method named as in the role's table answers its hook if the plugin's class overrides the
base class's method; a method marked with ``hookimpl`` answers what it is marked for. A method that
was probably meant to be a hook is an error; every other method is the plugin's own affair.
Nothing is called here.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox._plugins.arguments import check_arguments
from pegbox._plugins.bindings import ROLES, Role, hooks_in
from pegbox._plugins.naming import Label
from pegbox._plugins.tune_names import method_here
from pegbox._plugins.wording import listed, sentences
from pegbox.errors import PluginError
from pegbox.hookspecs import hookimpl
from pegbox.nearest import did_you_mean, nearest_name

__all__ = ["Implementation", "find_implementations"]

_IMPL_MARK: Final = f"{hookimpl.project_name}_impl"
#: From this likeness on a method counts as a misspelt hook rather than as a helper.
_LIKENESS: Final = 0.85
_UNMARKED: Final[Mapping[str, Any]] = {
    "wrapper": False,
    "hookwrapper": False,
    "optionalhook": False,
    "tryfirst": False,
    "trylast": False,
    "specname": None,
}


@dataclass(frozen=True, slots=True)
class Implementation:
    """One method of a plugin that answers one hook.

    Attributes:
        hook: The hook's name.
        method: The attribute's name.
        function: The bound method.
        options: pluggy's options, ``specname`` included.
        marked: Whether it carries ``hookimpl``; else it was bound by its name.
    """

    hook: str
    method: str
    function: Callable[..., Any]
    options: dict[str, Any]
    marked: bool

    @property
    def wraps(self) -> bool:
        """Whether it stands around another plugin's answer rather than giving one."""
        return bool(self.options["wrapper"] or self.options["hookwrapper"])


def find_implementations(role: Role, plugin: object, label: Label) -> list[Implementation]:
    """All hooks of ``role`` that a plugin answers.

    Args:
        role: What the plugin is registered as.
        plugin: An instance, or a module with marked functions.
        label: Names plugin and package in errors.

    Raises:
        PluginError: A method is a misspelt hook, names an argument that its hook does not have,
            or a method that the role requires is missing.
    """
    if inspect.isclass(plugin):
        raise PluginError(
            f"{role.name} {label} is a class, not an instance",
            plugin=str(label),
            hint=f"Pass {plugin.__name__}(...).",
        )
    _check_tune_methods(role, plugin, label)
    found = [_implementation(role, plugin, name) for name in _own_methods(role, plugin)]
    implementations = [implementation for implementation in found if implementation]
    _check_misspelt(role, plugin, label, implementations)
    known = set(hooks_in(role.specs))  # what is left out is marked as optional: a later pegbox's
    implementations = [one for one in implementations if one.hook in known]
    for implementation in implementations:
        check_arguments(role, implementation.hook, implementation.function, label)
    _check_complete(role, plugin, label, implementations)
    return implementations


def _own_methods(role: Role, plugin: object) -> Iterator[str]:
    """Names of the callables that the plugin does not merely inherit from a role's base class."""
    bases = {role.base, *(other.base for other in ROLES.values())}
    for name in dir(plugin):
        if name.startswith("__"):
            continue
        static = inspect.getattr_static(plugin, name, None)
        untouched = (base.__dict__.get(name) for base in bases)
        if _is_method(static) and not any(static is method for method in untouched):
            yield name


def _is_method(static: object) -> bool:
    """Whether a statically read attribute is a function; properties are never evaluated."""
    kinds = (staticmethod, classmethod, functools.partialmethod)
    return isinstance(static, kinds) or (callable(static) and not inspect.isclass(static))


def _mark_of(plugin: object, name: str) -> Mapping[str, Any] | None:
    static = inspect.getattr_static(plugin, name)
    mark = getattr(static, _IMPL_MARK, None) or getattr(
        getattr(static, "__func__", None), _IMPL_MARK, None
    )
    return mark if isinstance(mark, dict) else None


def _implementation(role: Role, plugin: object, name: str) -> Implementation | None:
    mark = _mark_of(plugin, name)
    bound = None if inspect.ismodule(plugin) or name.startswith("_") else role.methods.get(name)
    if mark is None and bound is None:
        return None
    options = {**_UNMARKED, **(mark or {})}
    hook = options["specname"] or bound or name
    if _belongs_elsewhere(role, hook):
        return None
    options["specname"] = hook
    return Implementation(hook, name, getattr(plugin, name), options, marked=mark is not None)


def _belongs_elsewhere(role: Role, hook: str) -> bool:
    """Whether it is a hook of another role: one plugin may serve several managers."""
    others = (other for other in ROLES.values() if other.name != role.name)
    return any(hook in hooks_in(other.specs) for other in others)


def _check_tune_methods(role: Role, plugin: object, label: Label) -> None:
    """Refuse what Ray Tune would call, and nobody calls here."""
    if inspect.ismodule(plugin):
        return
    for name in _own_methods(role, plugin):
        if here := method_here(role.name, name, getattr(plugin, name)):
            raise PluginError(
                f"{role.name} {label}: {type(plugin).__name__}.{name} is Ray Tune's, and is never "
                "called here",
                plugin=str(label),
                hint=here,
            )


def _check_misspelt(
    role: Role, plugin: object, label: Label, implementations: Iterable[Implementation]
) -> None:
    hooks = hooks_in(role.specs)
    answered = set()
    for implementation in implementations:
        answered.add(implementation.method)
        if implementation.hook not in hooks and not implementation.options["optionalhook"]:
            raise _no_hook(role, plugin, label, implementation.method, implementation.hook, hooks)
    if inspect.ismodule(plugin):
        return
    open_names = [name for name in role.methods if name not in answered]
    for name in _unbound_names(role, plugin):
        if _mark_of(plugin, name) is None and _looks_like_hook(name, open_names):
            raise _no_hook(role, plugin, label, name, name, role.methods)


def _unbound_names(role: Role, plugin: object) -> Iterator[str]:
    """Public methods that no role which the plugin plays knows."""
    played = [other for other in ROLES.values() if isinstance(plugin, other.base)]
    known = {method for other in (role, *played) for method in other.methods}
    for name in _own_methods(role, plugin):
        if not name.startswith("_") and name not in known:
            yield name


def _looks_like_hook(name: str, open_names: Iterable[str]) -> bool:
    # A name near one that the class does answer is a helper: nothing is missing then.
    return name.startswith("on_") or nearest_name(name, open_names, _LIKENESS) is not None


def _no_hook(
    role: Role, plugin: object, label: Label, method: str, meant: str, known: Iterable[str]
) -> PluginError:
    names = list(known)
    return PluginError(
        f"{role.name} {label}: {type(plugin).__name__}.{method} is no {role.name} hook",
        plugin=str(label),
        hook=meant,
        hint=sentences(
            [
                did_you_mean(meant, names),
                f"Known: {listed(names)}.",
                "A helper of its own needs another name, or a leading underscore.",
            ]
        ),
    )


def _check_complete(
    role: Role, plugin: object, label: Label, implementations: list[Implementation]
) -> None:
    is_base = isinstance(plugin, role.base)
    if implementations and not is_base and all(one.marked for one in implementations):
        return  # an addition to a role, such as a wrapper, need not be able to play it alone
    answered = {implementation.hook for implementation in implementations}
    missing = sorted(name for name in role.required if role.methods[name] not in answered)
    if missing:
        raise PluginError(
            f"{role.name} {label} lacks {listed(missing)}",
            plugin=str(label),
            hook=role.methods[missing[0]],
            hint=f"A {role.name} has the methods {listed(sorted(role.required))}.",
        )
    if not implementations and not is_base:
        raise PluginError(
            f"{role.name} {label} answers no hook at all",
            plugin=str(label),
            hint=f"Derive it from pegbox.{role.base.__name__}, or give it one of the methods "
            f"{listed(role.methods)}.",
        )
