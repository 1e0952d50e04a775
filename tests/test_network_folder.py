"""The driver is killed while its experiment's folder is on a network: what is lost, what is not.

A machine is a state folder of its own; ``PEGBOX_LOCAL_DISK=0`` has every folder count as a
network's.
"""

import json
import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pegbox
import pytest
from faults.auditor import audit, read_ledger
from faults.processes import experiment, wait_until
from faults.trial import CHECKPOINT_EVERY
from pegbox.errors import ExperimentLocked

SAMPLES = 5


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Says on which machine drivers are started from now on."""
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "0")

    def go_to(name):
        monkeypatch.setenv("PEGBOX_STATE_DIR", str(tmp_path / f"machine_{name}"))

    go_to("a")
    return go_to


def kill(study):
    driver = study.drivers[-1]
    driver.process.send_signal(signal.SIGKILL)
    assert driver.process.wait() == -signal.SIGKILL, driver.text()
    driver.wait_for_nobody()


def kept(study):
    """Trial -> iteration of the last report that returned with a checkpoint."""
    entries = [entry for entry in study.begun() if entry.kind == "returned" and entry.kept]
    return {entry.trial: entry.iteration for entry in entries}


def reports_in(snapshot):
    """Trial -> reports that a snapshot has."""
    if not snapshot.exists():
        return {}
    with closing(sqlite3.connect(f"{snapshot.as_uri()}?mode=ro", uri=True)) as db:
        select = "SELECT trial, count(*) FROM events WHERE kind = 'Reported' GROUP BY trial"
        return dict(db.execute(select).fetchall())


@pytest.mark.slow
def test_on_the_drivers_machine_nothing_is_lost(tmp_path, machine):
    with experiment(tmp_path, samples=SAMPLES, iterations=12, sync_period_s=0.5) as study:
        for done in (2, 6):
            study.start()
            wait_until(lambda done=done: max(kept(study).values(), default=0) >= done)
            kill(study)
        summary = study.start().finish()

        assert audit(study.folder, study.journal, SAMPLES) == []
        assert summary["statuses"] == ["TERMINATED"] * SAMPLES
        names = {path.name for path in study.folder.iterdir() if path.is_file()}
        assert names == {"experiment.sqlite", ".pegbox-run"}
        assert "WARNING" not in "".join(driver.text() for driver in study.drivers)


@pytest.mark.slow
def test_elsewhere_work_that_has_a_checkpoint_is_not_repeated(tmp_path, machine):
    with experiment(tmp_path, samples=SAMPLES, iterations=40, sync_period_s=0.2) as study:
        snapshot, copy = study.folder / "experiment.sqlite", tmp_path / "copy.sqlite"
        study.start()
        wait_until(lambda: len(reports_in(snapshot)) >= 2)
        shutil.copyfile(snapshot, copy)
        before = reports_in(copy)
        wait_until(lambda: all(kept(study).get(n, 0) > before[n] + 8 for n in before))
        kill(study)
        done = kept(study)
        # As if no later snapshot had reached the folder, and the machine were gone for long.
        shutil.copyfile(copy, snapshot)
        os.utime(study.folder / "driver.json", (1.0, 1.0))
        machine("b")

        summary = study.start().finish()

        assert summary["statuses"] == ["TERMINATED"] * SAMPLES
        assert "is gone on with from its last snapshot" in study.drivers[-1].text()
        starts = {e.trial: e.iteration for e in study.begun() if e.kind == "start"}
        ledger = read_ledger(study.folder)
        for trial in before:
            # The last checkpoint may be whole although the report with it had not returned.
            assert done[trial] <= starts[trial] <= done[trial] + CHECKPOINT_EVERY
            iterations = [iteration for iteration, _ in ledger.results[trial]]
            assert set(range(CHECKPOINT_EVERY, 41, CHECKPOINT_EVERY)) <= set(iterations)
        ends = [row["trial"] for row in ledger.of("Ended") if row["became"] == "finished"]
        assert sorted(ends) == list(range(SAMPLES))

        # What the first machine alone knew no longer counts, there neither.
        machine("a")
        grid = pegbox.ResultGrid(study.folder)
        assert [len(result.metrics_dataframe) for result in grid] == [
            len(ledger.results[trial]) for trial in range(SAMPLES)
        ]


def train(config):
    for iteration in range(10_000):
        pegbox.report({"loss": config["x"] + iteration})


class TakeOver(pegbox.Callback):
    """Leaves the note of another machine's driver, as if this one had been taken for dead."""

    def setup(self, experiment):
        self.note = Path(experiment.path) / "driver.json"

    def on_trial_start(self, iteration, trials, trial):
        note = json.loads(self.note.read_text())
        aside = self.note.with_suffix(".aside")
        aside.write_text(json.dumps({**note, "token": "of another", "host": "elsewhere"}))
        os.replace(aside, self.note)


@pytest.mark.parametrize("executor", ["inline", "dask"])
def test_a_driver_that_was_taken_for_dead_ends(tmp_path, machine, caplog, executor):
    tuner = pegbox.Tuner(
        train,
        param_space={"x": pegbox.uniform(0, 1)},
        run_config=pegbox.RunConfig(
            name="exp",
            storage_path=str(tmp_path),
            sync_period_s=0.05,
            callbacks=[TakeOver()],
            verbose=0,
        ),
        executor=executor,
    )

    with pytest.raises(
        ExperimentLocked, match=r"another driver has taken over .* on host elsewhere"
    ):
        tuner.fit()

    assert "taken over" not in caplog.text
    assert json.loads((tmp_path / "exp" / "driver.json").read_text())["host"] == "elsewhere"
