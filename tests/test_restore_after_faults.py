"""What a restore meets: folders damaged or moved, drivers that died early or are still alive."""

import json
import signal
import sys
from pathlib import Path

import pytest
from faults.auditor import audit, read_ledger
from faults.processes import experiment, wait_until
from pegbox.results import ResultGrid

#: Dies before its seventh report, when checkpoints 2, 4 and 6 are recorded.
DIES = {"crash": "kill", "crash_attempts": 1, "crash_at": 7}
ASHA = ("asha", {"max_t": 3, "grace_period": 1, "reduction_factor": 2})


@pytest.fixture
def study(tmp_path):
    """An experiment in the caller's thread, whose driver died in its only trial."""
    with experiment(tmp_path, samples=1, executor="inline", report_s=0, space=DIES) as made:
        driver = made.start()
        assert driver.process.wait(60) == -signal.SIGKILL, driver.text()
        yield made


def starts(study):
    return [entry.iteration for entry in study.entries() if entry.kind == "start"]


def last_checkpoint(study):
    path, iteration = read_ledger(study.folder).checkpoints[0][-1]
    assert iteration == 6
    return study.folder / path


def truncate(checkpoint):
    (checkpoint / "state.json").write_text("{")


def lose_a_file(checkpoint):
    (checkpoint / "state.json").unlink()


def lose_the_manifest(checkpoint):
    (checkpoint / ".pegbox-checkpoint.json").unlink()


def tear_the_manifest(checkpoint):
    manifest = checkpoint / ".pegbox-checkpoint.json"
    manifest.write_text(manifest.read_text()[:-10])


def lose_all(checkpoint):
    checkpoint.rename(checkpoint.with_name("away"))


@pytest.mark.parametrize(
    "damage", [truncate, lose_a_file, lose_the_manifest, tear_the_manifest, lose_all]
)
def test_a_trial_goes_on_from_an_older_checkpoint_where_its_last_is_damaged(study, damage):
    damage(last_checkpoint(study))
    assert study.start().finish() == {"statuses": ["TERMINATED"], "errors": 0}
    assert starts(study) == [0, 4]
    assert [iteration for iteration, _ in read_ledger(study.folder).results[0]] == [*range(1, 9)]


def test_a_trial_begins_anew_where_all_its_checkpoints_are_damaged(study):
    for checkpoint in last_checkpoint(study).parent.glob("checkpoint_*"):
        truncate(checkpoint)
    study.start().finish()
    assert starts(study) == [0, 0]
    assert [iteration for iteration, _ in read_ledger(study.folder).results[0]] == [*range(1, 9)]


def test_damage_that_only_the_digests_show_fails_the_trial_which_then_can_be_resumed(study):
    state = last_checkpoint(study) / "state.json"
    state.write_text(state.read_text().replace("0" * 2000, "1" * 2000))
    assert study.start().finish() == {"statuses": ["ERROR"], "errors": 1}
    (error,) = ResultGrid(study.folder).errors
    assert error.type_name == "StoreError"
    assert str(state.parent) in error.message
    assert study.start(resume_errored=True).finish()["statuses"] == ["TERMINATED"]
    assert starts(study)[-1] == 4


def test_the_folder_was_moved(study):
    moved = study.base / "elsewhere" / "under another name"
    moved.parent.mkdir()
    study.folder.rename(moved)
    summary = study.start(folder=str(moved)).finish()
    assert summary == {"statuses": ["TERMINATED"], "errors": 0}
    assert starts(study) == [0, 6]
    assert audit(moved, study.journal, 1) == []
    assert not study.folder.exists()
    (result,) = ResultGrid(moved)
    assert Path(result.checkpoint.path).is_relative_to(moved)


def test_a_second_driver_is_refused_until_the_first_is_gone(tmp_path):
    gate = tmp_path / "gate"
    with experiment(
        tmp_path, samples=1, executor="inline", report_s=0, space={"gate": str(gate)}
    ) as study:
        first = study.start()
        wait_until(study.entries)
        for restore, error in ((True, "ExperimentLocked"), (False, "ExperimentExists")):
            refused = study.start(restore=restore)
            assert refused.process.wait(60) == 1
            assert error in refused.text()
            assert (f"process {first.pid} " in refused.text()) == restore
        assert len(study.entries()) == 1, "a driver that was refused ran a trial"
        first.process.kill()
        first.process.wait()
        gate.touch()
        assert study.start().finish() == {"statuses": ["TERMINATED"], "errors": 0}
        assert audit(study.folder, study.journal, 1) == []


@pytest.mark.slow
def test_a_kill_before_any_step_on_disk_loses_nothing(tmp_path):
    with experiment(
        tmp_path, samples=2, executor="inline", report_s=0, iterations=4, scheduler=ASHA, keep=1
    ) as study:
        command = [sys.executable, "-m", "faults.steps", json.dumps(study.complete())]
        found = study.start(command).finish()
        assert found["complaints"] == []
        assert found["steps"] > 100, "the steps of a run were not seen"
