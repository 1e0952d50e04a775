"""The class of a plugin by its own name, for ``from pegbox.search import OptunaSearch``.

Any installed package's; core knows none of them by itself.
"""

from __future__ import annotations

from importlib.metadata import version

from pegbox._plugins.catalog import Catalog
from pegbox._plugins.construct import import_target
from pegbox._plugins.known_packages import KNOWN_CLASSES, KNOWN_PACKAGES
from pegbox.errors import MissingDependency
from pegbox.nearest import did_you_mean

__all__ = ["class_called"]


def class_called(role: str, module: str, name: str) -> type:
    """The class that an installed package brings for a role, as an attribute of a module.

    Args:
        role: ``"searcher"``, ``"scheduler"`` or ``"callback"``.
        module: The module that was asked for the name.
        name: The class's name.

    Raises:
        AttributeError: Nobody brings such a class.
        MissingDependency: A package that is not installed does; or pegbox has none yet.
        PluginError: Its package is broken.
    """
    if not name.startswith("_"):
        offers = [offer for offer in Catalog.discover().offers if offer.role == role]
        classes = {offer.target.partition(":")[2]: offer for offer in offers}
        if name in classes:
            return import_target(classes[name])
        if name in KNOWN_CLASSES[role]:
            raise _missing(role, name)
        near = did_you_mean(name, [*classes, *KNOWN_CLASSES[role]])
    else:
        near = ""
    raise AttributeError(f"module {module!r} has no attribute {name!r}. {near}".rstrip())


def _missing(role: str, name: str) -> MissingDependency:
    plugin = KNOWN_CLASSES[role][name]
    package = KNOWN_PACKAGES[role].get(plugin)
    if package is None:
        return MissingDependency(
            f"pegbox {version('pegbox')} has no {name} yet",
            hint=f"A later release may, or a package of somebody else's with a {role} {plugin!r}.",
        )
    return MissingDependency(
        f"{name} is brought by {package}, which is not installed",
        hint=f"Run `pip install {package}`.",
    )
