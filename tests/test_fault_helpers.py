"""The auditor finds what it is there to find, and the killer spares whom it has to."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from faults.auditor import audit, open_tries, read_ledger
from faults.journal import Entry, write_entry
from faults.killer import victims
from faults.processes import experiment

TRIALS = 2


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """An experiment that nothing happened to, once for all tests."""
    with experiment(
        tmp_path_factory.mktemp("finished"), samples=TRIALS, executor="inline", report_s=0
    ) as made:
        made.start().finish()
        yield made


@pytest.fixture
def copy(finished, tmp_path):
    """A copy to be falsified: folder and journal."""
    shutil.copytree(finished.folder, tmp_path / "study")
    shutil.copytree(finished.journal, tmp_path / "journal")
    return tmp_path / "study", tmp_path / "journal"


def change(folder, statement):
    with closing(sqlite3.connect(folder / "experiment.sqlite")) as db:
        assert db.execute(statement).rowcount >= 1
        db.commit()


def test_an_undisturbed_run_is_in_order(copy):
    assert audit(*copy, TRIALS) == []


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("DELETE FROM events WHERE kind = 'Ended' AND trial = 1", "trial 1: ended 0 times"),
        ("UPDATE trials SET state = 'running' WHERE number = 0", "trial 0: is running in the end"),
        ("UPDATE trials SET last_report_seq = NULL WHERE number = 0", "report 8 = "),
        (
            "UPDATE events SET checkpoint = NULL WHERE trial = 1 AND iteration = 4",
            "trial 1: the checkpoint of report 4 was never recorded",
        ),
        (
            "UPDATE events SET outcome = 'STOP' WHERE trial = 1 AND iteration = 7",
            "trial 1: Reported 8 followed on the decision to stop it",
        ),
        (
            "UPDATE events SET attempt = 2 WHERE trial = 1 AND iteration = 7",
            "trial 1: try 2 reported while 1 ran",
        ),
    ],
)
def test_a_store_that_lacks_something_is_found_out(copy, statement, complaint):
    folder, journal = copy
    change(folder, statement)
    assert any(complaint in found for found in audit(folder, journal, TRIALS))


def test_a_missing_trial_is_found_out(copy):
    assert "there are 2 trials, and were to be 3" in audit(*copy, TRIALS + 1)


def test_a_checkpoint_that_is_gone_is_found_out(copy):
    folder, journal = copy
    path = read_ledger(folder).checkpoints[0][1][0]
    shutil.rmtree(folder / path)
    assert audit(folder, journal, TRIALS) == [
        f"trial 0: its recorded checkpoint {path} is not whole"
    ]


def test_repeated_work_is_found_out(copy):
    folder, journal = copy
    write_entry(str(journal), Entry("start", 0, 2, 0, 1, iteration=4))
    change(
        folder,
        "INSERT INTO events(at, kind, trial, attempt, worker) VALUES (0, 'Launched', 0, 2, 'w')",
    )
    found = audit(folder, journal, TRIALS)
    assert "trial 0: try 2 went on from 4, recorded was [2, 4, 6, 8]" in found
    assert "trial 0: try 2 repeated 4 reports" in found


def test_a_try_that_began_twice_is_found_out(copy):
    folder, journal = copy
    write_entry(str(journal), Entry("start", 0, 1, 0, 1))
    assert any("began twice" in found for found in audit(folder, journal, TRIALS))


def test_a_try_is_open_from_its_start_to_its_end():
    start, end = Entry("start", 3, 2, 7, 1), Entry("end", 3, 2, 7, 1)
    assert open_tries([start], 7) == {3}
    assert open_tries([start], 6) == set()
    assert open_tries([start, end], 7) == set()


def lines(*kinds):
    """A trial's journal: ``s`` begins a try in a process of that number, ``r`` is a report."""
    entries, attempt = [], 0
    for kind in kinds:
        attempt += kind == "s"
        name = {"s": "start", "r": "returned", "e": "end"}[kind]
        entries.append(Entry(name, 0, attempt, 0, pid=attempt))
    return entries


@pytest.mark.parametrize(
    ("kinds", "alive", "expected"),
    [
        ("s", {1}, ({1}, True)),
        ("sr", {1}, ({1}, True)),
        ("srsr", {2}, ({2}, True)),
        ("srs", {2}, ({2}, False)),  # the second loss without a report between
        ("ss", {2}, ({2}, False)),
        ("srss", {3}, (set(), False)),  # it would be the third
        ("sss", {3}, (set(), False)),
        ("sr", set(), (set(), False)),  # lost, and not yet begun elsewhere
        ("srsre", {2}, (set(), True)),
    ],
)
def test_no_trial_is_lost_three_times_without_a_report(kinds, alive, expected):
    assert victims([lines(*kinds)], alive.__contains__) == expected
