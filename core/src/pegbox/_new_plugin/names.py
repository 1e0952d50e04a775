"""The names of a new package, from what an author typed; refused where they would not do.

A name that comes through is letters, digits and hyphens, so it can stand in a path, in code and in
metadata. Writes nothing.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Final

from pegbox._plugins.catalog import Catalog
from pegbox._plugins.doorways import GROUP
from pegbox._plugins.known_packages import KNOWN_PACKAGES
from pegbox._plugins.wording import folded, listed
from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["Names", "names_of", "refuse_taken"]

_PREFIX: Final = "pegbox-"
_LEGAL: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
#: Letters of a name without the prefix: lines that hold it stay within a hundred.
_MOST: Final = 24
_RULE: Final = "Use small letters, digits and single hyphens, and begin with a letter"


@dataclass(frozen=True, slots=True)
class Names:
    """What a package's parts are called.

    Attributes:
        distribution: As in ``pip install``: ``pegbox-two-words``.
        module: As in ``import``: ``pegbox_two_words``.
        plugin: As in ``search_alg=``: ``two_words``.
        classes: What its classes begin with: ``TwoWords``.
    """

    distribution: str
    module: str
    plugin: str
    classes: str


def names_of(given: str) -> Names:
    """The names that follow from the one that an author gave.

    Raises:
        ConfigError: It is no name that a package, a module and a class can have.
    """
    bare = given.removeprefix(_PREFIX)
    if not _LEGAL.fullmatch(given) or not _LEGAL.fullmatch(bare):
        near = _near(given)
        raise ConfigError(
            f"{shown(given)} cannot be the name of a package",
            hint=f"{_RULE}{f': {near!r}, say' if near else ''}.",
        )
    if len(bare) > _MOST:
        raise ConfigError(
            f"{shown(given)} is too long for the name of a package",
            hint=f'Use at most {_MOST} letters; "{_PREFIX}" in front does not count.',
        )
    words = bare.split("-")
    names = Names(
        distribution=given,
        module=given.replace("-", "_"),
        plugin="_".join(words),
        classes="".join(word.capitalize() for word in words),
    )
    _refuse_reserved(names)
    return names


def refuse_taken(names: Names, roles: Iterable[str]) -> None:
    """Refuse names that something else has that is installed here.

    Raises:
        ConfigError: A module or a plugin is called so already.
    """
    if owners := _others(names):
        raise ConfigError(
            f"{names.module!r} is a module of {listed(owners)}, which is installed",
            hint=f'Use another name, "{_PREFIX}{names.plugin.replace("_", "-")}", say.',
        )
    for offer in Catalog.discover().offers:
        taken = offer.role in roles and folded(offer.name) == names.plugin
        if taken and _plain(offer.package) != names.distribution:
            raise ConfigError(
                f"{offer.origin} brings a {offer.role} {offer.name!r} already",
                hint="Use another name: of two plugins with one name, neither can be used.",
            )


def _others(names: Names) -> list[str]:
    """Installed distributions with a module of that name, but for an earlier make of this one."""
    owners = metadata.packages_distributions().get(names.module, [])
    return [
        owner
        for owner in owners
        if not metadata.distribution(owner).entry_points.select(group=GROUP)
    ]


def _refuse_reserved(names: Names) -> None:
    ours = {name for packages in KNOWN_PACKAGES.values() for name in packages.values()}
    if names.distribution == "pegbox" or names.distribution in ours:
        raise ConfigError(
            f"{names.distribution!r} is a package of pegbox's own",
            hint=f'Use another name, "{_PREFIX}my-{names.plugin.replace("_", "-")}", say.',
        )
    if keyword.iskeyword(names.module) or names.module in sys.stdlib_module_names:
        raise ConfigError(
            f"{names.module!r} is a name of Python's own",
            hint=f'Use another name, "{_PREFIX}{names.distribution}", say.',
        )


def _near(given: str) -> str:
    """A legal name like the one that is not; empty where there is none."""
    near = re.sub(r"[^a-z0-9]+", "-", given.lower()).strip("-")
    return near if _LEGAL.fullmatch(near.removeprefix(_PREFIX)) else ""


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
