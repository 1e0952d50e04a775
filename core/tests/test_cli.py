"""The command line: what people read, what programs read, and what goes wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from pegbox._store import Store
from pegbox.cli import main
from pegbox.events import RunEnded
from pegbox.usage import Usage
from store_facts import (
    META,
    checkpoint_at,
    failed,
    finished,
    launched,
    reported,
    suggested,
)

NAN = float("nan")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder of the test's own, which is also the current folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def make(home):
    """Makes an ended experiment below ``~/pegbox_results``."""

    def made(name, events=(), how="complete", **changes):
        folder = home / "pegbox_results" / name
        with Store.create(folder, replace(META, name=name, **changes)) as store:
            store.begin_epoch(started=1.0, host="laptop", pid=7, versions={}, settings={})
            store.append([*events, RunEnded(9.0, how, "" if how == "complete" else "Ctrl-C")])
        return folder

    return made


@pytest.fixture
def trying(make):
    """Four trials: losses 0.9 (0.3 before) and 0.5, one that failed, one that never began."""
    return make(
        "trying",
        [
            *[suggested(0, 0.1), launched(0)],
            *[reported(0, 1, loss=0.3), reported(0, 2, loss=0.9), finished(0)],
            *[suggested(1, 0.2), launched(1)],
            reported(1, 1, checkpoint=checkpoint_at(1, 1), loss=0.5, acc=NAN),
            *[finished(1), suggested(2, 0.3), launched(2), failed(2), suggested(3, 0.4)],
        ],
    )


def run(*words):
    """A command that goes well; what it prints."""
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr
    return done.stdout


def data(*words):
    """The same, as strict JSON."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(run(*words, "--json"), parse_constant=refuse)


def refused(*words):
    """Exit code and message of a command that goes wrong; it prints nothing."""
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.stdout == ""
    return done.exit_code, done.stderr


# ---------------------------------------------------------------------------------------- ls


def test_experiments_are_listed_the_newest_first(make, trying):
    make("older", created=1_600_000_000.0)
    (trying.parent / "notes").mkdir()

    head, first, second = run("ls").splitlines()

    assert head.split() == ["experiment", "state", "trials", "ended", "failed", "best", "created"]
    assert first.split()[:7] == ["trying", "complete", "4", "3", "1", "loss", "0.5000"]
    assert second.split()[:3] == ["older", "complete", "0"]
    assert run("ls", trying.parent) == run("ls")
    assert run("ls", trying).splitlines() == [head.rstrip(), first]


def test_programs_are_given_the_whole_list(trying):
    (found,) = data("ls")

    assert found["path"] == str(trying)
    assert found["counts"] == {"TERMINATED": 3, "ERROR": 1}
    assert found["best"] == {"trial_id": "ab1de_00001", "score": 0.5}
    assert found["objectives"][0] == {"metric": "loss", "mode": "min"}


def test_what_cannot_be_read_is_named_and_the_others_are_shown(trying):
    (trying.parent / "broken").mkdir()
    (trying.parent / "broken" / "experiment.sqlite").write_text("no SQLite at all")

    done = CliRunner().invoke(main, ["ls"])

    assert done.exit_code == 0
    assert "trying" in done.stdout
    assert "broken/experiment.sqlite is no SQLite file, or a damaged one" in done.stderr


def test_where_there_is_nothing(home):
    assert refused("ls")[0] == 1
    (home / "empty").mkdir()
    assert run("ls", "empty") == f"no experiment in {home / 'empty'}\n"
    assert data("ls", "empty") == []


# -------------------------------------------------------------------------------------- show


def test_an_experiment_is_shown_with_the_best_trial_first(trying):
    text = run("show", "trying")

    assert text.startswith("trying\nstate      complete\n")
    assert f"folder     {trying}\n" in text
    assert "trials     1 error, 3 terminated\n" in text
    rows = [line.split()[:2] for line in text.splitlines() if line.startswith("ab1de_")]
    assert rows == [
        ["ab1de_00001", "TERMINATED"],
        ["ab1de_00000", "TERMINATED"],
        ["ab1de_00002", "ERROR"],
        ["ab1de_00003", "TERMINATED"],
    ]
    assert text.endswith("errors\n  ab1de_00002  no luck\n")


def test_where_the_time_went_is_shown_where_it_is_known(trying):
    assert "slots" not in run("show", "trying")
    with Store.open(trying) as store:
        store.save_usage(Usage(10.0, 15.0, {"paused": 5.0}, {"store": 1.5, "engine": 0.001}))
    text = run("show", "trying")
    assert "\nslots      busy 75 %, idle 25 %: 25 % paused\n" in text
    assert "\ntime in    store 1.5s\n" in text
    assert data("show", "trying")["usage"] == {
        "wall_s": 10.0,
        "busy_s": 15.0,
        "idle_s": {"paused": 5.0},
        "seconds": {"store": 1.5, "engine": 0.001},
    }


