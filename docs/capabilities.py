"""Writes ``docs/capabilities.md`` from runs of the conformance kit, and what was seen beside it.

    python docs/capabilities.py

Runs the kit on every searcher of this repository, which takes some minutes. What was seen lies in
``capabilities.json``; a test fails when the searchers say something else of themselves.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import pytest
from pegbox.searcher import Traits
from pegbox.space import (
    Domain,
    choice,
    grid_search,
    loguniform,
    qloguniform,
    quniform,
    randint,
    randn,
    uniform,
)
from pegbox.space.presented import show
from pegbox.testing import SearcherConformance

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "capabilities.md"
SEEN: Final = ROOT / "docs" / "capabilities.json"

#: One of each kind and form of domain.
DOMAINS: Final[Mapping[str, Domain]] = {
    "real numbers": uniform(0, 1),
    "whole numbers": randint(0, 9),
    "logarithmic": loguniform(1e-3, 1),
    "with a step": quniform(0, 1, 0.1),
    "logarithmic with a step": qloguniform(0.5, 9, 0.5),
    "normal": randn(),
    "categories": choice(["a", "b"]),
    "grids": grid_search([1, 2]),
}

#: Trait -> row, what stands there with it, and what without.
TRAITS: Final[Mapping[str, tuple[str, str, str]]] = {
    "conditions": ("conditional parameters", "native", "by pegbox: left out later"),
    "constraints": ("linear constraints between parameters", "native", "by pegbox: asked again"),
    "outcome_constraints": ("constraints on outcomes", "native", "by pegbox: told as failed"),
    "multi_objective": ("several objectives", "native", "one; several by `scalarization=`"),
    "batches": ("points beside each other differ", "native", "by pegbox: moved apart"),
}

#: Case -> row, for what every searcher has to do.
CASES: Final = {
    "failures_poison_nothing": "failures and NaN poison nothing",
    "tries_the_given_points_first": "`points_to_evaluate`",
    "repeats": "repeats with its seed, also after a restore",
}

HEAD: Final = """\
# What each searcher can do

Made from runs of the conformance kit (`pegbox.testing`) by `python docs/capabilities.py`; not
edited by hand. The kit verifies each claim both ways: what is declared and does not work fails, and
so does what works and is not declared. So "native" was seen to work, and where another word stands
the optimizer was seen not to do it by itself.

**native**: the optimizer does it. **by pegbox**: the core does it for the optimizer; the same
values come out, with the same bounds and types. **no**: it is refused before the first trial.
"""


@dataclass(frozen=True)
class Kit:
    """A subclass of the kit in the tests of a package.

    Attributes:
        package: Folder of the package, from the root.
        file: Its file, from the root.
        cls: The class.
    """

    package: str
    file: str
    cls: type[SearcherConformance]

    @property
    def key(self) -> str:
        """How pytest begins the names of its tests."""
        return f"{self.file}::{self.cls.__name__}"

    def claims(self) -> dict[str, Any]:
        """What it says of itself, as JSON data."""
        return {
            "searcher": self.cls.searcher,
            "options": dict(self.cls.options),
            "traits": self.cls().traits.to_json(),
            "known_failures": dict(self.cls.known_failures),
            "cases": self.cls.cases(),
        }


def kits() -> Iterator[Kit]:
    """All of this repository, by package and file."""
    for file in sorted(
        [*ROOT.glob("core/tests/test_kit_*.py"), *ROOT.glob("*/*/tests/test_kit_*")]
    ):
        for cls in _classes(file):
            package = file.parent.parent.relative_to(ROOT).as_posix()
            yield Kit(package, file.relative_to(ROOT).as_posix(), cls)


def _classes(file: Path) -> Iterable[type[SearcherConformance]]:
    spec = importlib.util.spec_from_file_location(f"capabilities_of_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [
        found
        for name, found in vars(module).items()
        if name.startswith("Test") and issubclass(found, SearcherConformance)
    ]


class Recorder:
    """Of a run of pytest: class -> case -> whether all its runs went as they should."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, bool]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the end of one run of a case."""
        key, _, test = report.nodeid.rpartition("::")
        case = test.partition("[")[0].removeprefix("test_")
        if report.when == "call" or report.failed:
            cases = self.seen.setdefault(key, {})
            fine = report.passed or hasattr(report, "wasxfail")
            cases[case] = cases.get(case, True) and fine


