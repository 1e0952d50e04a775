"""The driver is killed at random moments, and the experiment is restored until it ends."""

import random
import signal

import pytest
from faults.auditor import audit, open_tries, read_ledger
from faults.killer_handle import KILLS, killer
from faults.processes import experiment

ASHA = ("asha", {"max_t": 8, "grace_period": 2, "reduction_factor": 3})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("search_alg", "kills", "samples", "keep"),
    [("random", KILLS, 6 * KILLS, 1), ("optuna", max(1, KILLS // 5), 2 * KILLS, None)],
    ids=["random", "optuna"],
)
def test_no_report_is_lost_and_no_work_repeated(tmp_path, search_alg, kills, samples, keep):
    settings = {"search_alg": search_alg, "samples": samples, "keep": keep}
    with (
        killer() as hunter,
        experiment(tmp_path, scheduler=ASHA, **settings) as study,
    ):
        early = set(random.Random(hunter.seed).sample(range(kills), kills // 8))
        moments = [kill_once(study, hunter, early=n in early) for n in range(kills)]
        # A worker that is left over may write a checkpoint before it notices.
        study.drivers[-1].wait_for_nobody()
        summary = study.start().finish()
        study.drivers[-1].wait_for_nobody()
        hits = sum(hit for _, hit in moments)
        print(f"{hits} of {kills} kills hit a running trial: {moments}")
        complaints = audit(study.folder, study.journal, samples, keep)
        assert not complaints, "\n".join(complaints)
        assert summary == {"statuses": ["TERMINATED"] * samples, "errors": 0}
        assert hits >= 0.75 * kills
        assert "WARNING" not in "".join(driver.text() for driver in study.drivers)


def kill_once(study, hunter, *, early):
    """Start a driver and have it killed; the next one does not wait for what it leaves behind."""
    driver = study.start()
    hunter.order("driver", pid=driver.pid, journal=study.journal, round=study.round, early=early)
    if len(study.drivers) > 1:
        study.drivers[-2].wait_for_nobody()
    after_s = hunter.answer()["after_s"]
    assert after_s is not None, f"it ended before it was killed: {driver.text()}"
    assert driver.process.wait() == -signal.SIGKILL, driver.text()
    check_story(study)
    return after_s, bool(open_tries(study.entries(), study.round))


def check_story(study):
    """What was stored stays as it was: a restore adds to the story and changes nothing."""
    if (study.folder / "experiment.sqlite").exists():
        rows = [tuple(row) for row in read_ledger(study.folder).events]
        assert rows[: len(study.story)] == study.story
        study.story = rows