def test_rows_can_be_bounded_and_chosen(trying):
    assert "and 3 more; --limit 0 shows all\n" in run("show", "trying", "--limit", 1)
    assert "more" not in run("show", "trying", "--limit", 0)
    only = run("show", "trying", "--status", "error")
    assert "ab1de_00002  ERROR" in only
    assert "ab1de_00001  TERM" not in only


def test_an_interrupted_experiment_says_how_to_go_on_and_what_that_needs(make):
    folder = make("cut", [suggested(0)], how="interrupted")

    text = run("show", folder)

    assert "state      interrupted, Ctrl-C\n" in text
    assert text.endswith(
        f"go on with\n  pegbox.Tuner.restore({str(folder)!r}, train).fit()\n"
        "  it needs again: param_space (for 'kind')\n"
    )


def test_programs_are_given_every_trial(trying):
    shown = data("show", "trying")

    assert shown["state"] == "complete"
    assert [each["trial_id"] for each in shown["trials"]] == [
        f"ab1de_0000{n}" for n in (1, 0, 2, 3)
    ]
    best, _, dead, waiting = shown["trials"]
    assert best["metrics"]["acc"] == {"$float": "nan"}
    assert best["config"]["x"] == 0.2
    assert best["checkpoint"] == str(trying / checkpoint_at(1, 1).path)
    assert (dead["error"]["type_name"], dead["error"]["message"]) == ("ValueError", "no luck")
    assert (waiting["metrics"], waiting["checkpoint"], waiting["error"]) == (None, None, None)
    assert len(data("show", "trying", "--limit", 1)["trials"]) == 1


@pytest.mark.parametrize("word", ["0", "ab1de_00000", "train_ab1de_00000"])
def test_a_trial_is_shown_by_its_number_id_or_name(trying, word):
    text = run("show", "trying", word)

    assert text.startswith("train_ab1de_00000\nstatus      TERMINATED\n")
    assert "config\n  x       0.1\n  kind    <class 'list'>\n  deep/n  3\n" in text
    assert "last result\n  loss                0.9\n" in text
    assert text.endswith(
        "history\n  iter  time    loss\n     1  0.5s  0.3000\n     2  1.0s  0.9000\n"
    )


def test_a_failed_trial_is_shown_with_its_traceback(trying):
    text = run("show", "trying", 2)

    assert text.endswith("exception: no luck\n  Traceback …\n  ValueError: no luck\n")


def test_a_trials_results_for_programs(trying):
    shown = data("show", "trying", 0)

    assert [each["loss"] for each in shown["results"]] == [0.3, 0.9]
    assert [each["done"] for each in shown["results"]] == [False, True]
    assert len(data("show", "trying", 0, "--limit", 1)["results"]) == 1


# -------------------------------------------------------------------------------------- best


def test_the_best_trial(trying):
    text = run("best", "trying")

    assert text.startswith("train_ab1de_00001\nbest        loss 0.5 (min, last)\n")
    assert "  x       0.2\n" in text
    assert data("best", "trying")["score"] == 0.5


def test_best_by_another_metric_mode_and_scope(trying):
    assert data("best", "trying", "--scope", "all")["trial_id"] == "ab1de_00000"
    worst = data("best", "trying", "--mode", "max", "--scope", "avg")
    assert (worst["trial_id"], worst["score"]) == ("ab1de_00000", pytest.approx(0.6))
    latest = data("best", "trying", "--metric", "training_iteration", "--mode", "max")
    assert (latest["trial_id"], latest["metric"]) == ("ab1de_00000", "training_iteration")


