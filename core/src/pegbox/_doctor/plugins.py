"""Each plugin package: its plugins, the optimizers that it was tested with, how they import."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegbox._doctor.import_times import Import, import_times
from pegbox._plugins.catalog import Catalog, Offer
from pegbox._plugins.wording import listed, sentences
from pegbox._releases.windows import Window, installed, same_name, windows_of
from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.text import shown

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["Optimizer", "Package", "Plugin", "find_packages", "module_of"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A name on offer.

    Attributes:
        imported: How the import of its class's module went.
    """

    offer: Offer
    imported: Import


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A library that a package was tested with.

    Attributes:
        module: What it is imported as; empty where that is not known.
        imported: How its import went; None where it is not installed, or nobody knows its module.
    """

    window: Window
    module: str
    imported: Import | None


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution that announces plugins.

    Attributes:
        unreadable: Why its windows cannot be read; empty where they can.
    """

    name: str
    version: str
    plugins: Sequence[Plugin]
    optimizers: Sequence[Optimizer]
    unreadable: str = ""


def find_packages(catalog: Catalog, only: Collection[str] = ()) -> list[Package]:
    """The packages with plugins, the core last, with all that can be known of them.

    Args:
        catalog: What is installed.
        only: The names of those that matter; all where it is empty.

    Raises:
        ConfigError: One of ``only`` brings no plugin.
    """
    versions = {offer.package: offer.version for offer in catalog.offers}
    versions |= {problem.package: problem.version for problem in catalog.problems}
    names = sorted(_chosen(versions, only), key=lambda name: (name == "pegbox", name))
    windows = {name: _windows(name) for name in names}
    libraries = {each.library for found, _ in windows.values() for each in found}
    modules = {library: module_of(installed(library)) for library in libraries}
    offers = [offer for offer in catalog.offers if offer.package in names]
    times = import_times([*map(_module, offers), *filter(None, modules.values())])
    return [
        Package(
            name,
            versions[name],
            [Plugin(o, times[_module(o)]) for o in offers if o.package == name],
            [_optimizer(each, modules, times) for each in windows[name][0]],
            windows[name][1],
        )
        for name in names
    ]


def _chosen(known: Collection[str], only: Collection[str]) -> list[str]:
    names = {same_name(name): name for name in known}
    for name in only:
        if same_name(name) not in names:
            raise ConfigError(
                f"no installed package {shown(name)} brings plugins",
                hint=sentences([did_you_mean(name, known), f"There are {listed(sorted(known))}."]),
            )
    return [names[same_name(name)] for name in only] if only else list(known)


def _optimizer(
    window: Window, modules: Mapping[str, str], times: Mapping[str, Import]
) -> Optimizer:
    module = modules[window.library]
    return Optimizer(window, module, times.get(module))


def _windows(package: str) -> tuple[list[Window], str]:
    distribution = installed(package)
    try:
        return ([] if distribution is None else windows_of(distribution)), ""
    except ValueError as error:
        return [], str(error)


def _module(offer: Offer) -> str:
    return offer.target.partition(":")[0]


def module_of(distribution: Distribution | None) -> str:
    """What a distribution is imported as: the folder with most of its files."""
    if distribution is None:
        return ""
    sources = [file for file in distribution.files or () if file.suffix in (".py", ".so")]
    tops = Counter(file.parts[0].removesuffix(".py") for file in sources)
    found = [name for name, _ in tops.most_common() if name.isidentifier()]
    # One that is installed from its folder lists no files.
    return next((name for name in (*found, distribution.name) if _can_be_found(name)), "")


def _can_be_found(module: str) -> bool:
    """Whether there is such a module, without importing it."""
    try:
        return module.isidentifier() and importlib.util.find_spec(module) is not None
    except ValueError:  # of a module that somebody has put together by hand
        return False
