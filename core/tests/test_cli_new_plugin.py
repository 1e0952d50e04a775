"""``pegbox new-plugin``: what it writes, what it says, which names it refuses; the packages that
it makes are installed and tested in ``tests/test_new_plugin.py``."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from itertools import combinations

import pytest
from click.testing import CliRunner
from pegbox._new_plugin.names import Names, names_of
from pegbox._new_plugin.package import ROLES, package_files, write_package
from pegbox.cli import main
from pegbox.errors import ConfigError

#: As long as it may be.
LONG = "pegbox-twenty4-letters-or-digit"


def run(*words):
    return CliRunner().invoke(main, ["new-plugin", *map(str, words)])


def test_it_writes_a_package_and_says_what_to_type_next(tmp_path):
    done = run("pegbox-lantern", "--role", "searcher", "--into", tmp_path)

    assert (done.exit_code, done.stderr) == (0, "")
    folder = tmp_path / "pegbox-lantern"
    files = [
        *("pyproject.toml", "README.md", "src/pegbox_lantern/__init__.py"),
        *("src/pegbox_lantern/py.typed", "src/pegbox_lantern/searcher.py"),
        "tests/test_searcher.py",
    ]
    assert done.stdout.splitlines() == [
        f"pegbox-lantern is in {folder}:",
        *(f"  {file}" for file in files),
        "",
        "Next, in an environment that has pegbox:",
        f"  cd {folder}",
        "  python -m pip install -e '.[testing]'",
        "  python -m pytest",
        "",
        "Then it is on offer, as pegbox plugins shows:",
        '  searcher  TuneConfig(search_alg="lantern")',
    ]
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(path.relative_to(folder).as_posix() for path in written) == sorted(files)
    assert [path.name for path in tmp_path.iterdir()] == ["pegbox-lantern"]
    assert folder.stat().st_mode & 0o777 == 0o755


def test_several_roles_are_one_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    done = run("two-words", *[word for role in ROLES for word in ("--role", role)])

    assert (done.exit_code, done.stderr) == (0, "")
    assert "  cd two-words\n" in done.stdout
    assert '  callback   RunConfig(callbacks=["two_words"])\n' in done.stdout
    project = tomllib.loads((tmp_path / "two-words" / "pyproject.toml").read_text())["project"]
    assert project["name"] == "two-words"
    assert project["entry-points"] == {"pegbox": {"two_words": "two_words"}}
    assert project["dependencies"] == ["pegbox>=0.1,<0.2"]
    doorway = (tmp_path / "two-words" / "src" / "two_words" / "__init__.py").read_text()
    assert doorway.count("@hookimpl") == len(ROLES)


@pytest.mark.parametrize("name", ["x", "two-words", LONG])
def test_what_it_writes_has_form(tmp_path, name):
    for number in (1, 2, len(ROLES)):
        for roles in combinations(ROLES, number):
            into = tmp_path / "-".join(roles)
            into.mkdir()
            write_package(into / name, package_files(names_of(name), roles))
    for words in (["check", "--extend-select", "E,F,W,I,B,UP,RUF,TID,SIM"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


def test_no_name_is_left_to_be_filled_in():
    names = Names("pegbox-q", "pegbox_q", "q", "Q")
    for path, text in package_files(names, ROLES).items():
        assert "$" not in text, path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "My Plugin",
            "'My Plugin' cannot be the name of a package\n  Use small letters, digits and single "
            "hyphens, and begin with a letter: 'my-plugin', say.",
        ),
        (
            "../../etc",
            "'../../etc' cannot be the name of a package\n  Use small letters, digits and single "
            "hyphens, and begin with a letter: 'etc', say.",
        ),
        (
            "pegbox-2opt",
            "'pegbox-2opt' cannot be the name of a package\n  Use small letters, digits and single "
            "hyphens, and begin with a letter.",
        ),
        (
            "",
            "'' cannot be the name of a package\n  Use small letters, digits and single hyphens, "
            "and begin with a letter.",
        ),
        (
            f"{LONG}s",
            f"'{LONG}s' is too long for the name of a package\n  Use at most 24 letters; "
            '"pegbox-" in front does not count.',
        ),
        (
            "pegbox",
            "'pegbox' is a package of pegbox's own\n  Use another name, \"pegbox-my-pegbox\", say.",
        ),
        (
            "pegbox-optuna",
            "'pegbox-optuna' is a package of pegbox's own\n  Use another name, "
            '"pegbox-my-optuna", say.',
        ),
        (
            "json",
            "'json' is a name of Python's own\n  Use another name, \"pegbox-json\", say.",
        ),
        (
            "class",
            "'class' is a name of Python's own\n  Use another name, \"pegbox-class\", say.",
        ),
        (
            "cloudpickle",
            "'cloudpickle' is a module of cloudpickle, which is installed\n  Use another name, "
            '"pegbox-cloudpickle", say.',
        ),
        (
            "pegbox-random",
            "pegbox 0.1.0 brings a searcher 'random' already\n  Use another name: of two plugins "
            "with one name, neither can be used.",
        ),
    ],
)
def test_a_name_that_would_not_do_is_refused(tmp_path, name, message):
    done = run(name, "--role", "searcher", "--into", tmp_path)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"pegbox: {message}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_name_of_another_role_is_free(tmp_path):
    done = run("pegbox-random", "--role", "callback", "--into", tmp_path)

    assert done.exit_code == 0, done.stderr


def test_a_folder_that_is_there_is_refused_and_stays(tmp_path):
    (tmp_path / "pegbox-lantern").mkdir()
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")

    done = run("pegbox-lantern", "--role", "searcher", "--into", tmp_path)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"pegbox: {tmp_path}/pegbox-lantern is there already\n"
        "  Use another name, or another folder with --into.\n"
    )
    assert run("gone", "--role", "searcher", "--into", tmp_path).exit_code == 1
    assert sorted(os.listdir(tmp_path)) == ["gone", "pegbox-lantern"]


def test_a_folder_to_write_into_has_to_be_there(tmp_path):
    done = run("pegbox-lantern", "--role", "searcher", "--into", tmp_path / "nowhere")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"pegbox: there is no folder {tmp_path}/nowhere\n  Make it first.\n"


def test_a_role_is_needed():
    done = run("pegbox-lantern")

    assert done.exit_code == 2
    assert "Missing option '--role'. Choose from:" in done.stderr


def test_what_cannot_be_written_whole_is_not_there_at_all(tmp_path):
    files = {"a": "a", "a/b": "below a file"}

    with pytest.raises(OSError, match="a"):
        write_package(tmp_path / "half", files)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["lantern", "pegbox-lantern", "x1", LONG])
def test_names_follow_from_one(name):
    names = names_of(name)
    assert names.distribution == name
    assert names.module.isidentifier()
    assert f"{names.classes}Search".isidentifier()


def test_a_long_name_is_refused_for_what_it_is():
    assert names_of(LONG).plugin == "twenty4_letters_or_digit"
    with pytest.raises(ConfigError, match="at most 24"):
        names_of("a" * 25)