# -------------------------------------------------------------------------------- wrong words


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["show", "tryin"],
            "pegbox: there is no experiment 'tryin', neither here nor in ~/pegbox_results\n"
            "  Did you mean {home}/pegbox_results/trying?\n",
        ),
        (
            ["show", "pegbox_results"],
            "pegbox: {home}/pegbox_results holds no experiment\n"
            "  `pegbox ls pegbox_results` shows the experiments in it.\n",
        ),
        (
            ["best", "zzz"],
            "pegbox: there is no experiment 'zzz', neither here nor in ~/pegbox_results\n"
            "  `pegbox ls` shows those in ~/pegbox_results, `pegbox ls FOLDER` those elsewhere.\n",
        ),
        (
            ["show", "trying", "ab1de_0002"],
            "pegbox: no trial of trying is called 'ab1de_0002'\n  Did you mean ab1de_00002?\n",
        ),
        (
            ["show", "trying", "44"],
            "pegbox: no trial of trying is called '44'\n  It has 4 trials, numbered from 0.\n",
        ),
        (
            ["best", "trying", "--metric", "los"],
            "pegbox: no trial has reported a number as 'los': of 4 trials, 1 failed\n"
            "  Did you mean 'loss'? Reported: ['acc', 'loss'].\n",
        ),
        (
            ["best", "trying", "--metric", "acc", "--mode", "max"],
            "pegbox: no trial has a finite value of 'acc': of 4 trials, 1 failed, and 1 reported "
            "it as NaN or infinite\n  `pegbox show trying` shows what became of its trials.\n",
        ),
        (["ls", "nowhere"], "pegbox: there is no folder {home}/nowhere\n"),
    ],
)
def test_an_error_is_one_line_and_a_hint(trying, home, words, message):
    assert refused(*words) == (1, message.replace("{home}", str(home)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shwo"], "No such command 'shwo'"),
        (["show"], "Missing argument 'EXPERIMENT'"),
        (["show", "trying", "--status", "dead"], "'dead' is not one of"),
        (["show", "trying", "0", "--status", "ERROR"], "--status goes with an experiment"),
        (["show", "trying", "--limit", "-1"], "is not in the range"),
        (["best", "trying", "--scope", "avrg"], "'avrg' is not one of 'last'"),
        (["export", "trying"], "say what to write: --csv, --json or both"),
        (["plugins", "--role", "logger"], "'logger' is not one of 'searcher'"),
    ],
)
def test_a_wrong_use_is_told_apart(trying, words, said):
    code, message = refused(*words)
    assert code == 2
    assert said in message
    assert message.startswith("Usage: ")


# ------------------------------------------------------------------------------ as a program

SCRIPT = Path(sys.executable).with_name("pegbox")


def call(*words, **options):
    """The real script, in a process of its own."""
    options = {"capture_output": True, "text": True, "timeout": 60, **options}
    return subprocess.run([SCRIPT, *map(str, words)], **options)


def test_the_script_and_the_module_are_the_same(trying):
    script = call("show", "trying")
    module = [sys.executable, "-m", "pegbox", "show", "trying"]
    done = subprocess.run(module, capture_output=True, text=True, timeout=60)

    assert (script.returncode, script.stderr) == (done.returncode, done.stderr) == (0, "")
    assert script.stdout == done.stdout == run("show", "trying")
    assert call("--version").stdout.startswith("pegbox 0.")
    assert "Commands:" in call("--help").stdout


def test_an_output_that_cannot_show_a_letter_is_no_obstacle(make):
    make("exp", [suggested(0), launched(0), failed(0, message="näh")])

    done = call("show", "exp", env={**os.environ, "PYTHONIOENCODING": "ascii"})

    assert (done.returncode, done.stderr) == (0, "")
    assert "ab1de_00000  n?h\n" in done.stdout


def test_a_reader_that_goes_away_is_no_error_worth_a_word(trying):
    process = subprocess.Popen(
        [SCRIPT, "show", "trying"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    process.wait(60)


def test_it_needs_no_code_of_others_and_unpickles_nothing(trying):
    script = f"""
import sys
def refuse(event, arguments):
    if event == "pickle.find_class":
        raise AssertionError(arguments)
sys.addaudithook(refuse)
from pegbox.cli import main
for words in (["ls"], ["show", "trying"], ["show", "trying", "1"], ["best", "trying"],
              ["export", "trying", "--csv", "--json", "--to", {str(trying.parent / "to")!r}]):
    main(words, standalone_mode=False)
heavy = {{"distributed", "dask", "pandas", "numpy", "optuna", "cloudpickle", "fsspec"}}
print("loaded:", heavy & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("loaded: set()\n")


def test_nothing_in_the_experiment_changes(trying):
    def files():
        return {path: path.read_bytes() for path in trying.rglob("*") if path.is_file()}

    before = files()
    for words in (["ls"], ["show", "trying"], ["show", "trying", 1], ["best", "trying"]):
        run(*words)
    run("export", "trying", "--csv", "--json", "--to", trying.parent / "to")

    assert files() == before


def test_on_a_terminal_columns_that_do_not_fit_are_left_out_and_named(make):
    long = {f"metric_{n}_of_some_length": 0.5 for n in range(9)}
    make("wide", [suggested(0), launched(0), reported(0, 1, loss=0.1, acc=0.2, **long)])
    keys, side = os.openpty()
    script = (
        "import fcntl, struct, sys, termios\n"
        "fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 60, 0, 0))\n"
        "from pegbox.cli import main\nmain(['show', 'wide'])"
    )
    environment = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
    environment["TERM"] = "xterm"
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=side, stderr=subprocess.PIPE, env=environment
    )
    os.close(side)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", os.read(keys, 65536).decode())
    os.close(keys)

    assert (done.returncode, done.stderr) == (0, b"")
    (row,) = [line for line in shown.splitlines() if line.startswith("ab1de_00000")]
    assert len(row) <= 60
    assert "not shown, for want of room: kind" in shown
    assert "not shown" not in run("show", "wide"), "in a pipe nothing is left out"
