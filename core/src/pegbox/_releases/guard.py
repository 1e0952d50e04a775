"""Before an optimizer is imported: whether the installed release is one that the plugin knows.

What certainly fails is refused, what was not tested is said once; both with the command that mends
it. Only looks at packages that declare their window, see `pegbox._releases.windows`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from pegbox._releases.windows import Window, installed, windows_of
from pegbox.errors import MissingDependency

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["check_class", "check_package", "likely_cause", "only_refuse"]

_logger: Final = logging.getLogger("pegbox")

#: Where no optimizer's package declares anything.
_NO_PLUGINS: Final = frozenset({"pegbox", "builtins", "abc", "typing", "__main__"})

#: What this process has said.
_said: set[str] = set()
_refuse_only = False
#: Classes that were found well: reading what is installed takes longer than making an object.
_passed: Final[WeakSet[type]] = WeakSet()


def check_package(package: str) -> None:
    """Look at the windows of a plugin's package.

    Args:
        package: The distribution's name; one that is not installed has no windows.

    Raises:
        MissingDependency: A package that the plugin needs is not installed, or not in a release
            that it can work with.
    """
    distribution = None if package == "pegbox" else installed(package)
    if distribution is not None:
        _check(distribution)


def check_class(cls: type) -> None:
    """The same for the package that a class belongs to, if that one announces plugins.

    Raises:
        MissingDependency: As `check_package`.
    """
    if cls in _passed:
        return
    tops = {base.__module__.partition(".")[0] for base in cls.__mro__} - _NO_PLUGINS
    from importlib import metadata

    for entry_point in metadata.entry_points(group="pegbox") if tops else ():
        if entry_point.dist is not None and entry_point.module.partition(".")[0] in tops:
            _check(entry_point.dist)
    _passed.add(cls)


def likely_cause(package: str) -> str:
    """Why a plugin probably fails, as a sentence; empty where its windows hold no reason."""
    distribution = None if package == "pegbox" else installed(package)
    if distribution is None:
        return ""
    wrong = [each for each in _windows(distribution) if each.verdict not in ("tested", "absent")]
    return f"Likely cause: {wrong[0]}. {_remedy(wrong[0])}" if wrong else ""


def only_refuse() -> None:
    """From now on say nothing in this process: the one that started it has."""
    global _refuse_only
    _refuse_only = True


def _check(distribution: Distribution) -> None:
    for window in _windows(distribution):
        if window.verdict in ("missing", "refused"):
            raise MissingDependency(str(window), hint=_remedy(window))
        if window.verdict == "untested":
            _say(f"{window}; it may fail, or do something else. {_remedy(window)}")


def _windows(distribution: Distribution) -> list[Window]:
    try:
        return windows_of(distribution)
    except ValueError as error:
        plugin = f"{distribution.name} {distribution.version}"
        _say(f"{plugin}: the releases that it was tested with cannot be read ({error})")
        return []


def _remedy(window: Window) -> str:
    return f"Run `{window.command}`."


def _say(sentence: str) -> None:
    if sentence not in _said and not _refuse_only:
        _said.add(sentence)
        _logger.warning("%s", sentence)
