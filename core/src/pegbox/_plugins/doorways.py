"""What installed packages say about themselves: entry points read one by one, each guarded.

A package that fails is a `Problem`, and the others still work. Imports the packages' doorway
modules and nothing that they point to.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any, Final

import pluggy

from pegbox._plugins.bindings import hooks_in
from pegbox._plugins.wording import listed, sentences
from pegbox.hookspecs import DoorwaySpecs, hookimpl
from pegbox.nearest import did_you_mean

__all__ = ["GROUP", "Offer", "Problem", "read_doorway"]

#: The entry-point group in which packages announce themselves.
GROUP: Final = "pegbox"
_ROLE_OF_HOOK: Final[Mapping[str, str]] = {
    "pegbox_searchers": "searcher",
    "pegbox_schedulers": "scheduler",
    "pegbox_syncers": "syncer",
    "pegbox_callbacks": "callback",
}
_IMPL_MARK: Final = f"{hookimpl.project_name}_impl"


@dataclass(frozen=True, slots=True)
class Offer:
    """One name that a package brings.

    Attributes:
        name: The public name, such as ``"optuna"``.
        role: ``"searcher"``, ``"scheduler"``, ``"syncer"`` or ``"callback"``.
        target: ``"module:Class"``; not imported before it is used.
        package: The distribution's name.
        version: The distribution's version.
    """

    name: str
    role: str
    target: str
    package: str
    version: str

    @property
    def origin(self) -> str:
        """``"package version"``, as messages name it."""
        return f"{self.package} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a package's plugins; told where it matters and by ``pegbox plugins``.

    Attributes:
        package: The distribution's name.
        version: The distribution's version.
        message: One sentence.
        cause: The exception, where there was one.
    """

    package: str
    version: str
    message: str
    cause: BaseException | None = None

    def __str__(self) -> str:
        return f"{self.package} {self.version} {self.message}"


def read_doorway(entry_point: EntryPoint) -> tuple[list[Offer], list[Problem]]:
    """Import one entry point and ask it what it brings. Never raises."""
    package, version = _distribution(entry_point)
    try:
        doorway = entry_point.load()
    except (Exception, SystemExit) as error:
        said = f"failed to import ({_told(error)})"
        return [], [Problem(package, version, said, error)]
    offers: list[Offer] = []
    problems = [Problem(package, version, said) for said in _misspelt(doorway)]
    for hook, role in _ROLE_OF_HOOK.items():
        try:
            for name, target in _answers(doorway, hook):
                offers.append(Offer(name.lower(), role, target, package, version))
        except Exception as error:
            problems.append(Problem(package, version, f"fails in {hook} ({_told(error)})", error))
    if not offers and not problems:
        problems.append(Problem(package, version, "announces itself, but brings nothing"))
    return offers, problems


def _distribution(entry_point: EntryPoint) -> tuple[str, str]:
    if entry_point.dist is None:
        return entry_point.value, ""
    return entry_point.dist.name, entry_point.dist.version


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _functions(doorway: object) -> Iterator[tuple[str, Any, str]]:
    """Name, function and the hook it is marked for, or ``""``, of all that may be a doorway.

    Read statically: an attribute that a module makes on demand may import the optimizer.
    """
    for name in dir(doorway):
        static = inspect.getattr_static(doorway, name, None)
        mark = getattr(static, _IMPL_MARK, None)
        if mark is not None:
            yield name, getattr(doorway, name), mark.get("specname") or name
        elif inspect.isroutine(static) and name.startswith("pegbox_"):
            yield name, static, ""


def _misspelt(doorway: object) -> Iterator[str]:
    """Sentences about functions that were meant as doorways and are none."""
    hooks = hooks_in(DoorwaySpecs)
    for name, _, hook in _functions(doorway):
        if not hook:
            yield f"has {name} without @hookimpl"
        elif hook not in hooks:
            hints = [f"has {hook}, which is no doorway.", did_you_mean(hook, hooks)]
            yield sentences([*hints, f"Doorways: {listed(hooks)}."])


def _answers(doorway: object, hook: str) -> Iterator[tuple[str, str]]:
    """Name and target of everything that one doorway hook of one package offers."""
    # A manager for each question: a package that fails at one still answers the others.
    manager = pluggy.PluginManager(hookimpl.project_name)
    manager.add_hookspecs(DoorwaySpecs)
    asked = {name: function for name, function, marked in _functions(doorway) if marked == hook}
    manager.register(SimpleNamespace(**asked))
    for answer in getattr(manager.hook, hook)():
        if not isinstance(answer, Mapping):
            raise TypeError(f'answers {answer!r}, not {{name: "module:Class"}}')
        for name, target in answer.items():
            yield _checked(name, target)


def _checked(name: object, target: object) -> tuple[str, str]:
    if not isinstance(name, str) or not name:
        raise TypeError(f"offers the name {name!r}, which is no text")
    module, _, attribute = target.partition(":") if isinstance(target, str) else ("", "", "")
    if not module or not attribute:
        raise ValueError(f'offers {name!r} as {target!r}, which is not "module:Class"')
    return name, f"{module}:{attribute}"
