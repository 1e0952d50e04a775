"""A stranger's package in a fresh environment: the wheels of the core, an adapter and that package.

It is seen, a study is run with all that it brings, and it passes the kit there. The package itself
is what ``pegbox new-plugin`` writes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from generate import example_files
from imports import ROOT, STRANGER
from installing import pip
from pegbox._new_plugin.package import ROLES
from ten_lines import at_home

NAME = "pegbox-luthier"

STUDY = """
import json
import pegbox
from pegbox_luthier.syncer import LuthierSyncer

def train(config):
    for step in range(1, 7):
        pegbox.report({"loss": (config["x"] - 3) ** 2 + config["kind"] + 1 / step})

results = pegbox.Tuner(
    train,
    param_space={"x": pegbox.uniform(-10, 10), "kind": pegbox.choice([2, 0, 1])},
    tune_config=pegbox.TuneConfig(
        metric="loss", mode="min", num_samples=40, seed=1,
        search_alg="luthier", scheduler="luthier",
    ),
    run_config=pegbox.RunConfig(name="study", callbacks=["luthier"], verbose=0),
).fit()

syncer = LuthierSyncer()
syncer.sync_up(results.experiment_path, "archive", [])
syncer.sync_down("copy", "archive", [])
copy = pegbox.ResultGrid("copy")
lines = open("copy/luthier.jsonl").read().splitlines()
print(json.dumps({
    "best": results.get_best_result().metrics["loss"],
    "best of the copy": copy.get_best_result(metric="loss", mode="min").metrics["loss"],
    "trials": len(results),
    "errors": results.num_errors,
    "iterations": sorted({result.metrics["training_iteration"] for result in results}),
    "journal": sorted(json.loads(line)["trial"] for line in lines),
    "ids": sorted(result.metrics["trial_id"] for result in copy),
}))
"""


def _of_a_tool(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def test_the_package_is_what_the_command_writes():
    made = {path: text for path, text in example_files().items() if path.startswith("third_party/")}
    here = {
        f"third_party/{file.relative_to(STRANGER).as_posix()}": file.read_text(encoding="utf-8")
        for file in STRANGER.rglob("*")
        if file.is_file() and not _of_a_tool(file.relative_to(STRANGER))
    }
    assert here == made, "run: python docs/generate.py"


@pytest.fixture(scope="module")
def stranger(build, fresh, tmp_path_factory):
    """The Python of a fresh environment with the core, Optuna's adapter, pytest and the package.

    Core and adapter are those of an environment that other tests use too, which stays as it is.
    """
    below = fresh("pegbox-optuna")
    folder = tmp_path_factory.mktemp(NAME)
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/*/site-packages")
    (others,) = below.parents[1].glob("lib/*/site-packages")
    (packages / "below.pth").write_text(f"{others}\n")
    python = folder / "bin" / "python"
    wheel = build(tmp_path_factory.mktemp("wheel"), STRANGER)[NAME]
    wanted = ("--no-compile", "-c", ROOT / "constraints.txt", f"{NAME}[testing] @ {wheel.as_uri()}")
    pip(sys.executable, "--python", python, "install", *wanted)
    return python


def run(python: Path, home: Path, *words: str) -> str:
    done = subprocess.run(
        [python, *words], cwd=home, env=at_home(home), capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_all_that_it_brings_is_on_offer(stranger, tmp_path):
    found = json.loads(run(stranger, tmp_path, "-m", "pegbox", "plugins", "--json"))
    assert found["problems"] == []
    brought = {each["role"]: each for each in found["plugins"] if each["package"] == NAME}
    assert set(brought) == set(ROLES)
    assert {(each["name"], each["version"]) for each in brought.values()} == {("luthier", "0.1.0")}
    assert "optuna" in {each["name"] for each in found["plugins"]}
    listed = run(stranger, tmp_path, "-m", "pegbox", "plugins", "--traits")
    assert "luthier" in listed


@pytest.mark.slow
def test_a_study_with_all_that_it_brings(stranger, tmp_path):
    (tmp_path / "study.py").write_text(STUDY)
    found = json.loads(run(stranger, tmp_path, "study.py"))
    assert (found["trials"], found["errors"]) == (40, 0)
    assert found["best"] == found["best of the copy"] < 1
    assert found["iterations"] == [3, 6], "the scheduler stopped some"
    assert found["journal"] == found["ids"], "the callback has written a line for each"
    shown = json.loads(run(stranger, tmp_path, "-m", "pegbox", "show", "study", "--json"))
    assert (shown["searcher"], shown["scheduler"]) == ("luthier", "luthier")


@pytest.mark.slow
def test_it_passes_the_kit_there(stranger, tmp_path):
    words = ("-W", "error", "-q", "-p", "no:cacheprovider", "--rootdir", str(STRANGER))
    said = run(stranger, tmp_path, "-B", "-m", "pytest", *words, str(STRANGER / "tests"))
    last = said.splitlines()[-1]
    assert " passed in " in last, said
    assert int(last.split()[0]) > 60
    assert "xfailed" not in last
    assert "skipped" not in last
