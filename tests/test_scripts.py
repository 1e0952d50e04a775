"""Scripts as newcomers write them: no ``__main__`` guard, and modules beside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ten_lines import answers, at_home, good, ten_lines

#: A module beside the script, which the function needs where it runs.
HELPER = """
def descend(lr):
    x = 5.0
    for _ in range(5):
        x -= lr * 2 * x
        yield x * x
"""

#: Notes each run of its top level, and where the function ran.
SCRIPT = """
import os
import descent
import pegbox

with open("top_level.txt", "a") as file:
    file.write(f"{os.getpid()}\\n")


def train(config):
    for loss in descent.descend(config["lr"]):
        pegbox.report({"loss": loss, "process": os.getpid(), "folder": os.getcwd()})


results = pegbox.Tuner(
    train,
    param_space={"lr": pegbox.uniform(0.0, 1.0)},
    tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=4),
).fit()
best = results.get_best_result()
assert best.metrics["process"] != os.getpid(), "it ran in the driver"
assert best.metrics["folder"] == os.getcwd(), "it ran in another folder"
print("best configuration:", best.config)
"""


def run(words: list[str], cwd: Path, home: Path, stdin: str | None = None) -> str:
    """What a script prints; it must end well, and complain of nothing."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=at_home(home),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
    return done.stdout


@pytest.fixture
def folder(tmp_path):
    """Where the script and its helper lie."""
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "descent.py").write_text(HELPER)
    (tmp_path / "study" / "main.py").write_text(SCRIPT)
    return tmp_path / "study"


@pytest.mark.parametrize("way", ["beside it", "from elsewhere", "as a module", "from stdin"])
def test_a_script_without_a_guard_that_imports_its_neighbour(folder, tmp_path, way):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    words, cwd, stdin = {
        "beside it": (["main.py"], folder, None),
        "from elsewhere": ([str(folder / "main.py")], elsewhere, None),
        "as a module": (["-m", "main"], folder, None),
        "from stdin": (["-"], folder, SCRIPT),
    }[way]
    out = run(words, cwd, tmp_path, stdin)
    assert len(answers(out)) == 1
    assert len((cwd / "top_level.txt").read_text().splitlines()) == 1, "the top level ran again"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_script_whose_standard_streams_are_closed(folder, tmp_path, closed):
    words = ["sh", "-c", f'exec "$0" main.py {closed}', sys.executable]
    done = subprocess.run(
        words, cwd=folder, env=at_home(tmp_path), capture_output=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert len((folder / "top_level.txt").read_text().splitlines()) == 1


def test_the_ten_lines_of_the_readme_as_a_script(tmp_path):
    (tmp_path / "tune.py").write_text(ten_lines())
    out = run(["tune.py"], tmp_path, tmp_path)
    [best] = answers(out)
    assert good(best)
    assert len(list(tmp_path.glob("pegbox_results/train_*/experiment.sqlite"))) == 1
