"""A trial that brings its process down fails alone, with the cause; or is tried again."""

from collections import Counter

import pytest
from faults.auditor import audit, read_ledger
from faults.processes import experiment
from pegbox.results import ResultGrid

KINDS = {"exit": "exit code 1", "segv": "SIGSEGV", "abort": "SIGABRT"}
WITHIN = [*KINDS, "none", "none", "none"]


@pytest.fixture(scope="module")
def without_retry(tmp_path_factory):
    """Three trials that crash, each once more than it may, among others."""
    yield from run(tmp_path_factory.mktemp("crashes"), max_failures=0)


@pytest.fixture(scope="module")
def with_retry(tmp_path_factory):
    """The same, and each may fail once."""
    yield from run(tmp_path_factory.mktemp("retries"), max_failures=1)


def run(base, max_failures):
    with experiment(
        base,
        samples=1,
        report_s=0.02,
        grid={"crash": WITHIN},
        space={"crash_attempts": 1},
        max_failures=max_failures,
    ) as study:
        study.start().finish()
        study.drivers[-1].wait_for_nobody()
        yield study


@pytest.mark.parametrize(("kind", "message"), KINDS.items())
def test_it_fails_alone_with_the_cause(without_retry, kind, message):
    results = ResultGrid(without_retry.folder)
    (failed,) = [result for result in results if result.config["crash"] == kind]
    assert failed.error.cause == "crash"
    assert message in failed.error.message
    assert failed.status.value == "ERROR"
    assert failed.metrics["training_iteration"] == 2
    others = [result for result in results if result.config["crash"] == "none"]
    assert [other.error for other in others] == [None] * 3
    assert {other.metrics["training_iteration"] for other in others} == {8}


def test_its_worker_comes_back(without_retry):
    """More trials ran on each of two places than one process can have survived."""
    ledger = read_ledger(without_retry.folder)
    pids = {entry.pid for entry in without_retry.entries() if entry.kind == "start"}
    assert len(pids) >= 3
    assert Counter(ledger.states.values()) == {"finished": 3, "failed": 3}


def test_with_a_failure_left_it_goes_on_from_its_checkpoint(with_retry):
    complaints = audit(with_retry.folder, with_retry.journal, len(WITHIN))
    assert not complaints, "\n".join(complaints)
    results = ResultGrid(with_retry.folder)
    assert [result.error for result in results] == [None] * len(WITHIN)
    entries = with_retry.entries()
    second = {e.trial: e.iteration for e in entries if e.kind == "start" and e.attempt == 2}
    assert list(second.values()) == [2, 2, 2]
    ends = [row for row in read_ledger(with_retry.folder).of("Ended") if row["attempt"] == 1]
    crashed = [row for row in ends if row["outcome"] == "failed"]
    assert sorted(row["trial"] for row in crashed) == sorted(second)
