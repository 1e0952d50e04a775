"""Every plugin that is installed, by role and name.

Listing imports no optimizer; a class is imported when its name is used. Holds no objects of a run.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from pegbox._plugins.bindings import ROLES
from pegbox._plugins.construct import construct, import_target
from pegbox._plugins.doorways import GROUP, Offer, Problem, read_doorway
from pegbox._plugins.known_packages import KNOWN_PACKAGES, NOT_YET
from pegbox._plugins.wording import folded, listed, sentences
from pegbox.errors import ConfigError, PluginError
from pegbox.nearest import did_you_mean, nearest_name
from pegbox.text import shown

__all__ = ["Catalog", "Offer", "Problem"]


class Catalog:
    """What can be named in ``search_alg=``, ``scheduler=``, ``syncer=`` and ``callbacks=``.

    Args:
        offers: In any order; two with one role and name are a problem, and neither wins.
        problems: What went wrong while they were read.
    """

    def __init__(self, offers: Iterable[Offer], problems: Iterable[Problem] = ()) -> None:
        self._offers: dict[tuple[str, str], list[Offer]] = {}
        for offer in offers:
            self._offers.setdefault((offer.role, folded(offer.name)), []).append(offer)
        self.problems: tuple[Problem, ...] = (*problems, *self._clashes())

    @classmethod
    def discover(cls) -> Catalog:
        """The catalog of this process; read again only when what is installed has changed."""
        return _discovered(_fingerprint())

    def _clashes(self) -> list[Problem]:
        return [
            Problem(
                offer.package,
                offer.version,
                f"brings a {role} {name!r}, as does "
                + listed(other.origin for other in offers if other is not offer),
            )
            for (role, name), offers in self._offers.items()
            if len(offers) > 1
            for offer in offers
        ]

    @property
    def offers(self) -> list[Offer]:
        """Everything on offer, clashes included, by role and name."""
        return [offer for key in sorted(self._offers) for offer in self._offers[key]]

    def names(self, role: str) -> list[str]:
        """The names on offer for a role, sorted."""
        return sorted({offer.name for offer in self.offers if offer.role == role})

    def find(self, role: str, name: str) -> Offer:
        """The offer behind a name; case does not matter, and ``-`` is as good as ``_``.

        Raises:
            ConfigError: Nobody offers it.
            PluginError: Several packages offer it.
        """
        if not isinstance(name, str):
            raise ConfigError(
                f"the name of a {role} must be text, got {shown(name)}",
                hint=f"Installed: {listed(self.names(role))}.",
            )
        offers = self._offers.get((role, folded(name)))
        if not offers:
            raise self._unknown(role, name)
        if len(offers) > 1:
            raise _ambiguous(offers)
        return offers[0]

    def offer_of(self, role: str, cls: type) -> Offer | None:
        """The offer that leads to a class; the first by name of several, None for none."""
        target = f"{cls.__module__}:{cls.__qualname__}"
        found = (offer for offer in self.offers if offer.role == role and offer.target == target)
        return next(found, None)

    def load(self, role: str, name: str) -> type:
        """Import the class behind a name.

        Raises:
            ConfigError: Nobody offers the name; the hint has the nearest, all, and how to install.
            MissingDependency: The class needs a package that is not installed.
            PluginError: Several packages offer the name, or its package is broken.
        """
        return import_target(self.find(role, name))

    def create(self, role: str, name: str, options: Mapping[str, Any] | None = None) -> Any:
        """Make the object behind a name.

        Args:
            role: ``"searcher"``, ``"scheduler"``, ``"syncer"`` or ``"callback"``.
            name: A name on offer.
            options: Arguments of the constructor.

        Raises:
            ConfigError: As for `load`; also an argument that is unknown, missing or refused.
            MissingDependency: As for `load`.
            PluginError: As for `load`; also where the constructor raised.
        """
        offer = self.find(role, name)
        return construct(offer, import_target(offer), options or {})

    def _unknown(self, role: str, name: str) -> ConfigError:
        if role not in ROLES:
            return ConfigError(f"there is no role {role!r}", hint=did_you_mean(role, ROLES))
        names = self.names(role)
        packages = KNOWN_PACKAGES[role]
        known = folded(name) in packages or folded(name) in NOT_YET[role]
        meant = folded(name) if known else nearest_name(folded(name), [*names, *packages])
        question = "" if known or meant is None else f"Did you mean {meant!r}?"
        return ConfigError(
            f"no {role} is called {shown(name)}",
            hint=sentences(
                [question, f"Installed: {listed(names)}.", self._how_to_install(role, name, meant)]
            ),
        )

    def _how_to_install(self, role: str, name: str, meant: str | None) -> str:
        """The command that brings a known name, or why an installed package does not."""
        if folded(name) in NOT_YET[role]:
            return f"Ray Tune's {folded(name)!r} is not in this release of pegbox."
        packages = KNOWN_PACKAGES[role]
        known = meant if meant in packages and meant not in self.names(role) else None
        broken = [p for p in self.problems if p.cause and p.package == packages.get(known or "")]
        if broken:
            return f"{broken[0]}."
        if known:
            return f"`pip install {packages[known]}` brings {known!r}."
        return sentences([f"{problem}." for problem in self.problems if problem.cause])


def _ambiguous(offers: list[Offer]) -> PluginError:
    first = offers[0]
    origins = " and ".join(offer.origin for offer in offers)
    targets = " or ".join(offer.target.replace(":", ".") for offer in offers)
    return PluginError(
        f"{first.role} {first.name!r} is brought by {origins}",
        plugin=origins,
        hint=f"Uninstall all but one, or pass an object of the class that is meant: {targets}.",
    )


def _fingerprint() -> tuple[tuple[str, int], ...]:
    """Changes whenever a package is installed, removed, or put on the path."""
    entries = []
    for entry in sys.path:
        try:
            entries.append((entry, os.stat(entry or ".").st_mtime_ns))
        except OSError:
            entries.append((entry, 0))
    return tuple(entries)


@functools.lru_cache(maxsize=1)
def _discovered(fingerprint: tuple[tuple[str, int], ...]) -> Catalog:
    offers: list[Offer] = []
    problems: list[Problem] = []
    for entry_point in metadata.entry_points(group=GROUP):
        offered, wrong = read_doorway(entry_point)
        offers += offered
        problems += wrong
    return Catalog(offers, problems)
