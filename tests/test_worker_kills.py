"""Workers are killed at random moments: their trials go on elsewhere, and it is nobody's fault."""

import json
from collections import Counter

import pytest
from faults.auditor import audit, read_ledger
from faults.killer_handle import KILLS, killer
from faults.processes import experiment


@pytest.mark.slow
def test_a_lost_trial_goes_on_from_its_last_checkpoint_elsewhere(tmp_path):
    samples = 2 * KILLS + 10
    with killer() as hunter, experiment(tmp_path, samples=samples, report_s=0.08) as study:
        driver = study.start()
        hunter.order("workers", pid=driver.pid, journal=study.journal, times=KILLS)
        killed = hunter.answer()["killed"]
        assert len(killed) == KILLS, f"it ended after {len(killed)} kills: {driver.text()}"
        summary = driver.finish()
        driver.wait_for_nobody()
        complaints = audit(study.folder, study.journal, samples)
        assert not complaints, "\n".join(complaints)
        # max_failures is 0, so one that counted would have ended its trial.
        assert summary == {"statuses": ["TERMINATED"] * samples, "errors": 0}

        lost = [row for row in read_ledger(study.folder).of("Ended") if row["outcome"] == "lost"]
        print(f"{len(lost)} of {KILLS} kills hit a trial")
        assert len(lost) >= 0.75 * KILLS
        for row in lost:
            failure = json.loads(row["payload"])
            assert failure["cause"] == "lost"
            assert "SIGKILL" in failure["message"]
        assert_each_went_on_elsewhere(study.entries(), lost)


def assert_each_went_on_elsewhere(entries, lost):
    starts = {(e.trial, e.attempt): e.pid for e in entries if e.kind == "start"}
    for row in lost:
        before = starts.get((row["trial"], row["attempt"]))
        assert starts.get((row["trial"], row["attempt"] + 1)) != before or before is None
    attempts = Counter(row["trial"] for row in lost)
    for trial, losses in attempts.items():
        assert max(attempt for t, attempt in starts if t == trial) == losses + 1
