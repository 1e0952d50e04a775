"""Each package as users get it: a wheel in an environment with nothing but what it declares.

In a workspace where everything is installed, an undeclared import always works.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from imports import imports, modules, packages
from installing import PACKAGES, pip, project
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ten_lines import answers, at_home, good, ten_lines

#: What is only imported where it is there anyway: inside a notebook.
HOSTS = {"IPython"}

#: What extras bring that tests do without: import -> distribution.
NOT_INSTALLED = {"pynvml": "nvidia-ml-py"}

IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
"""

#: What needs an extra that is not there -> how its refusal begins.
OF_AN_EXTRA = {"pegbox.testing": "pegbox.testing needs pytest, which is not installed"}


def declared(folder: Path) -> set[str]:
    """Names of the distributions that a package declares, those of its extras too."""
    table = project(folder)
    extras = table.get("optional-dependencies", {}).values()
    words = [*table["dependencies"], *(word for extra in extras for word in extra)]
    return {canonicalize_name(Requirement(word).name) for word in words}


def is_adapter(folder: Path) -> bool:
    return folder.parent.name == "adapters"


@pytest.mark.parametrize("name", PACKAGES)
def test_every_library_that_a_package_imports_is_declared(name):
    folder, offered = PACKAGES[name], packages_distributions()
    own = {top.split(".")[0] for top in modules(folder / "src")}
    missing = []
    for module, file in modules(folder / "src").items():
        for found in imports(module, file, {}):
            top = found.module.split(".")[0]
            if top in sys.stdlib_module_names or top in own | HOSTS:
                continue
            # Packages of the workspace are installed from their folders, and are not listed.
            known = offered.get(top) or [NOT_INSTALLED.get(top, top)]
            brought_by = {canonicalize_name(each) for each in known}
            if not brought_by & declared(folder):
                missing.append(str(found))
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_what_a_reader_of_an_index_wants_to_know(name):
    folder = PACKAGES[name]
    table = project(folder)
    assert folder.name in (name, "core")
    assert table["requires-python"] == ">=3.11"
    assert {"description", "readme", "license", "keywords", "classifiers"} <= set(table)
    assert (folder / table["readme"]).read_text().startswith(f"# {name}\n")
    assert (folder / "tests").is_dir()


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGES)
def test_a_wheel_holds_the_sources_and_nothing_else(wheels, name):
    source = PACKAGES[name] / "src"
    wanted = {
        str(file.relative_to(source))
        for file in source.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(wheels[name]) as wheel:
        held = {each for each in wheel.namelist() if ".dist-info/" not in each}
    assert held == wanted
    assert f"{name.replace('-', '_')}/py.typed" in held


#: What libraries below an optimizer say of each other when they are imported.
WARNED_OF_BELOW = (
    *("-W", "ignore:`torch.jit.script` is deprecated:DeprecationWarning"),
    *("-W", "ignore:ax.service:DeprecationWarning"),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_installs_and_imports_with_only_what_it_declares(fresh, tmp_path, name):
    python = fresh(name)
    pip(python, "check")

    def imported(*names: str) -> str:
        run = subprocess.run(
            [python, "-W", "error", *WARNED_OF_BELOW, "-c", IMPORT_ALL, *names],
            cwd=tmp_path,
            env=at_home(tmp_path),
            capture_output=True,
            text=True,
        )
        return run.stderr

    names = modules(PACKAGES[name] / "src")
    refused = {
        each for each in names for extra in OF_AN_EXTRA if f"{each}.".startswith(f"{extra}.")
    }
    assert not imported(*(each for each in names if each not in refused))
    for extra in refused & set(OF_AN_EXTRA):
        assert OF_AN_EXTRA[extra] in imported(extra)


MAKE_ALL = """
import importlib, sys
import pegbox
from pegbox._plugins.catalog import Catalog
for offer in Catalog.discover().offers:
    if offer.package != sys.argv[1]:
        continue
    module, _, name = offer.target.partition(":")
    cls = getattr(importlib.import_module(module), name)
    for make in (lambda: pegbox.create_searcher(offer.name), cls):
        try:
            make()
        except pegbox.errors.MissingDependency as error:
            print(error)
"""


def lowest(requirement: Requirement) -> str:
    """The first release that will do."""
    [version] = (each.version for each in requirement.specifier if each.operator == ">=")
    return version


def put_beside(folder: Path, wheel: Path, versions: dict[str, str]) -> None:
    """An adapter as its wheel has it, beside distributions of some versions without a module."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    for library, version in versions.items():
        info = folder / f"{library.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        text = f"Metadata-Version: 2.1\nName: {library}\nVersion: {version}\n"
        (info / "METADATA").write_text(text)


@pytest.mark.slow
@pytest.mark.parametrize("version", [None, "0.0.0"])
@pytest.mark.parametrize("name", [folder.name for folder in packages() if is_adapter(folder)])
def test_an_adapter_refuses_before_it_imports(wheels, fresh, tmp_path, name, version):
    """By its name and by its class, where its optimizer is not there, or much too old."""
    table = project(PACKAGES[name])
    needed = {each.name: each for each in map(Requirement, table["dependencies"])}
    every = map(Requirement, table["optional-dependencies"]["tested"])
    tested = {each.name: each for each in every if each.name in needed}
    beside = {}
    if version is not None:
        others = needed.keys() - tested.keys() - {"pegbox"}
        beside = {each: lowest(needed[each]) for each in others} | dict.fromkeys(tested, version)
    put_beside(tmp_path / "site", wheels[name], beside)
    run = subprocess.run(
        [fresh("pegbox"), "-c", MAKE_ALL, name],
        cwd=tmp_path,
        env={**at_home(tmp_path), "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (0, "")
    first, second, third, fourth = run.stdout.splitlines()
    assert (first, second) == (third, fourth)
    begin, command, end = second.split("'")
    library = Requirement(command).name
    assert (begin, Requirement(command), end) == ("  Run `pip install ", tested[library], "`.")
    assert first.startswith(f"{name} 0.1.0 needs {library}")
    said = ", which is not installed" if version is None else f", and {library} 0.0.0 is installed"
    assert first.endswith(said)


@pytest.mark.slow
def test_the_ten_lines_in_a_fresh_environment(fresh, tmp_path):
    (tmp_path / "tune.py").write_text(ten_lines())
    run = subprocess.run(
        [fresh("pegbox-optuna"), "tune.py"],
        cwd=tmp_path,
        env=at_home(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.returncode, run.stderr) == (0, "")
    [best] = answers(run.stdout)
    assert good(best)
