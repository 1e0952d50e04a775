"""A searcher in a process of its own: the same points, whatever happens to that process."""

from __future__ import annotations

import gc
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest
from odd_searchers import (
    ENDS,
    Answers,
    Deaf,
    Doomed,
    LeavesAChild,
    Mortal,
    NeverAgain,
    ProgressBar,
    Raises,
    Shares,
    Sleeper,
    Talkative,
    refusal,
)
from pegbox import Searcher, uniform
from pegbox._run.components import make_component
from pegbox._run.searcher_process.calls import SearcherThere
from pegbox._run.searcher_process.driver import SearcherProcessDriver
from pegbox._run.searcher_process.faults import ErrorElsewhere
from pegbox._run.searcher_process.output import LastLines
from pegbox._run.searcher_process.process import TIMEOUT_VARIABLE, SearcherDied, SearcherProcess
from pegbox._run.searcher_process.sending import sent_away
from pegbox.builtin.concurrency_limiter import ConcurrencyLimiter
from pegbox.builtin.repeater import Repeater
from pegbox.commands import Ask, Tell
from pegbox.decisions import START_NEW
from pegbox.errors import ConfigError, MissingDependency, PluginError
from pegbox.events import Declined, PluginFailed, Suggested
from pegbox.searcher import Traits
from searcher_drive import SPACE, Drive, Learner


class Run:
    """A searcher's process behind its driver, asked and told as a run does."""

    def __init__(self, make, *, space=SPACE):
        self.drive = Drive(make, space=space, own_process=True)
        self.searcher = self.drive.searcher
        self.events = queue.SimpleQueue()
        self.driver = SearcherProcessDriver(self.drive.desk, self.searcher)
        self.driver.start(self._post)

    def _post(self, events):
        for event in events:
            self.events.put(event)

    def next(self):
        return self.events.get(timeout=60)

    def ask(self, *numbers):
        self.driver.order([Ask(number) for number in numbers])
        return [self.next() for _ in numbers]

    def tell(self, number, loss, outcome="finished"):
        self.driver.order([Tell(number, None if loss is None else {"loss": loss}, outcome)])

    def play(self, trials=7):
        """Points of trials that overlap: each one's loss follows from its number."""
        points = {}
        for number in range(trials):
            (event,) = self.ask(number)
            assert isinstance(event, Suggested), event
            points[number] = event.point
            if number >= 2:
                self.tell(number - 2, None if number % 3 == 0 else float(number))
        return points


@pytest.fixture
def started():
    """Makes runs, and ends them."""
    runs = []

    def start(make, **options):
        runs.append(Run(make, **options))
        return runs[-1]

    yield start
    for run in runs:
        run.driver.close()
        run.searcher.end()


