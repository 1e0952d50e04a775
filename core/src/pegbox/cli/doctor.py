"""``pegbox doctor``: what is installed, how it fits together, and what the machine has."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import click

from pegbox._analysis.trials_table import Column
from pegbox._doctor.findings import Finding, findings
from pegbox._doctor.import_times import Import
from pegbox._doctor.plugins import Package, find_packages
from pegbox._doctor.surroundings import Surroundings
from pegbox._plugins.catalog import Catalog
from pegbox._releases.windows import Verdict
from pegbox.cli.output import json_option, print_json, print_pairs, say
from pegbox.cli.tables import print_table

__all__ = ["doctor"]

_VERDICTS: Final[Mapping[Verdict, str]] = {
    "tested": "tested",
    "untested": "not tested",
    "refused": "cannot work",
    "missing": "missing",
    "absent": "optional",
}


@click.command()
@click.argument("package", nargs=-1)
@json_option
def doctor(package: tuple[str, ...], as_json: bool) -> None:
    """Look for what keeps plugins from working: releases, conflicts, imports, the machine.

    PACKAGE is one that brings plugins, such as pegbox-optuna; without any, all are looked at.
    Their modules and their optimizers are imported, in processes of their own, a minute long
    each at most. The exit code is 1 where something is wrong.
    """
    catalog = Catalog.discover()
    packages = find_packages(catalog, package)
    names = {each.name for each in packages}
    around = Surroundings()
    wrong = [
        *findings(packages, [each for each in catalog.problems if each.package in names]),
        *(Finding("", message, remedy) for message, remedy in around.problems),
    ]
    if as_json:
        print_json(_data(packages, around, wrong))
    else:
        _print(packages, around, wrong)
    if wrong:
        sys.exit(1)


# -- for people -------------------------------------------------------------------------------


def _print(packages: Sequence[Package], around: Surroundings, wrong: Sequence[Finding]) -> None:
    say("plugins", style="bold")
    print_table(_plugins(packages), indent=2)
    say()
    if any(package.optimizers for package in packages):
        say("optimizers", style="bold")
        print_table(_optimizers(packages), indent=2)
        say()
    say("environment", style="bold")
    print_pairs(_environment(around.facts), indent=2)
    say()
    say("problems" if wrong else "no problems", style="bold")
    for each in wrong:
        say(f"  {each.message}", style="red")
        if each.remedy:
            say(f"    {each.remedy}")


def _plugins(packages: Sequence[Package]) -> list[Column]:
    found = [plugin for package in packages for plugin in package.plugins]
    return [
        Column("name", [each.offer.name for each in found], rank=0, right=False),
        Column("role", [each.offer.role for each in found], rank=1, right=False),
        Column("package", [each.offer.origin for each in found], rank=1, right=False),
        Column("import", [_time(each.imported) for each in found], rank=0),
    ]


def _optimizers(packages: Sequence[Package]) -> list[Column]:
    found = [(package, each) for package in packages for each in package.optimizers]
    windows = [each.window for _, each in found]
    return [
        Column("library", [each.library for each in windows], rank=0, right=False),
        Column("found", [each.found or "" for each in windows], rank=0, right=False),
        Column("state", [_VERDICTS[each.verdict] for each in windows], rank=0, right=False),
        Column("tested with", [each.tested for each in windows], rank=1, right=False),
        Column("needed", [each.needed or "" for each in windows], rank=3, right=False),
        Column("by", [package.name for package, _ in found], rank=2, right=False),
        Column("import", [_time(each.imported) for _, each in found], rank=1),
    ]


def _time(imported: Import | None) -> str:
    if imported is None:
        return ""
    return "fails" if imported.seconds is None else f"{imported.seconds:.2f}s"


def _environment(facts: Mapping[str, Any]) -> dict[str, object]:
    python, cores, memory, results = (
        facts[name] for name in ("python", "cores", "memory", "results")
    )
    gpus = facts["gpus"]
    return {
        "Python": f"{python['version']} ({python['implementation']}), {python['executable']}",
        "platform": facts["platform"],
        **{name: version for name, version in facts["packages"].items() if version},
        "cores": f"{cores['usable']} of {cores['all']}",
        "memory": f"{_gib(memory['available'])} of {_gib(memory['total'])} free",
        "GPUs": "not known" if gpus is None else ", ".join(map(str, gpus)) or "none",
        "processes": f"multiprocessing starts them by {facts['start_method']}",
        "results": _place(results),
        **facts["variables"],
    }


def _place(results: Mapping[str, Any]) -> str:
    can = "can be written" if results["writable"] else "cannot be written"
    where = "on a network" if results["network"] else "on a disk of this machine"
    live = f"; live files in {results['live_files']}" if results["live_files"] else ""
    return f"{results['folder']}: {can}, {where}{live}"


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


# -- for programs -----------------------------------------------------------------------------


def _data(
    packages: Sequence[Package], around: Surroundings, wrong: Sequence[Finding]
) -> dict[str, Any]:
    return {
        "packages": [_package_data(each) for each in packages],
        "environment": around.facts,
        "problems": [asdict(each) for each in wrong],
    }


def _package_data(package: Package) -> dict[str, Any]:
    return {
        "name": package.name,
        "version": package.version,
        "plugins": [
            {
                "role": each.offer.role,
                "name": each.offer.name,
                "target": each.offer.target,
                **_import_data(each.imported),
            }
            for each in package.plugins
        ],
        "optimizers": [
            {
                "library": each.window.library,
                "found": each.window.found,
                "tested": each.window.tested,
                "needed": each.window.needed,
                "verdict": each.window.verdict,
                "command": each.window.command,
                "module": each.module or None,
                **_import_data(each.imported),
            }
            for each in package.optimizers
        ],
    }


def _import_data(imported: Import | None) -> dict[str, Any]:
    if imported is None:
        return {"import_s": None, "import_error": None}
    return {"import_s": imported.seconds, "import_error": imported.error or None}
