"""``pegbox plugins``: names, packages, traits, what is broken and what could be installed."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.known_packages import KNOWN_PACKAGES
from pegbox.cli import main

DOORWAY = """
from pegbox.hookspecs import hookimpl

@hookimpl
def pegbox_searchers():
    return {"hill": "climb.heavy:Hill", "gone": "climb.nowhere:Gone"}
"""
HEAVY = """
from pegbox.searcher import Searcher, Traits

class Hill(Searcher):
    traits = Traits(domains=frozenset({"float"}), conditions=True, intermediate=True)
"""


@pytest.fixture
def climb(tmp_path, monkeypatch):
    """A stranger's package with one searcher, and one whose module is not there."""
    install(tmp_path, "climb", DOORWAY)
    (tmp_path / "climb" / "heavy.py").write_text(HEAVY)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] in ("climb", "broken")]:
        del sys.modules[name]


def install(folder, name, doorway):
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(doorway)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pegbox]\n{name} = {name}\n")


def run(*words):
    done = CliRunner().invoke(main, ["plugins", *words])
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr
    return done.stdout


def rows(text):
    return {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}


@pytest.mark.usefixtures("climb")
def test_all_that_is_installed_is_listed_and_nothing_imported():
    text = run()

    found = rows(text)
    assert found["hill"] == ["hill", "climb", "1.0", "climb.heavy:Hill"]
    assert found["optuna"][-1] == "pegbox_optuna.searcher:OptunaSearch"
    assert {"asha", "fsspec", "progress", "random"} <= set(found)
    assert {"searchers", "schedulers", "syncers", "callbacks"} <= set(found)
    assert "climb.heavy" not in sys.modules


@pytest.mark.usefixtures("climb")
def test_traits_say_what_a_searcher_can_do_and_why_that_is_not_known():
    text = run("--traits")

    found = rows(text)
    assert found["hill"] == ["hill", "float", "every", "result", "yes", "one", "no"]
    assert "nothing" in found["random"]
    assert "last results" in " ".join(found["optuna"])
    assert "gone (climb 1.0)" in " ".join(found["gone:"])
    assert "repeater: stands around another searcher" in text
    assert "asha" not in text


@pytest.mark.usefixtures("climb")
def test_a_package_that_fails_is_told_with_the_reason(tmp_path):
    install(tmp_path, "broken", "import no_such_optimizer")

    assert "problems\n  broken 1.0 failed to import (ModuleNotFoundError: No module" in run()
    problems = json.loads(run("--json"))["problems"]
    assert [each["package"] for each in problems] == ["broken"]


@pytest.mark.usefixtures("climb")
def test_two_packages_with_one_name_are_both_listed_and_told(tmp_path):
    install(tmp_path, "broken", DOORWAY)

    text = run()

    assert text.count("climb.heavy:Hill") == 2
    assert "broken 1.0 brings a searcher 'hill', as does climb 1.0\n" in text
    assert "  hill: " in run("--traits")


def test_known_packages_that_are_not_there_come_with_their_command():
    text = run()
    missing = json.loads(run("--json"))["not_installed"]
    installed = {offer.package for offer in Catalog.discover().offers}

    for each in missing:
        assert each["package"] not in installed
        assert f"  {each['name']}, not installed: pip install {each['package']}\n" in text
    known = {package for names in KNOWN_PACKAGES.values() for package in names.values()}
    assert {each["package"] for each in missing} == known - installed


@pytest.mark.usefixtures("climb")
def test_programs_are_given_plugins_and_traits():
    found = json.loads(run("--json"))["plugins"]
    (hill,) = [each for each in found if each["name"] == "hill"]
    assert hill == {
        **{"name": "hill", "role": "searcher", "target": "climb.heavy:Hill"},
        **{"package": "climb", "version": "1.0"},
    }

    found = json.loads(run("--json", "--traits"))["plugins"]
    traits = {each["name"]: each for each in found}
    assert traits["hill"]["traits"]["domains"] == ["float"]
    assert traits["hill"]["traits"]["conditions"] is True
    assert traits["gone"]["traits"] is None
    assert "climb.nowhere" in traits["gone"]["reason"]


def test_one_role_alone():
    text = run("--role", "scheduler")

    assert "asha" in text
    assert "random" not in text