def processes(marker):
    """Ids of the processes that carry a text in their environment or command."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            about = Path("/proc", entry, "environ").read_bytes()
            about += Path("/proc", entry, "cmdline").read_bytes()
        except OSError:
            continue
        if marker in about and b"\0Z" not in about:
            found.append(int(entry))
    return found


def gone(find, timeout_s=10.0):
    """Whether what ``find`` finds is soon none."""
    until = time.monotonic() + timeout_s
    while (left := find()) and time.monotonic() < until:
        time.sleep(0.02)
    return left == []


# ------------------------------------------------------------------------- the same as here


@pytest.mark.parametrize(
    "make",
    [
        Learner,
        lambda: ConcurrencyLimiter(Learner(), 3),
        lambda: ConcurrencyLimiter(Learner(), 3, batch=True),
        lambda: Repeater(Learner(), 2),
        lambda: Repeater(ConcurrencyLimiter(Learner(), 2), 2),
    ],
    ids=["alone", "limited", "in batches", "repeated", "both"],
)
def test_there_it_proposes_what_it_would_have_proposed_here(make):
    there, here = (Drive(make, own_process=own) for own in (True, False))
    for step in range(12):
        assert there.ask() == here.ask()
        if step % 3:
            loss, outcome = (None, "failed") if step == 5 else (1 / step, "finished")
            for drive in (there, here):
                drive.end(drive.pending[0], loss, outcome)
    assert there.points == here.points
    assert there.configs == here.configs
    there.restore()
    here.restore()
    assert there.ask() == here.ask()
    assert there.points == here.points
    there.close()


# ----------------------------------------------------------------------------------- deaths


@pytest.mark.parametrize("how", [how for how in ENDS if how != "hang"])
def test_a_process_that_ended_is_begun_again_and_goes_on_as_if_nothing_had_been(
    how, started, tmp_path, caplog
):
    whole = started(Learner).play()
    run = started(lambda: Mortal(tmp_path, how, asks=(0, 4), told=(1,)))
    with caplog.at_level(logging.WARNING, "pegbox"):
        assert run.play() == whole
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 3, said
    assert all("It is started again, and told what is known" in each for each in said)
    assert "these are the last words before ask-4" in said[-1]
    expected = {
        "exit": "ended with exit code 3",
        "SystemExit": "ended with exit code 4",
        "SIGKILL": "killed by SIGKILL from outside",
        "SIGSEGV": "killed by SIGSEGV (segmentation fault)",
        "garbage": "ended, for it wrote what is no message: b'Segmentation fault? No, words.'",
    }
    assert f"the process of searcher Mortal (odd_searchers.Mortal) was {expected[how]}" in said[0]


def test_a_process_that_gives_no_answer_is_given_up_and_begun_again(started, tmp_path, caplog):
    whole = started(Learner).play(4)
    run = started(lambda: Mortal(tmp_path, "hang", asks=(2,)))
    run.searcher._process.timeout_s = 0.5  # that of the next one is as the environment says
    with caplog.at_level(logging.WARNING, "pegbox"):
        assert run.play(4) == whole
    (record,) = caplog.records
    story = "given up after 0.5 s without an answer (PEGBOX_SEARCHER_TIMEOUT_S); the last that it"
    assert story in record.getMessage()


def test_a_death_is_noticed_though_a_forked_child_lives_on(started, tmp_path, caplog):
    whole = started(Learner).play(3)
    run = started(lambda: LeavesAChild(tmp_path, "SIGKILL", asks=(1,)))
    with caplog.at_level(logging.WARNING, "pegbox"):
        assert run.play(3) == whole
    (record,) = caplog.records
    assert "was killed by SIGKILL from outside" in record.getMessage()


def test_how_long_an_answer_may_take_is_set_by_the_environment(monkeypatch):
    monkeypatch.setenv(TIMEOUT_VARIABLE, "77.5")
    process = SearcherProcess()
    assert process.timeout_s == 77.5
    process.end()


def test_a_process_that_is_killed_while_nobody_asks_it_is_begun_again(started):
    whole, run = started(Learner).play(3), started(Learner)
    points = run.play(2)
    os.kill(run.searcher.pid, signal.SIGKILL)
    (event,) = run.ask(2)
    assert {**points, 2: event.point} == whole


def test_three_deaths_without_an_answer_end_it_with_its_last_words(started):
    run = started(Doomed)
    (event,) = run.ask(0)
    assert isinstance(event, PluginFailed)
    assert event.error == (
        "the process of searcher Doomed (odd_searchers.Doomed) ended 3 times without an answer "
        "between; the last time it was ended with exit code 7; the last that it printed:\n"
        "    not again"
    )
    run.driver.order([Ask(1), Tell(0, None, "failed")])
    run.driver.close()
    assert run.events.empty(), "nothing is asked of it any more"


def test_at_the_end_nobody_waits_for_an_answer(started, tmp_path):
    run = started(lambda: Deaf(tmp_path / "pid"))
    run.driver.order([Ask(0)])
    note = tmp_path / "pid"
    while not (note.exists() and note.read_text()):
        time.sleep(0.01)
    pid = int(note.read_text())
    run.driver.close()
    run.searcher.end()
    assert not os.path.exists(f"/proc/{pid}")
    assert run.searcher.call("searcher_save") is None
    assert gone(lambda: [p for p in processes(b"sleep\x001000") if os.getpgid(p) == pid])


def test_it_ends_in_good_order_with_its_helpers(started, tmp_path):
    run = started(lambda: Shares(tmp_path / "note"))
    run.ask(0)
    run.driver.close()
    run.searcher.end()
    with pytest.raises(FileNotFoundError):
        SharedMemory((tmp_path / "note").read_text())


def test_the_end_comes_also_while_the_process_is_begun_again(started, tmp_path):
    note = tmp_path / "note"
    run = started(lambda: NeverAgain(note))
    run.driver.order([Ask(0)])
    while not (note.exists() and note.read_text()):
        time.sleep(0.01)
    run.driver.close()
    assert run.events.empty()


DRIVER = """
import os, sys
sys.path[:0] = {path!r}
from odd_searchers import Deaf
from searcher_drive import Drive
Drive(lambda: Deaf({note!r}), own_process=True).ask()
"""


def test_ten_seconds_after_the_driver_was_killed_nothing_of_it_is_left(tmp_path):
    note = tmp_path / "pid"
    script = DRIVER.format(path=sys.path, note=str(note))
    mark = {**os.environ, "MARK_OF_THIS_TEST": str(tmp_path)}
    driver = subprocess.Popen([sys.executable, "-c", script], env=mark)
    while not (note.exists() and note.read_text()):
        time.sleep(0.02)
    mine = str(tmp_path).encode()
    assert len(processes(mine)) >= 4, "driver, guard, searcher, and its child"
    driver.kill()
    driver.wait()
    assert gone(lambda: processes(mine)), "they are left"


def test_an_unused_process_ends_with_what_holds_it():
    process = SearcherProcess()
    pid = process.pid
    del process
    gc.collect()
    assert not os.path.exists(f"/proc/{pid}")


# -------------------------------------------------------------------------- what goes across


def test_what_it_prints_is_shown_and_spoils_nothing(started, capfd, caplog):
    run = started(Talkative)
    with caplog.at_level(logging.WARNING, "pegbox"):
        run.play(2)
    run.driver.close()
    run.searcher.end()
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("printed") == err.count("said by a child") == err.count('{"id": 2') == 2
    assert [record.getMessage() for record in caplog.records] == ["logged 0", "logged 1"]


def test_a_progress_bar_is_shown_while_it_grows(started, capfd):
    run = started(ProgressBar)
    run.ask(0)
    shown = []
    assert gone(
        lambda: [] if "100 % █" in "".join(shown) else [shown.append(capfd.readouterr().err)]
    )
    assert "".join(shown) == "".join(f"\r{percent} % █" for percent in range(0, 101, 25))
    assert run.searcher._process.output == "    100 % █"


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (["one\ntw", "o\nthree"], ["one", "two", "three"]),
        (["one\r", "\ntwo\r\n"], ["one", "two"]),
        (["10 %\r", "20 %\r"], ["20 %"]),
        (["\r10 %", "\r20 %", "\n"], ["20 %"]),
        ([str(number) + "\n" for number in range(60)], [str(number) for number in range(10, 60)]),
        (["x" * 400] * 1000, ["x" * 500]),
        ([], []),
    ],
)
def test_the_last_of_what_it_prints_is_kept_as_a_terminal_shows_it(pieces, lines):
    last = LastLines()
    for piece in pieces:
        last.add(piece)
    assert str(last) == "\n".join(f"    {line}" for line in lines)


def test_what_it_prints_harms_nothing_where_nobody_can_be_shown_it(started, monkeypatch):
    run = started(Talkative)
    monkeypatch.setattr(sys, "stderr", None)  # as in a program without a terminal
    assert run.play(5) == started(Learner).play(5)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (refusal(), "no such space\n  Take another."),
        (MissingDependency("no foo", hint="Run `pip install foo`."), "no foo\n  Run `pip"),
    ],
)
def test_what_a_setup_says_about_arguments_comes_as_it_is(error, message):
    with pytest.raises(type(error)) as caught:
        Drive(lambda: Raises("setup", error), own_process=True)
    assert type(caught.value) is type(error)
    assert str(caught.value).startswith(message)
    assert caught.value.__notes__ == ["said by searcher Raises (odd_searchers.Raises)"]


@pytest.mark.parametrize("method", ["suggest", "on_trial_complete", "get_state"])
def test_a_searcher_that_raises_is_named_with_its_own_exception(method, started):
    run = started(lambda: Raises(method, ValueError("no more ideas")))
    (event,) = run.ask(0)
    if method == "on_trial_complete":
        run.tell(0, 1.0)
        event = run.next()
    if method == "get_state":
        with pytest.raises(PluginError) as caught:
            run.searcher.call("searcher_save")
        error = caught.value
    else:
        assert isinstance(event, PluginFailed)
        error = run.drive.desk.error
    assert str(error) == (
        f"searcher Raises (odd_searchers.Raises) raised in {method}: ValueError: no more ideas"
    )
    assert error.plugin == "Raises (odd_searchers.Raises)"
    cause = error.__cause__
    assert type(cause) is ValueError
    assert str(cause) == "no more ideas"
    assert isinstance(cause.__cause__, ErrorElsewhere)
    assert "in _raise" in str(cause.__cause__), "where in the plugin it was raised"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "answered None in suggest"),
        ("x", "answered 'x' in suggest"),
        (START_NEW, "answered <Signal.START_NEW: 'START_NEW'> in suggest"),
        ({"x": 2.0, "y": 0.5}, "suggested a point outside the space: "),
        ({"x": 0.5}, "suggested a point outside the space: "),
        ({"x": object(), "y": 0.5}, "suggested a point outside the space: x is of type object"),
        ({"x": float("nan"), "y": 0.5}, "suggested a point outside the space: "),
    ],
)
def test_an_answer_that_is_none_is_refused_as_here(answer, says, started):
    (event,) = started(lambda: Answers(answer)).ask(0)
    assert isinstance(event, PluginFailed)
    assert f"searcher Answers (odd_searchers.Answers) {says}" in event.error


def test_wait_comes_across(started):
    assert isinstance(started(lambda: Answers(Searcher.WAIT)).ask(0)[0], Declined)


def test_lines_of_any_length_in_any_number_go_both_ways():
    """More than the pipes hold, to a process that does not listen at first."""
    space = {f"parameter-{number}": uniform(0, 1) for number in range(5_000)}
    there = Drive(Sleeper, space=space, own_process=True)
    for _ in range(3):
        there.end(there.ask(), 1.0)
    there.restore()
    assert there.ask() == 3
    assert len(there.points[3]) == 5_000
    there.close()


def test_two_searchers_know_nothing_of_each_other(started):
    first, second = started(Learner), started(Learner)
    assert first.searcher.pid != second.searcher.pid
    numbers = range(3)
    threads = [threading.Thread(target=run.play, args=(3,)) for run in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [first.drive.desk._known[n][1] for n in numbers] == [
        second.drive.desk._known[n][1] for n in numbers
    ]


# ----------------------------------------------------------------------- what cannot be sent


class Locked(Learner):
    traits = Traits()

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


def test_what_cannot_be_pickled_stays_and_that_is_said(caplog):
    component = make_component("searcher", Locked(), "random")
    with caplog.at_level(logging.WARNING, "pegbox"):
        assert sent_away(component) is None
    (record,) = caplog.records
    assert record.getMessage() == (
        "searcher Locked works on a thread of this process, where answers to trials wait while it "
        "computes: searcher Locked cannot be sent to a process of its own: its element 0, in it "
        "the attribute 'lock' is of type _thread.lock, which cannot be pickled (TypeError: cannot "
        "pickle '_thread.lock' object)"
    )


def test_what_cannot_be_imported_there_stays_and_that_is_said(caplog, monkeypatch):
    module = type(sys)("made_on_the_fly")
    exec(
        "from pegbox import Searcher\nclass Here(Searcher):\n    def suggest(self): ...",
        vars(module),
    )
    monkeypatch.setitem(sys.modules, "made_on_the_fly", module)
    component = make_component("searcher", module.Here(), "random")
    with caplog.at_level(logging.WARNING, "pegbox"):
        assert sent_away(component) is None
    (record,) = caplog.records
    assert "ModuleNotFoundError: No module named 'made_on_the_fly'" in record.getMessage()


def test_a_cheap_searcher_stays():
    assert sent_away(make_component("searcher", "random", "random")) is None
    assert sent_away(make_component("searcher", "grid", "random")) is None


# ------------------------------------------------------------------------------- the version

FOREIGN = """
import sys
sys.stdin.readline()
print('{"protocol": 2, "pegbox": "9.9"}', flush=True)
sys.stdin.read()
"""


def test_another_protocol_is_refused_with_what_helps():
    process = SearcherProcess([sys.executable, "-c", FOREIGN])
    with pytest.raises(PluginError) as caught:
        process.ask(do="sync")
    assert "the searcher's process speaks protocol 2 (pegbox 9.9), and this one" in str(
        caught.value
    )
    assert caught.value.hint == (
        "pegbox was installed anew since this process began: start it again."
    )
    assert process.ended


def test_a_process_that_cannot_begin_says_why():
    process = SearcherProcess([sys.executable, "-c", "raise SystemExit('no such interpreter')"])
    with pytest.raises(SearcherDied) as caught:
        process.ask(do="sync")
    assert caught.value.story == (
        "ended with exit code 1; the last that it printed:\n    no such interpreter"
    )


def test_a_searcher_that_dies_in_setup_is_an_error_at_once(tmp_path):
    class DiesInSetup(Learner):
        def setup(self, space, num_samples):
            os._exit(9)

    with pytest.raises(PluginError) as caught:
        Drive(DiesInSetup, own_process=True)
    assert "lost its process in setup: it was ended with exit code 9; it printed nothing" in str(
        caught.value
    )


def test_what_a_component_needs_of_its_searcher_is_there():
    there = SearcherThere(make_component("searcher", Repeater(Learner(), 2), "random"))
    assert there.implements("searcher_config")
    assert not there.implements("searcher_load")
    assert there.label == "Learner (searcher_drive.Learner)"
    there.end()
    with pytest.raises(ConfigError):
        make_component("searcher", ("random", {"no": 1}), "random", own_process=True)
