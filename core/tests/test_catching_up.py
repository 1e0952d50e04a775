"""What checkpoints know beyond a snapshot of the store, as facts."""

from pathlib import Path

import pytest
from pegbox._engine.state import RunState
from pegbox._run.catching_up import missing_facts, unknown_trials
from pegbox._run.restoring import mended_checkpoints
from pegbox._trial.checkpointing import mark_folder, persist
from pegbox._trial.task import ReportMessage, TrialTask
from pegbox.events import Ended, Launched, PlaceOpened, Reported, Resumed, Started
from pegbox.trial import CheckpointRecord, State
from store_facts import CPU, META, finished, launched, lost, reported, suggested

CONFIG = {"x": 0.5, "deep": {"n": 3}}


def born(number, config=None):
    event = suggested(number)
    values = {name: getattr(event, name) for name in event.__slots__}
    return type(event)(**{**values, "config": CONFIG if config is None else config})


def state_after(*facts):
    state = RunState(META.run, META.trainable)
    for fact in (Started(1.0), PlaceOpened(1.0, 1, "h", "127.0.0.1", 7, "w"), *facts):
        state.apply(fact)
    return state


@pytest.fixture
def work(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "model").write_text("weights")
    return tmp_path / "work"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "exp").mkdir()
    mark_folder(str(tmp_path / "exp"), META.run)
    return tmp_path / "exp"


@pytest.fixture
def keep(work, folder):
    """Writes a checkpoint as a try of a trial does; answers its record."""

    def keep(number, iteration, *, attempt=1, epoch=1, config=None):
        name = f"{META.run}_{number:05d}"
        task = TrialTask(
            number,
            name,
            f"{META.trainable}_{name}",
            attempt,
            epoch,
            "exp",
            str(folder),
            CONFIG if config is None else config,
            CPU,
            None,
            0,
            0.0,
            (),
            7,
        )
        text = f'{{"loss":{iteration / 10}}}'
        report = ReportMessage(iteration, 0.5, 0.5 * iteration, 1.7e9, text, None)
        path, size = persist(str(work), task, report)
        return CheckpointRecord(path, iteration, 0.5 * iteration, size)

    return keep


def kinds(facts):
    return [type(fact).__name__ for fact in facts]


def test_reports_of_the_try_that_ran_are_found_in_order(keep, folder):
    known = keep(0, 2)
    new = [keep(0, 6), keep(0, 4)]
    at_2 = reported(0, 2, checkpoint=known)
    state = state_after(born(0), launched(0), reported(0, 1), at_2, reported(0, 3))

    facts = missing_facts(folder, state, 1, 9.0)

    assert [fact.iteration for fact in facts if isinstance(fact, Reported)] == [4, 6]
    assert [fact.checkpoint for fact in facts if isinstance(fact, Reported)] == new[::-1]
    assert kinds(facts) == ["Reported"] * 2
    assert facts[1] == Reported(
        9.0, 0, 1, 6, 0.5, 3.0, 1.7e9, {"loss": 0.6}, '{"loss":0.6}', 1, new[0], "CONTINUE"
    )
    for fact in facts:
        state.apply(fact)
    record = state.trials[0]
    assert (record.state, record.iteration, record.checkpoint) == (State.RUNNING, 6, new[0])
    assert record.result["loss"] == 0.6
    assert record.result["hostname"] == "h"


def test_what_is_known_is_not_found_again(keep, folder):
    known = keep(0, 2)
    state = state_after(born(0), launched(0), reported(0, 2, checkpoint=known))

    assert missing_facts(folder, state, 1, 9.0) == []


def test_a_trial_that_had_not_begun_is_launched(keep, folder):
    newest = keep(0, 3)
    state = state_after(born(0))

    facts = missing_facts(folder, state, 1, 9.0)

    assert facts[0] == Launched(9.0, 0, 1, "")
    assert kinds(facts) == ["Launched", "Reported"]
    for fact in facts:
        state.apply(fact)
    assert (state.trials[0].attempt, state.trials[0].checkpoint) == (1, newest)
    assert state.trials[0].result["hostname"] == ""
    state.check()


