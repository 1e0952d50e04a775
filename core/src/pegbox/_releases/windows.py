"""A plugin's windows: the releases of other packages that it was tested with, beside what is there.

A plugin's package declares them as its extra ``tested``. What it needs at all is in its
dependencies, which are usually wider, so that pip forces nobody. Reads metadata; decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

__all__ = ["EXTRA", "Verdict", "Window", "found_version", "needed", "tested", "windows_of"]

#: The extra that holds the releases which a package was tested with.
EXTRA: Final = "tested"

#: ``"tested"``; ``"untested"``: outside of the window, but within what the package needs;
#: ``"refused"``: outside of that, too; ``"missing"``: needed and not installed; ``"absent"``: not
#: installed, and not needed either.
Verdict = Literal["tested", "untested", "refused", "missing", "absent"]

#: As people write bounds: from, to, and what is left out.
_ORDER: Final = ("===", "==", "~=", ">=", ">", "<=", "<", "!=")


@dataclass(frozen=True, slots=True)
class Window:
    """The releases of one package that a plugin was tested with.

    Attributes:
        library: The package's name.
        tested: Its releases, as ``">=5.0,<5.1"``.
        needed: What the plugin's dependencies ask for, likewise; None where it can do without.
        found: The installed version; None where there is none.
    """

    library: str
    tested: str
    needed: str | None
    found: str | None

    @property
    def verdict(self) -> Verdict:
        """How what is installed stands to the window."""
        if self.found is None:
            return "absent" if self.needed is None else "missing"
        if not _holds(self.needed or "", self.found):
            return "refused"
        return "tested" if _holds(self.tested, self.found) else "untested"

    @property
    def command(self) -> str:
        """What brings a release that was tested."""
        return f"pip install '{self.library}{self.tested}'"


def windows_of(distribution: Distribution) -> list[Window]:
    """The windows of an installed package, in the order of its metadata.

    Raises:
        ValueError: Its metadata cannot be read; the line is named.
    """
    needs = {_folded(each.name): _written(each.specifier) for each in needed(distribution)}
    return [
        Window(
            each.name,
            _written(each.specifier),
            needs.get(_folded(each.name)),
            found_version(each.name),
        )
        for each in tested(distribution)
    ]


def needed(distribution: Distribution) -> list[Requirement]:
    """What a package needs here, without extras.

    Raises:
        ValueError: As `windows_of`.
    """
    return [each for each in _requirements(distribution) if _applies(each, "")]


def tested(distribution: Distribution) -> list[Requirement]:
    """What a package was tested with.

    Raises:
        ValueError: As `windows_of`.
    """
    every = _requirements(distribution)
    return [each for each in every if _applies(each, EXTRA) and not _applies(each, "")]


def found_version(library: str) -> str | None:
    """The installed version of a package, if there is one."""
    from importlib import metadata

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _requirements(distribution: Distribution) -> list[Requirement]:
    from packaging.requirements import Requirement

    return [Requirement(line) for line in distribution.requires or ()]


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _written(specifier: SpecifierSet) -> str:
    return ",".join(str(each) for each in sorted(specifier, key=lambda s: _ORDER.index(s.operator)))


def _holds(specifier: str, version: str) -> bool:
    """Whether a version is one of those; one that follows no rule is none of them."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return not specifier or SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidVersion:
        return False


def _folded(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)
