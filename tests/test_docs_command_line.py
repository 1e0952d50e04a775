"""docs/command-line.md: its examples run, and its tables name what is printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pegbox.cli import main
from ten_lines import ROOT, at_home

PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.S | re.M)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def shell(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    scripts = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-c", line],
        cwd=home,
        env={**at_home(home), **scripts},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home folder with the experiment of the page."""
    folder = tmp_path_factory.mktemp("home")
    [source] = blocks("python")
    source = source.replace('name="momentum"', 'name="momentum", verbose=0')
    source = source.replace("    train,\n", '    train,\n    executor="inline",\n')
    (folder / "momentum.py").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "momentum.py"],
        cwd=folder,
        env=at_home(folder),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_works(home, line):
    done = shell(line, home)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_export_wrote_where_the_page_says(home):
    shell("pegbox export momentum --csv --json; pegbox export momentum --csv --to ./tables", home)

    folders = list((home / "pegbox_results" / "momentum").glob("train_*"))
    assert len(folders) == len(list((home / "tables").iterdir())) == 30
    assert sorted(path.name for path in folders[0].iterdir()) == [
        *("params.json", "progress.csv", "result.json")
    ]


def named(head: str) -> set[str]:
    """The names in the first column of a table."""
    [table] = re.findall(rf"^\| {head} \|.*?\n\|---.*?\n(.*?)\n\n", PAGE, re.S | re.M)
    return {name for row in table.splitlines() for name in re.findall("`(.*?)`", row.split("|")[1])}


def test_the_tables_name_all_that_programs_are_given(home):
    whole = json.loads(shell("pegbox show momentum --json", home).stdout)
    one = json.loads(shell("pegbox show momentum 0 --json", home).stdout)
    best = json.loads(shell("pegbox best momentum --json", home).stdout)
    listed = json.loads(shell("pegbox ls --json", home).stdout)
    plugins = json.loads(shell("pegbox plugins --json", home).stdout)

    assert set(whole) == named("of an experiment") | {"trials"}
    assert set(listed[0]) == named("of an experiment") | {"best"}
    assert set(whole["trials"][0]) == named("of a trial")
    assert set(one) == named("of a trial") | {"results"}
    assert set(best) == named("of a trial") | {"metric", "mode", "scope", "score"}
    assert set(plugins) == {"plugins", "not_installed", "problems"}
    health = json.loads(shell("pegbox doctor --json pegbox-optuna", home).stdout)
    assert set(health) == {"packages", "environment", "problems"}
    assert {"plugins", "optimizers"} <= set(health["packages"][0])
    checked = json.loads(shell("pegbox check momentum.py --json", home).stdout)
    assert set(checked) == {"tuners", "error"}
    assert {"parameters", "refused"} <= set(checked["tuners"][0])


def test_every_command_is_on_the_page():
    assert set(re.findall(r"^pegbox ([\w-]+)", blocks("")[0], re.M)) == set(main.commands)
