"""How a plugin is named in messages: its name, and the package and version that brought it."""

from __future__ import annotations

import functools
import inspect
import sys
from dataclasses import dataclass

__all__ = ["Label", "class_name"]


@dataclass(frozen=True, slots=True)
class Label:
    """Reads ``"name (package 1.2)"``; the package is looked up only when it is read.

    Attributes:
        name: The name it was registered under.
        plugin: The object.
        package: ``"package version"``, or empty where nobody said.
    """

    name: str
    plugin: object
    package: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.origin})"

    @property
    def distribution(self) -> str:
        """Name of the package that brought it; its class's place where it is in none."""
        return self.origin.partition(" ")[0]

    @property
    def origin(self) -> str:
        """Package and version that brought it; its class's place where it is in none."""
        return self.package or _origin_of(self.plugin)


def class_name(plugin: object) -> str:
    """Name of a plugin that was given none: its class's, or its module's."""
    if inspect.ismodule(plugin) or inspect.isclass(plugin):
        return plugin.__name__
    return type(plugin).__name__


def _origin_of(plugin: object) -> str:
    """``"package 1.2"`` of an installed plugin, else ``"module.Class"``."""
    if inspect.ismodule(plugin):
        module, place = plugin.__name__, plugin.__name__
    else:
        kind = plugin if inspect.isclass(plugin) else type(plugin)
        module, place = kind.__module__, f"{kind.__module__}.{kind.__qualname__}"
    return _distribution(module.partition(".")[0]) or place


@functools.cache
def _distribution(top_level: str) -> str:
    if top_level in sys.stdlib_module_names or top_level == "__main__":
        return ""
    from importlib import metadata  # slow to import, and only messages need it

    # A package's own name first: it is found for editable installs too, and at once.
    for name in (top_level, *metadata.packages_distributions().get(top_level, ())):
        try:
            return f"{metadata.distribution(name).name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    return ""
