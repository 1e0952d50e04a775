"""Who may import whom. The tables are the rule, and the only place where it is written down.

Imports inside functions and under ``TYPE_CHECKING`` count like any other: an import that waits is
late, but it is one.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest
from imports import ROOT, STRANGER, Imported, imports, modules, names_used, packages

CORE = modules(ROOT / "core" / "src")

#: The standard library as far as it knows nothing of clocks, files, processes or threads.
PURE_LIBRARY = {
    *("__future__", "abc", "bisect", "collections", "contextlib", "csv", "dataclasses"),
    *(
        "datetime",
        "difflib",
        "enum",
        "fnmatch",
        "functools",
        "hashlib",
        "heapq",
        "inspect",
        "itertools",
    ),
    *("json", "math", "random", "re", "reprlib", "statistics", "types", "typing"),
}


@dataclass(frozen=True)
class Part:
    """A part of the core.

    Attributes:
        modules: Below `pegbox`, with all that lies in them; the longest name that fits wins.
        parts: Other parts that it may import.
        libraries: Third-party packages that it may import.
        pure: Whether it gets the same answers from the same arguments: no clock, no file, no
            thread, no random numbers but from a generator that is handed in.
    """

    modules: tuple[str, ...]
    parts: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    pure: bool = False


PARTS = {
    # What everything speaks of.
    "values": Part(
        modules=(
            *("trial", "events", "commands", "decisions", "errors", "objective", "resources"),
            *("space", "jsonvalue", "scalars", "averages", "argument_checks", "seeds", "autofill"),
            *("result_files", "text", "nearest", "constraints", "scalarization"),
            *("config_copy", "placement_group", "demand", "usage", "usage_text"),
        ),
        pure=True,
    ),
    # The state machine: an event comes in, commands go out.
    "engine": Part(modules=("_engine",), parts=("values",), pure=True),
    # What packages declare of the releases that they were tested with.
    "releases": Part(modules=("_releases",), parts=("values",), libraries=("packaging",)),
    # What plugins promise, and what they may rely on.
    "contracts": Part(
        modules=(
            *("searcher", "searcher_wrapper", "scheduler", "syncer", "callback", "logger_callback"),
            *("hookspecs", "known_points"),
        ),
        parts=("values", "releases"),
        libraries=("pluggy",),
        pure=True,
    ),
    # What an executor promises; it speaks of threads.
    "executor": Part(modules=("executor",), parts=("values",)),
    # Where temporary folders lie.
    "scratch": Part(modules=("scratch",)),
    # What users write down and hand in.
    "settings": Part(
        modules=(
            *("class_trainable", "step_counters", "trainable_registry", "wrapped_trainable"),
            "resource_requests",
            "configs",
            "stoppers",
            "trainable",
            "checkpoint",
            "dict_folder",
        ),
        parts=("values", "contracts", "scratch"),
        libraries=("cloudpickle",),
    ),
    # The shell: everything that has an effect.
    "plugins": Part(
        modules=("_plugins",), parts=("values", "contracts", "releases"), libraries=("pluggy",)
    ),
    "store": Part(
        modules=("_store",), parts=("values", "engine"), libraries=("filelock", "psutil")
    ),
    "trial side": Part(
        modules=("_trial",),
        parts=("values", "settings", "scratch"),
        libraries=("cloudpickle", "pynvml", "threadpoolctl", "xxhash"),
    ),
    # Processes that pegbox starts, whoever wants them.
    "processes": Part(modules=("_processes",), parts=("values",)),
    "executors": Part(modules=("executors",), parts=("values", "executor", "trial side")),
    "dask": Part(
        modules=("executors.dask",),
        parts=("values", "executor", "trial side", "scratch", "processes"),
        libraries=("distributed", "dask", "cloudpickle", "cryptography", "filelock", "psutil"),
    ),
    "run": Part(
        modules=("_run",),
        parts=(
            *("values", "engine", "contracts", "settings", "plugins", "store", "trial side"),
            *("executor", "executors", "dask", "processes", "releases"),
        ),
    ),
    # A whole run in virtual time: an executor, and an entrance beside the Tuner.
    "simulation": Part(
        modules=("executors.simulated",),
        parts=("values", "engine", "contracts", "settings", "executor", "run"),
    ),
    # What is read back from a store.
    "analysis": Part(
        modules=("_analysis",),
        parts=("values", "settings", "store"),
        libraries=("pandas", "fsspec", "numpy"),
    ),
    # Our plugins: what a stranger's may import too, and nothing else.
    "builtin": Part(
        modules=("builtin",),
        parts=("values", "contracts"),
        libraries=("fsspec", "rich", "IPython", "psutil"),
    ),
    # Public modules that only gather plugins under Ray Tune's names, and make them by name.
    "windows": Part(
        modules=("loggers", "progress_reporter", "search", "schedulers"),
        parts=("values", "contracts", "plugins", "builtin"),
    ),
    # What users import.
    "surface": Part(
        modules=(
            *("", "tuner", "launch", "experiment", "results", "analysis", "reporting"),
            *("session", "function_trainable", "warm_start_forms"),
        ),
        parts=(
            *("values", "contracts", "settings", "store", "trial side", "run", "dask"),
            *("analysis", "windows"),
        ),
        libraries=("pandas",),
    ),
    # What is installed, and whether it works.
    "doctor": Part(
        modules=("_doctor",),
        parts=(
            *("values", "plugins", "releases", "processes", "store", "run", "trial side"),
            "dask",
        ),
        libraries=("psutil",),
    ),
    # The package that an author begins with.
    "new plugin": Part(modules=("_new_plugin",), parts=("values", "plugins")),
    # For who types: it reads what others made.
    "command line": Part(
        modules=("cli", "__main__"),
        parts=(
            *("values", "contracts", "plugins", "releases", "store", "run", "analysis"),
            *("doctor", "new plugin"),
        ),
        libraries=("click", "rich"),
    ),
    # For the tests of plugins: it does what a run does to them, without one.
    "conformance kit": Part(
        modules=("testing",),
        parts=(*("values", "contracts", "plugins", "run", "settings", "simulation", "surface"),),
        libraries=("pytest", "psutil"),
    ),
}

#: Sent with their code to schedulers that have no pegbox installed, and what goes along.
SENT_WITH_THEIR_CODE = {name for name in CORE if name.startswith("pegbox.executors.dask.shipped.")}
SENT_TOO = {"pegbox.executors.dask.protocol"}

#: What packages other than the core may import of it.
FOR_PLUGINS = ("values", "contracts")
FOR_TESTS_OF_PLUGINS = (
    *("values", "contracts", "settings", "surface", "simulation", "conformance kit"),
)


def part_of(module: str) -> str | None:
    """The part that a module of the core belongs to; None where the table has no place for it."""
    inside = module.removeprefix("pegbox").removeprefix(".")
    fitting = [
        (len(prefix), name)
        for name, part in PARTS.items()
        for prefix in part.modules
        if inside == prefix or (prefix and inside.startswith(prefix + "."))
    ]
    return max(fitting)[1] if fitting else None


def is_core(module: str) -> bool:
    return module.split(".")[0] == "pegbox"


def is_library(module: str) -> bool:
    """Whether a module is third-party."""
    return not is_core(module) and module.split(".")[0] not in sys.stdlib_module_names


def may_import(part: str, found: Imported) -> bool:
    rule = PARTS[part]
    top = found.module.split(".")[0]
    if is_core(found.module):
        return part_of(found.module) in (part, *rule.parts)
    if is_library(found.module):
        return top in rule.libraries
    return not rule.pure or top in PURE_LIBRARY


def test_every_module_of_the_core_has_its_place_in_the_table():
    homeless = [name for name in CORE if part_of(name) is None]
    assert not homeless, "say in PARTS where these belong"
    wanted = {f"pegbox.{prefix}".rstrip(".") for part in PARTS.values() for prefix in part.modules}
    assert wanted <= set(CORE), "PARTS names modules that are not there"


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_only_what_the_table_allows(part):
    broken = [
        str(found)
        for name, file in CORE.items()
        if part_of(name) == part
        for found in imports(name, file, CORE)
        if not may_import(part, found)
    ]
    assert not broken, "\n".join([f"against the rule of {part!r}:", *broken])


def test_parts_that_import_each_other_do_not_go_round_in_a_circle():
    order: list[str] = []
    while left := [name for name in PARTS if name not in order]:
        free = [name for name in left if set(PARTS[name].parts) <= set(order)]
        assert free, f"a circle among {left}"
        order += free


@pytest.mark.parametrize("part", [name for name, rule in PARTS.items() if rule.pure])
def test_pure_parts_read_no_clock_and_draw_no_numbers_of_their_own(part):
    """`random` for its generator class and `datetime` for its arithmetic, and nothing else."""
    allowed = {"random": {"Random"}, "datetime": {"datetime", "timedelta", "fromtimestamp"}}
    broken = [
        f"{file.relative_to(ROOT)}:{line}: {library}.{used}"
        for name, file in CORE.items()
        if part_of(name) == part
        for library, fine in allowed.items()
        for line, used in names_used(file, library)
        if used not in fine
    ]
    assert not broken, "\n".join(broken)


def test_what_is_sent_with_its_code_needs_nothing_but_distributed():
    broken = [
        str(found)
        for name in sorted(SENT_WITH_THEIR_CODE | SENT_TOO)
        for found in imports(name, CORE[name], CORE)
        if found.module not in SENT_WITH_THEIR_CODE | SENT_TOO
        if is_core(found.module)
        # distributed itself needs the others.
        or (
            is_library(found.module)
            and found.module not in ("distributed", "psutil", "cloudpickle")
        )
    ]
    assert not broken, "\n".join(broken)


def outside_the_core(folder: str) -> list[Imported]:
    """All imports of the packages beside the core, in one of their folders."""
    return [
        found
        for package in [*packages(), STRANGER]
        if package.name != "core"
        for name, file in modules(package / folder).items()
        for found in imports(f"{package.name}/{name}", file, CORE)
    ]


@pytest.mark.parametrize(
    ("folder", "parts"), [("src", FOR_PLUGINS), ("tests", FOR_TESTS_OF_PLUGINS)]
)
def test_packages_use_what_a_stranger_could_use(folder, parts):
    found = outside_the_core(folder)
    assert found
    broken = [
        str(imported)
        for imported in found
        if is_core(imported.module)
        if part_of(imported.module) not in parts or "._" in imported.module
    ]
    assert not broken, "\n".join(broken)


def test_packages_do_not_import_each_other():
    roots = {
        package.name: {name.split(".")[0] for name in modules(package / "src")}
        for package in packages()
    }
    assert len(roots) >= 2
    broken = [
        str(found)
        for package in packages()
        if package.name != "core"
        for name, file in modules(package / "src").items()
        for found in imports(name, file, CORE)
        for other, names in roots.items()
        if other not in ("core", package.name) and found.module.split(".")[0] in names
    ]
    assert not broken, "\n".join(broken)


def test_the_core_imports_no_plugin():
    others = {
        name.split(".")[0]
        for package in packages()
        if package.name != "core"
        for name in modules(package / "src")
    }
    assert "pegbox_optuna" in others
    broken = [
        str(found)
        for name, file in CORE.items()
        for found in imports(name, file, CORE)
        if found.module.split(".")[0] in others
    ]
    assert not broken, "\n".join(broken)
