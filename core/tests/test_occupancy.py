"""How much of the room for trials is used, and why the rest is not."""

from __future__ import annotations

import pytest
from engine_rig import Rig, asks, cpus, launched
from engine_world import World
from hypothesis import given, settings
from hypothesis import strategies as st
from pegbox._engine.occupancy import Occupancy
from pegbox.decisions import PAUSE, Signal
from pegbox.events import Declined, Exhausted, Started, StopRequested, WorkerJoined
from pegbox.usage import Usage
from test_engine_properties import RULES, SEEDS


def idle(rig: Rig) -> dict[str, float]:
    return dict(rig.engine.occupancy.idle_s)


def after(rig: Rig, seconds: float) -> None:
    """Time goes by, in which nothing of weight happens."""
    rig.now += seconds - 1
    rig.send(Started(rig.at, rig.engine.state.epoch))


def test_slots_wait_for_suggestions():
    rig = Rig()
    step = rig.start(cpu=3)
    assert asks(step) == [0, 1, 2]
    after(rig, 10)
    assert idle(rig) == {"no suggestion": 30.0}
    rig.suggest(0)
    after(rig, 10)
    # One second passed up to the suggestion.
    assert idle(rig) == {"no suggestion": 30.0 + 3.0 + 20.0}
    assert rig.engine.occupancy.busy_s == 10.0
    assert rig.engine.occupancy.wall_s == 22.0


def test_a_searcher_that_waits_for_a_result_is_waited_for_too():
    rig = Rig()
    rig.start(cpu=2)
    rig.suggest(0)
    rig.send(Declined(rig.at, 1))
    before = idle(rig)["no suggestion"]
    after(rig, 5)
    assert idle(rig) == {"no suggestion": before + 5.0}


def test_what_waits_for_more_than_is_free_leaves_slots_without_resources():
    rig = Rig()
    rig.start(cpu=3)
    rig.suggest(0, cpu=2)
    rig.suggest(1, cpu=2)
    before = idle(rig).get("no resources", 0.0)
    after(rig, 5)
    assert idle(rig)["no resources"] == before + 5.0


def test_what_the_scheduler_starts_not_is_paused():
    one_at_a_time = lambda queued, paused, running: Signal.WAIT if running else queued[0]  # noqa: E731
    rig = Rig(choose=one_at_a_time, max_trials=2)
    rig.start(cpu=2)
    rig.suggest(0)
    rig.suggest(1)
    before = idle(rig).get("paused", 0.0)
    after(rig, 5)
    assert idle(rig)["paused"] == before + 5.0


def test_paused_trials_count_where_no_new_one_can_come():
    waits = lambda queued, paused, running: queued[0] if queued else Signal.WAIT  # noqa: E731
    rig = Rig({(0, 1): PAUSE}, choose=waits, max_trials=2)
    rig.start(cpu=2)
    rig.suggest(0)
    rig.suggest(1)
    rig.report(0, 1)
    rig.end(0, "halted")
    before = idle(rig)
    after(rig, 5)
    assert idle(rig)["paused"] == before.get("paused", 0.0) + 5.0


@pytest.mark.parametrize("end", ["bound", "exhausted", "stopped"])
def test_at_the_end_nothing_is_left_to_start(end):
    rig = Rig(max_trials=1 if end == "bound" else -1)
    rig.start(cpu=2)
    step = rig.suggest(0)
    assert launched(step) == [(0, 1, "w0")]
    if end == "exhausted":
        rig.send(Exhausted(rig.at, 1))
    elif end == "stopped":
        rig.send(StopRequested(rig.at, "enough"))
    before = idle(rig)
    after(rig, 5)
    assert idle(rig)["nothing left"] == before.get("nothing left", 0.0) + 5.0
    assert idle(rig).get("no suggestion", 0.0) == before.get("no suggestion", 0.0)


def test_a_bound_on_trials_at_once_bounds_the_slots():
    rig = Rig(max_concurrent=1)
    rig.start(cpu=8)
    rig.suggest(0)
    before = idle(rig)
    after(rig, 5)
    assert idle(rig) == before
    assert rig.engine.occupancy.busy_s == 5.0


def test_without_workers_there_are_no_slots():
    rig = Rig()
    rig.send(Started(rig.at))
    after(rig, 60)
    assert rig.engine.occupancy.busy_s == 0.0
    assert idle(rig) == {}
    rig.send(WorkerJoined(rig.at, "w", cpus(1)))
    after(rig, 5)
    assert idle(rig) == {"no suggestion": 5.0}


def test_a_clock_that_goes_back_counts_no_time_twice():
    kept = Occupancy()
    kept.until(10.0)
    kept.stands(1, 1, "paused")
    for at in (12.0, 11.0, 13.0):
        kept.until(at)
    assert (kept.wall_s, kept.busy_s, kept.idle_s) == (3.0, 3.0, {"paused": 3.0})


@given(SEEDS, RULES, st.booleans(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_busy_and_idle_are_all_the_room_there_was(seed, rules, chooses, interrupt):
    world = World(seed, rules, chooses=chooses)
    world.run(crashes=2, interrupt=interrupt)
    world.check_usage()


def test_the_sum_of_several_stretches():
    one = Usage(10.0, 12.0, {"paused": 4.0}, {"store": 1.0, "engine": 2.0})
    two = Usage(5.0, 8.0, {"paused": 1.0, "no suggestion": 5.0}, {"store": 0.5})
    total = Usage.total([one, two])
    assert total == Usage(
        15.0, 20.0, {"paused": 5.0, "no suggestion": 5.0}, {"store": 1.5, "engine": 2.0}
    )
    assert total.slot_s == 30.0
    assert total.idle_share("no suggestion") == pytest.approx(1 / 6)
    assert Usage(**total.as_data()) == total
    assert Usage.total([]).idle_share("paused") == 0.0
