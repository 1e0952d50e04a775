"""Ctrl-C at a terminal: once ends the run in good order, twice at once. Both can be restored."""

import json
import re
import signal
import sys
import time

import pytest
from faults.auditor import audit, open_tries, read_ledger
from faults.processes import experiment, wait_until
from faults.terminal import in_terminal, terminal
from pegbox.results import ResultGrid

SAMPLES = 6
#: A trial that works so long on one report is not waited for.
LONG_S = 600
AT_ONCE_S = 15

GO_ON = """
import json, pegbox
from faults.trial import train
results = {expression}
statuses = [result.status.value for result in results]
print(json.dumps({{"statuses": statuses, "errors": results.num_errors}}))
"""


@pytest.fixture
def screen():
    with terminal() as made:
        yield made


def reported(study):
    return [entry for entry in study.begun() if entry.kind == "returned"]


def go_on(study, **changes):
    """Restore by hand, and check the whole."""
    summary = study.start(**changes).finish()
    assert summary == {"statuses": ["TERMINATED"] * SAMPLES, "errors": 0}
    complaints = audit(study.folder, study.journal, SAMPLES)
    assert not complaints, "\n".join(complaints)


@pytest.mark.slow
def test_once_ends_in_good_order_and_says_how_to_go_on(tmp_path, screen):
    base = tmp_path / 'it\'s "mine"'
    base.mkdir()
    with experiment(base, samples=SAMPLES, report_s=0.1) as study:
        driver = study.start(in_terminal(screen, study.command()))
        wait_until(lambda: len(reported(study)) >= 3)
        screen.press_ctrl_c()
        assert driver.process.wait(60) == 0, screen.text()
        driver.wait_for_nobody()
        summary = json.loads(screen.text().splitlines()[-1])
        assert summary["errors"] == 0
        assert summary["statuses"].count("PENDING") >= 2, "what ran is to be gone on with"

        check_good_order(read_ledger(study.folder))
        (expression,) = re.findall(r"Go on with: (.*)", screen.text())
        code = GO_ON.format(expression=expression)
        summary = study.start([sys.executable, "-c", code]).finish()
        assert summary == {"statuses": ["TERMINATED"] * SAMPLES, "errors": 0}
        complaints = audit(study.folder, study.journal, SAMPLES)
        assert not complaints, "\n".join(complaints)


def check_good_order(ledger):
    """Nothing started after the request, and what ran ended with its next report."""
    (asked,) = [row["seq"] for row in ledger.of("StopRequested")]
    after = [row for row in ledger.events if row["seq"] > asked]
    assert "Launched" not in [row["kind"] for row in after]
    reports = [row for row in after if row["kind"] == "Reported"]
    assert len({row["trial"] for row in reports}) == len(reports) <= 2
    assert {row["outcome"] for row in reports} == {"INTERRUPT"}
    assert ledger.epochs[-1]["how"] == ledger.events[-1]["outcome"] == "interrupted"


def test_once_does_not_wait_for_ever(tmp_path, screen, monkeypatch):
    monkeypatch.setenv("PEGBOX_FORCE_TRIAL_CLEANUP_S", "0.5")
    with experiment(tmp_path, samples=SAMPLES) as study:
        driver = study.start(in_terminal(screen, study.command(report_s=LONG_S)))
        wait_until(lambda: len(open_tries(study.begun(), study.round)) == 2)
        screen.press_ctrl_c()
        assert driver.process.wait(60) == 0, screen.text()
        assert "after 0.5 s by force" in screen.text()
        driver.wait_for_nobody()
        summary = json.loads(screen.text().splitlines()[-1])
        assert summary["errors"] == 0
        assert summary["statuses"].count("PENDING") >= 2, "what ran is to be gone on with"


def test_twice_ends_at_once(tmp_path, screen):
    with experiment(tmp_path, samples=SAMPLES) as study:
        driver = study.start(in_terminal(screen, study.command(report_s=LONG_S)))
        wait_until(lambda: len(open_tries(study.begun(), study.round)) == 2)
        screen.press_ctrl_c()
        wait_until(lambda: "Go on with" in screen.text())
        screen.press_ctrl_c()
        pressed = time.monotonic()
        assert driver.process.wait(AT_ONCE_S) == -signal.SIGINT, screen.text()
        print(f"it ended {time.monotonic() - pressed:.1f} s after the second Ctrl-C")
        assert "KeyboardInterrupt" in screen.text()
        driver.wait_for_nobody()
        assert ResultGrid(study.folder).num_errors == 0


@pytest.mark.slow
def test_twice_keeps_what_was_reported(tmp_path, screen):
    with experiment(tmp_path, samples=SAMPLES, report_s=0.1) as study:
        driver = study.start(in_terminal(screen, study.command()))
        wait_until(lambda: len(reported(study)) >= 5)
        screen.press_ctrl_c()
        screen.press_ctrl_c()
        assert driver.process.wait(AT_ONCE_S) in (0, -signal.SIGINT), screen.text()
        driver.wait_for_nobody()
        go_on(study)


@pytest.mark.slow
def test_before_the_first_trial(tmp_path, screen):
    with experiment(tmp_path, samples=SAMPLES) as study:
        driver = study.start(in_terminal(screen, study.command()))
        wait_until(lambda: (study.folder / "experiment.sqlite").exists())
        screen.press_ctrl_c()
        assert driver.process.wait(60) in (0, -signal.SIGINT), screen.text()
        driver.wait_for_nobody()
        go_on(study)