def test_a_later_try_follows_on_the_end_of_the_one_that_is_known(keep, folder):
    keep(0, 2)
    newest = keep(0, 3, attempt=2)
    state = state_after(born(0), launched(0), reported(0, 1))

    facts = missing_facts(folder, state, 1, 9.0)

    assert kinds(facts) == ["Reported", "Ended", "Launched", "Reported"]
    assert isinstance(facts[1], Ended)
    assert (facts[1].attempt, facts[1].how, facts[1].became) == (1, "lost", State.QUEUED)
    for fact in facts:
        state.apply(fact)
    assert (state.trials[0].attempt, state.trials[0].checkpoint) == (2, newest)
    assert state.trials[0].failure is None
    state.check()


def test_of_a_try_whose_end_is_known_nothing_is_missing(keep, folder):
    # Its process died between the checkpoint and the report, which so never counted.
    keep(0, 2)
    state = state_after(born(0), launched(0), reported(0, 1), lost(0))

    assert missing_facts(folder, state, 1, 9.0) == []


def test_a_trial_that_has_ended_stays_as_it_is(keep, folder):
    keep(0, 2)
    keep(0, 3, attempt=2)
    state = state_after(born(0), launched(0), reported(0, 1), finished(0))

    assert missing_facts(folder, state, 1, 9.0) == []


def test_only_the_lost_epoch_counts(keep, folder):
    # The second epoch was begun from a snapshot that did not know the try of the first one.
    keep(0, 8, attempt=2)
    known = state_after(born(0), launched(0), reported(0, 1), Resumed(5.0, 2))
    assert missing_facts(folder, known, 2, 9.0) == []

    keep(0, 3, attempt=2, epoch=2)
    facts = missing_facts(folder, known, 2, 9.0)
    assert [fact.iteration for fact in facts if isinstance(fact, Reported)] == [3]


def test_what_a_trial_did_with_another_configuration_is_left_out(keep, folder):
    keep(0, 2)
    keep(0, 4, attempt=2, config={**CONFIG, "x": 0.75})
    state = state_after(born(0), launched(0))

    facts = missing_facts(folder, state, 1, 9.0)

    assert [fact.iteration for fact in facts if isinstance(fact, Reported)] == [2]


def test_configurations_with_objects_are_those_of_the_trial(keep, folder):
    keep(0, 2, config={"kind": list})
    state = state_after(born(0, {"kind": list}), launched(0))

    assert kinds(missing_facts(folder, state, 1, 9.0)) == ["Reported"]


def test_a_torn_checkpoint_tells_nothing(keep, folder):
    torn = keep(0, 2)
    (folder / torn.path / "model").write_text("")
    state = state_after(born(0), launched(0))

    assert missing_facts(folder, state, 1, 9.0) == []


def test_trials_that_the_snapshot_lacks_are_named(keep, folder):
    for number in (0, 11, 2):
        keep(number, 1)
    (folder / f"{META.trainable}_{META.run}_notes").mkdir()

    assert unknown_trials(folder, state_after(born(0))) == ["ab1de_00002", "ab1de_00011"]


def test_a_checkpoint_of_another_trial_of_that_number_takes_no_ones_place(keep, folder):
    # Number 0 was given out again after a loss; the folder still has what the lost one wrote.
    keep(0, 1, config={**CONFIG, "x": 0.75})
    own = keep(0, 2, attempt=1, epoch=2)
    gone = keep(0, 4, attempt=1, epoch=2)
    Path(folder, gone.path, "model").unlink()
    state = state_after(born(0), launched(0), reported(0, 4, checkpoint=gone))
    assert mended_checkpoints(folder, state, Resumed(9.0, 3)) == {0: own}

    Path(folder, own.path, "model").unlink()
    assert mended_checkpoints(folder, state, Resumed(9.0, 3)) == {0: None}
