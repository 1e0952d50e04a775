"""Whether what a package needs is installed, and all that this needs in turn.

As ``pip check``, for the packages that matter here and from their metadata alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegbox._releases.windows import (
    found_version,
    holds,
    installed,
    requirements_of,
    same_name,
    written,
)

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["Broken", "broken_requirements"]


@dataclass(frozen=True, slots=True)
class Broken:
    """A requirement that is not met.

    Attributes:
        package: Who needs it. ``version``: of that one.
        library: The package that is needed.
        needed: Its releases, as ``">=2,<3"``; empty for any.
        found: The installed version; None where there is none.
        others: What other packages need of the same, as ``"numpy<2 (scipy 1.9)"``.
    """

    package: str
    version: str
    library: str
    needed: str
    found: str | None
    others: tuple[str, ...]

    def __str__(self) -> str:
        there = f"{self.library} {self.found} is" if self.found else "that is not"
        return (
            f"{self.package} {self.version} needs {self.library}{self.needed}, and {there} "
            "installed"
        )


@dataclass(frozen=True, slots=True)
class _Need:
    package: str
    version: str
    requirement: Requirement

    @property
    def text(self) -> str:
        return f"{self.requirement.name}{written(self.requirement.specifier)}"

    @property
    def library(self) -> str:
        return same_name(self.requirement.name)


def broken_requirements(packages: Iterable[str]) -> list[Broken]:
    """What is not met of all that some packages need.

    Args:
        packages: Names of distributions. Those that are not there, and those whose metadata
            cannot be read, need nothing.
    """
    needs = _all_needs(packages)
    return [
        Broken(
            need.package,
            need.version,
            need.requirement.name,
            written(need.requirement.specifier),
            found,
            _others(need, needs),
        )
        for need in needs
        if not _is_met(need.requirement, found := found_version(need.requirement.name))
    ]


def _is_met(requirement: Requirement, found: str | None) -> bool:
    return found is not None and holds(str(requirement.specifier), found)


def _others(need: _Need, needs: Iterable[_Need]) -> tuple[str, ...]:
    found = [
        f"{other.text} ({other.package} {other.version})"
        for other in needs
        if other.library == need.library
        and other.package != need.package
        and str(other.requirement.specifier)
    ]
    return tuple(dict.fromkeys(found))


def _all_needs(packages: Iterable[str]) -> list[_Need]:
    needs: list[_Need] = []
    waiting = [(package, "") for package in packages]
    seen = set()
    while waiting:
        package, extra = waiting.pop()
        if (same_name(package), extra) in seen:
            continue
        seen.add((same_name(package), extra))
        for need in _needs(package, extra):
            needs.append(need)
            name = need.requirement.name
            waiting += [(name, each) for each in ("", *need.requirement.extras)]
    return needs


def _needs(package: str, extra: str) -> list[_Need]:
    """What a package needs here, of itself or for one of its extras."""
    distribution = installed(package)
    if distribution is None:
        return []
    try:
        found = requirements_of(distribution, extra)
    except ValueError:  # said by whoever looks at its windows
        return []
    return [_Need(distribution.name, distribution.version, each) for each in found]