def page(seen: Mapping[str, Any]) -> str:
    """The text of the page for what was seen."""
    packages: dict[str, list[Mapping[str, Any]]] = {}
    for each in seen["searchers"]:
        packages.setdefault(each["package"], []).append(each)
    return "\n".join([HEAD, *(_section(name, each) for name, each in packages.items())])


def _section(package: str, searchers: list[Mapping[str, Any]]) -> str:
    names = [_name(each) for each in searchers]
    lines = [
        f"## {Path(package).name if package != 'core' else 'pegbox itself'}",
        "",
        f"{searchers[0]['releases']}",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for row, cell in _rows():
        lines.append(f"| {row} | {' | '.join(cell(each) for each in searchers)} |")
    failures = [
        f"- {name}: {case}: {reason}"
        for name, each in zip(names, searchers, strict=True)
        for case, reason in each["known_failures"].items()
    ]
    return "\n".join([*lines, "", *(["Known failures:", "", *failures, ""] if failures else [])])


def _name(searcher: Mapping[str, Any]) -> str:
    named = [str(value) for value in searcher["options"].values() if isinstance(value, str)]
    return " ".join([f"`{searcher['searcher']}`", *named])


def _rows() -> Iterator[tuple[str, Callable[[Mapping[str, Any]], str]]]:
    for row, domain in DOMAINS.items():
        yield row, lambda each, domain=domain: _domain(domain, Traits.from_json(each["traits"]))
    for trait, (row, yes, no) in TRAITS.items():
        yield row, lambda each, trait=trait, yes=yes, no=no: yes if each["traits"][trait] else no
    yield "learns from", lambda each: _learns_from(each["traits"])
    for case, row in CASES.items():
        yield (
            row,
            lambda each, case=case: "no, see below" if case in each["known_failures"] else ("yes"),
        )


def _learns_from(traits: Mapping[str, Any]) -> str:
    if traits["model_free"] or traits["exhaustive"]:
        return "nothing"
    return f"{'every result' if traits['intermediate'] else 'last results'}, also of others' points"


def _domain(domain: Domain, traits: Traits) -> str:
    shown = show(domain, traits)
    if shown is None:
        return "no"
    how = shown.how.partition(",")[0].partition(" of a ")[0]
    return f"by pegbox: {how}" if how else "native"


def _releases(package: str) -> str:
    name = "pegbox" if package == "core" else Path(package).name
    needed = [
        requirement.partition(";")[0].strip()
        for requirement in metadata.requires(name) or ()
        if 'extra == "tested"' in requirement or "extra == 'tested'" in requirement
    ]
    found = [f"{each} {metadata.version(each)}" for each in map(_library, needed)]
    return f"Seen with {', '.join(found)}." if found else "Comes with pegbox."


def _library(requirement: str) -> str:
    return requirement.partition("<")[0].partition(">")[0].partition("=")[0].partition("~")[0]


def main() -> int:
    """Run the kit and write both files."""
    sys.path.append(str(ROOT / "core" / "tests"))
    found = list(kits())
    recorder = Recorder()
    arguments = ["-q", "-p", "no:cacheprovider", *sorted({each.file for each in found})]
    code = pytest.main(
        [*arguments, "-k", " or ".join({each.cls.__name__ for each in found})], [recorder]
    )
    if code:
        return int(code)
    seen = [
        {
            "package": each.package,
            "class": each.cls.__name__,
            "releases": _releases(each.package),
            **each.claims(),
            "seen": recorder.seen[each.key],
        }
        for each in found
    ]
    SEEN.write_text(json.dumps({"searchers": seen}, indent=1, sort_keys=True) + "\n", "utf-8")
    PAGE.write_text(page({"searchers": seen}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
