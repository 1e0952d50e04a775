"""What is wrong, each with what would mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pegbox._doctor.plugins import Optimizer, Package
from pegbox._plugins.catalog import Problem
from pegbox._releases.conflicts import Broken, broken_requirements
from pegbox._releases.windows import same_name

__all__ = ["Finding", "findings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        package: Whom it concerns; empty for the machine.
        message: What is wrong.
        remedy: What would mend it; a command or a sentence, or empty.
    """

    package: str
    message: str
    remedy: str


def findings(packages: Sequence[Package], problems: Iterable[Problem]) -> list[Finding]:
    """What is wrong with plugins, in the order in which it is best mended.

    Args:
        packages: As found.
        problems: Of the catalog.
    """
    return [
        *(_of_windows(packages)),
        *(_of_requirements(packages)),
        *(Finding(each.package, str(each), "") for each in problems),
        *(_of_imports(packages)),
    ]


def _of_windows(packages: Iterable[Package]) -> Iterator[Finding]:
    for package in packages:
        if package.unreadable:
            message = f"the metadata of {package.name} cannot be read: {package.unreadable}"
            yield Finding(package.name, message, "")
        for window in (each.window for each in package.optimizers):
            if window.verdict not in ("tested", "absent"):
                yield Finding(package.name, str(window), window.command)


def _of_requirements(packages: Iterable[Package]) -> Iterator[Finding]:
    said = {
        (package.name, same_name(each.window.library))
        for package in packages
        for each in package.optimizers
        if each.window.verdict in ("missing", "refused")
    }
    for broken in broken_requirements(each.name for each in packages):
        if (broken.package, same_name(broken.library)) not in said:
            yield Finding(broken.package, str(broken), _remedy(broken))


def _remedy(broken: Broken) -> str:
    command = f"pip install '{broken.library}{broken.needed}'"
    if not broken.others:
        return command
    return f"{command}, but see what others need: {', '.join(broken.others)}"


def _of_imports(packages: Iterable[Package]) -> Iterator[Finding]:
    said = set()
    for package in packages:
        for plugin in package.plugins:
            if plugin.imported.error:
                offer = plugin.offer
                yield Finding(
                    package.name,
                    f"{offer.role} {offer.name} ({offer.origin}): {offer.target} cannot be "
                    f"imported ({plugin.imported.error})",
                    "",
                )
        for each in package.optimizers:
            if each.imported is not None and each.imported.error and each.module not in said:
                said.add(each.module)
                yield _failing(package, each)


def _failing(package: Package, optimizer: Optimizer) -> Finding:
    window, imported = optimizer.window, optimizer.imported
    assert imported is not None
    return Finding(
        package.name,
        f"{window.library} {window.found} cannot be imported ({imported.error})",
        f"pip install --force-reinstall '{window.library}{window.tested}'",
    )
