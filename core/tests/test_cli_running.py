"""The command line beside a run in another process, on copies, and on older files."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from pegbox._store.driver_note import DriverNote, read_note
from pegbox._store.living_driver import files_open_in, living_driver
from pegbox.cli import main

FIXTURE = Path(__file__).parents[2] / "tests" / "fixtures" / "store_v1.sqlite"

#: Two reports, a sign, and then it waits for a line.
SCRIPT = """
import sys
import pegbox

def train(config):
    pegbox.report({"loss": 1.0})
    if pegbox.get_context().get_trial_id().endswith("1"):
        print("waiting", flush=True)
        sys.stdin.readline()
    pegbox.report({"loss": 0.5})

pegbox.Tuner(
    train,
    param_space={"x": pegbox.uniform(0, 1)},
    tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=3),
    run_config=pegbox.RunConfig(
        name="exp", storage_path=sys.argv[1], verbose=0, callbacks=["csv", "json"]
    ),
    executor="inline",
).fit()
"""


def run(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr
    return done.stdout


def data(*words):
    return json.loads(run(*words, "--json"))


@pytest.fixture
def driver(tmp_path):
    """A driver whose second trial waits after its first report, and the experiment's folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    yield process, tmp_path / "exp"
    process.kill()
    process.communicate()


@pytest.fixture(params=["local disk", "network folder"])
def place(request, monkeypatch, tmp_path):
    """Where the experiment's folder counts as lying."""
    if request.param == "network folder":
        monkeypatch.setenv("PEGBOX_LOCAL_DISK", "0")
        monkeypatch.setenv("PEGBOX_STATE_DIR", str(tmp_path / "state"))


@pytest.mark.usefixtures("place")
def test_a_run_is_shown_while_it_goes_and_when_it_was_cut_off(driver):
    process, folder = driver

    shown = data("show", folder)
    assert shown["state"] == "running"
    assert f"process {process.pid}" in shown["reason"]
    assert shown["counts"]["RUNNING"] == 1
    assert "state      running, process" in run("show", folder)
    assert "running" in run("ls", folder.parent)
    assert data("best", folder)["score"] == 0.5

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert data("show", folder)["state"] == "cut off"
    assert f"go on with\n  pegbox.Tuner.restore({str(folder)!r}, train).fit()\n" in run(
        "show", folder
    )


def test_what_the_loggers_have_open_is_left_to_them(driver, tmp_path):
    process, folder = driver

    run("export", folder, "--csv", "--json")
    process.communicate("\n")
    assert process.returncode == 0

    assert data("show", folder)["state"] == "complete"
    written = contents(folder)
    run("export", folder, "--csv", "--json", "--to", tmp_path / "to")
    assert written == contents(tmp_path / "to")
    assert [text.count("\n") for name, text in written.items() if name.endswith("csv")] == [3] * 3


def contents(folder):
    """The files of all trials, by their paths below the folder."""
    paths = [path for name in ("*.json", "*.csv") for path in folder.glob(f"train_*/{name}")]
    return {str(path.relative_to(folder)): path.read_bytes().decode() for path in sorted(paths)}


def test_a_copy_of_a_run_that_goes_is_nobodys(driver, tmp_path):
    _, folder = driver
    shutil.copytree(folder, tmp_path / "copy")

    assert data("show", tmp_path / "copy")["state"] == "cut off"
    assert data("show", folder)["state"] == "running"


def test_a_driver_elsewhere_counts_by_its_last_sign_of_life(driver):
    _, folder = driver
    note = read_note(folder)
    assert note is not None
    assert living_driver(folder, note.run) == note
    assert living_driver(folder, "00000") is None

    path = folder / "driver.json"
    before = path.read_text()
    elsewhere = DriverNote("elsewhere", note.pid, note.run, 1, "token", sync_period_s=60)
    assert files_open_in(elsewhere) is None
    elsewhere.write(path)
    assert living_driver(folder, note.run).host == "elsewhere"
    done = CliRunner().invoke(main, ["export", str(folder), "--csv"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is being run by process" in done.stderr
    assert "--to FOLDER" in done.stderr
    path.write_text(path.read_text().replace('"heartbeat": ', '"heartbeat": -'))
    assert living_driver(folder, note.run) is None
    path.write_text(before)


def test_a_file_of_the_first_schema(tmp_path):
    shutil.copyfile(FIXTURE, tmp_path / "experiment.sqlite")

    assert data("show", tmp_path)["counts"] == {"TERMINATED": 1, "ERROR": 1, "PENDING": 2}
    assert "cut off" in run("ls", tmp_path)
    assert data("best", tmp_path, "--metric", "loss")["trial_id"] == "ab1de_00001"
    assert data("show", tmp_path / "experiment.sqlite", 1)["error"]["message"] == "näh"
    run("export", tmp_path, "--csv", "--json", "--to", tmp_path / "to")
    assert (tmp_path / "experiment.sqlite").read_bytes() == FIXTURE.read_bytes()
    assert len(contents(tmp_path / "to")) == 10
