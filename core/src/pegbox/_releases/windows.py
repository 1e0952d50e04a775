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

__all__ = [
    "EXTRA",
    "Verdict",
    "Window",
    "found_version",
    "holds",
    "installed",
    "requirements_of",
    "same_name",
    "windows_of",
    "written",
]

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
        plugin: The plugin's package and its version.
        library: The package's name.
        tested: Its releases, as ``">=5.0,<5.1"``.
        needed: What the plugin's dependencies ask for, likewise; None where it can do without.
        found: The installed version; None where there is none.
    """

    plugin: str
    library: str
    tested: str
    needed: str | None
    found: str | None

    @property
    def verdict(self) -> Verdict:
        """How what is installed stands to the window."""
        if self.found is None:
            return "absent" if self.needed is None else "missing"
        if not holds(self.needed or "", self.found):
            return "refused"
        return "tested" if holds(self.tested, self.found) else "untested"

    @property
    def command(self) -> str:
        """What brings a release that was tested."""
        return f"pip install '{self.library}{self.tested}'"

    def __str__(self) -> str:
        """What was tested or is needed, and what is there instead; no full stop."""
        verdict = self.verdict
        if verdict == "missing":
            return f"{self.plugin} needs {self.library}, which is not installed"
        there = f"{self.library} {self.found} is installed"
        if verdict == "refused":
            return f"{self.plugin} needs {self.library}{self.needed}, and {there}"
        return f"{self.plugin} was tested with {self.library}{self.tested}, and {there}"


def windows_of(distribution: Distribution) -> list[Window]:
    """The windows of an installed package, in the order of its metadata.

    Raises:
        ValueError: Its metadata cannot be read; the line is named.
    """
    needed = requirements_of(distribution)
    needs = {same_name(each.name): written(each.specifier) for each in needed}
    return [
        Window(
            f"{distribution.name} {distribution.version}",
            each.name,
            written(each.specifier),
            needs.get(same_name(each.name)),
            found_version(each.name),
        )
        for each in requirements_of(distribution, EXTRA)
    ]


def requirements_of(distribution: Distribution, extra: str = "") -> list[Requirement]:
    """What a package needs on this machine, or what it needs more for one of its extras.

    Raises:
        ValueError: As `windows_of`.
    """
    from packaging.requirements import Requirement

    every = [Requirement(line) for line in distribution.requires or ()]
    if not extra:
        return [each for each in every if _applies(each, "")]
    return [each for each in every if _applies(each, extra) and not _applies(each, "")]


def installed(package: str) -> Distribution | None:
    """The distribution of a name, if it is installed."""
    from importlib import metadata

    try:
        return metadata.distribution(package)
    except (metadata.PackageNotFoundError, ValueError):  # an empty name is a ValueError
        return None


def found_version(library: str) -> str | None:
    """The installed version of a package, if there is one."""
    distribution = installed(library)
    return None if distribution is None else distribution.version


def written(specifier: SpecifierSet) -> str:
    """Bounds as people write them: ``">=5.0,<5.1"``."""
    return ",".join(str(each) for each in sorted(specifier, key=lambda s: _ORDER.index(s.operator)))


def holds(specifier: str, version: str) -> bool:
    """Whether a version is one of those; one that follows no rule is none of them."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return not specifier or SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidVersion:
        return False


def same_name(name: str) -> str:
    """One spelling of a package's name."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})
