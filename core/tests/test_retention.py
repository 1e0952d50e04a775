"""Which checkpoints are dropped, and when: the rules one by one, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from engine_rig import Rig, checkpoint_at
from pegbox._engine.retention import KeepRule
from pegbox._engine.step import Step
from pegbox.decisions import Exploit
from pegbox.events import CheckpointsDropped, Event, Resumed

NAN = float("nan")


def rig(keep: KeepRule, trials: int = 1, **options: Any) -> Rig:
    """A run whose trials are running, one after the other suggested."""
    made = Rig(keep=keep, **options)
    made.start(cpu=trials)
    for number in range(trials):
        made.suggest(number)
    return made


def save(bench: Rig, trial: int, iteration: int, loss: Any = 0.5, **more: Any) -> Step:
    return bench.report(trial, iteration, checkpoint=True, loss=loss, **more)


def kept(bench: Rig, losses: Sequence[Any]) -> list[int]:
    """Report each loss of trial 0 with a checkpoint; the iterations that are left."""
    left = list(range(1, len(losses) + 1))
    for iteration, loss in enumerate(losses, 1):
        for path in save(bench, 0, iteration, loss).deletions:
            left.remove(int(path.removeprefix("t0/c")))
    return left


@pytest.mark.parametrize(("count", "left"), [(1, [5]), (2, [4, 5]), (9, [1, 2, 3, 4, 5])])
def test_without_a_score_the_latest_stay(count, left):
    assert kept(rig(KeepRule(count)), [5, 1, 2, 3, 4]) == left


@pytest.mark.parametrize(
    ("order", "losses", "left"),
    [
        ("min", [3, 1, 2], [2, 3]),
        ("max", [3, 1, 2], [1, 3]),
        ("max", [1, 2, 3], [3]),  # the latest is the best
        ("min", [1, 1, 1], [3]),  # of equals, the later is the better
        ("max", [-1.0, NAN, NAN], [1, 3]),
        ("min", [NAN, float("inf"), NAN], [2, 3]),
        ("max", [NAN, NAN, NAN], [3]),
        ("max", ["high", 1, "low"], [2, 3]),
    ],
)
def test_with_a_score_the_best_stays_and_beside_it_the_latest(order, losses, left):
    assert kept(rig(KeepRule(1, "loss", order)), losses) == left


def test_the_score_may_be_a_value_that_pegbox_fills_in():
    assert kept(rig(KeepRule(2, "training_iteration", "min")), [0, 0, 0, 0]) == [1, 2, 4]


def test_all_stay_where_nothing_is_said():
    bench = Rig()
    bench.start()
    bench.suggest(0)
    assert kept(bench, [1, 2, 3]) == [1, 2, 3]


def test_what_is_dropped_is_a_fact_after_the_report():
    bench = rig(KeepRule(1))
    save(bench, 0, 1)
    step = save(bench, 0, 2)
    assert [type(fact).__name__ for fact in step.facts] == ["Reported", "CheckpointsDropped"]
    assert step.facts[1] == CheckpointsDropped(step.facts[0].at, 0, ("t0/c1",))
    assert step.deletions == ["t0/c1"]


def test_each_trial_has_its_own():
    bench = rig(KeepRule(1), trials=2)
    save(bench, 0, 1)
    assert save(bench, 1, 1).deletions == []
    assert save(bench, 0, 2).deletions == ["t0/c1"]


def test_the_latest_stays_after_the_end():
    bench = rig(KeepRule(1, "loss", "min"))
    save(bench, 0, 1, loss=1)
    save(bench, 0, 2, loss=2)
    assert bench.end(0, "finished").deletions == []


def exploiting(keep: KeepRule) -> Rig:
    """Trial 1 was told to copy trial 0, whose only checkpoint is its first."""
    copy = Exploit("abcde_00000", {"x": 0.9})
    bench = rig(keep, trials=2, decisions={(1, 1): copy})
    save(bench, 0, 1)
    bench.report(1, 1)
    return bench


def test_what_another_trial_copied_stays_until_that_has_its_own():
    bench = exploiting(KeepRule(1))
    bench.end(1, "halted")
    assert bench.trial(1).checkpoint == checkpoint_at(0, 1)
    assert save(bench, 0, 2).deletions == []
    assert save(bench, 0, 3).deletions == ["t0/c2"]
    assert bench.report(1, 2, attempt=2).deletions == []
    own = save(bench, 1, 3, attempt=2)
    assert own.deletions == ["t0/c1"]
    assert [(fact.trial, fact.paths) for fact in dropped(own)] == [(0, ("t0/c1",))]


def test_the_copy_is_of_what_the_donor_has_when_it_begins():
    bench = exploiting(KeepRule(1))
    assert save(bench, 0, 2).deletions == ["t0/c1"]
    bench.end(1, "halted")
    assert bench.trial(1).checkpoint == checkpoint_at(0, 2)
    assert save(bench, 0, 3).deletions == []


def test_a_copy_that_ended_without_its_own_keeps_the_donors():
    bench = exploiting(KeepRule(1))
    bench.end(1, "halted")
    bench.end(1, "failed", attempt=2)
    assert save(bench, 0, 2).deletions == []


def test_a_copy_that_copies_again_lets_go_of_the_first():
    bench = exploiting(KeepRule(1))
    bench.end(1, "halted")
    save(bench, 0, 2)
    bench.decider.decisions[1, 2] = Exploit("abcde_00000", {"x": 0.8})
    bench.report(1, 2, attempt=2)
    assert bench.end(1, "halted", attempt=2).deletions == ["t0/c1"]


def test_what_comes_from_a_try_that_is_over_is_dropped():
    bench = rig(KeepRule(3), max_failures=1)
    save(bench, 0, 1)
    bench.end(0, "failed")
    assert save(bench, 0, 2).deletions == ["t0/c2"]
    assert save(bench, 0, 1).deletions == []  # that one was recorded


def test_what_is_saved_at_an_end_has_the_score_of_the_last_report():
    bench = rig(KeepRule(1, "loss", "min"))
    save(bench, 0, 1, loss=2)
    bench.report(0, 2, loss=1)
    assert bench.end(0, "finished", checkpoint=checkpoint_at(0, 2)).deletions == ["t0/c1"]
    late = bench.end(0, "finished", attempt=7, checkpoint=checkpoint_at(0, 9))
    assert late.deletions == ["t0/c9"]


def resumed(bench: Rig, **more: Any) -> Event:
    return Resumed(bench.at, 2, **more)


def test_a_restore_goes_by_the_rule_of_now():
    bench = rig(KeepRule(3))
    assert kept(bench, [1, 2, 3, 4]) == [2, 3, 4]
    fewer = Rig(keep=KeepRule(1), history=bench.journal)
    assert fewer.send(resumed(fewer)).deletions == ["t0/c2", "t0/c3"]
    by_score = Rig(keep=KeepRule(1, "loss", "min"), history=bench.journal)
    assert by_score.send(resumed(by_score)).deletions == ["t0/c3"]
    more = Rig(keep=KeepRule(9), history=bench.journal)
    assert more.send(resumed(more)).deletions == []


def test_a_start_from_scratch_takes_none_of_the_earlier_life():
    bench = rig(KeepRule(2))
    kept(bench, [1, 2])
    bench.end(0, "failed")
    again = Rig(keep=KeepRule(2), history=bench.journal)
    again.send(resumed(again, errored="restart"))
    assert again.trial(0).checkpoint is None
    again.join("w0")
    assert again.report(0, 1, attempt=2).deletions == []


def test_a_damaged_one_does_not_count_and_is_left_alone():
    bench = rig(KeepRule(2))
    kept(bench, [1, 2, 3])
    again = Rig(keep=KeepRule(2), history=bench.journal)
    step = again.send(resumed(again, checkpoints={0: checkpoint_at(0, 2)}))
    assert step.deletions == []
    again.join("w0")
    assert save(again, 0, 4, attempt=2).deletions == []
    assert save(again, 0, 5, attempt=2).deletions == ["t0/c2"]


def test_one_that_only_the_disk_knew_is_gone_on_from_and_then_dropped():
    bench = rig(KeepRule(1))
    save(bench, 0, 2)
    again = Rig(keep=KeepRule(1), history=bench.journal)
    again.send(resumed(again, checkpoints={0: checkpoint_at(0, 1)}))
    again.join("w0")
    assert save(again, 0, 3, attempt=2).deletions == ["t0/c1"]


def test_a_missing_score_is_said_once_with_the_nearest_name():
    bench = rig(KeepRule(1, "los"))
    (notice,) = save(bench, 0, 1).notices
    assert notice == (
        "trial abcde_00000 reported a checkpoint without 'los', the checkpoint_score_attribute:"
        " such checkpoints count as the worst, and among them the latest is kept first; did you"
        " mean 'loss'?"
    )
    assert save(bench, 0, 2).notices == []
    assert rig(KeepRule(1, "loss")).report(0, 1).notices == []


def dropped(step: Step) -> list[CheckpointsDropped]:
    return [fact for fact in step.facts if isinstance(fact, CheckpointsDropped)]
