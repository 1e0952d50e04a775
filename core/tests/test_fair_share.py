"""One account for all runs of a cluster: never oversubscribed, and shared by those that wait."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pegbox.executors.dask.shipped.asking_back import SLICE_S
from pegbox.resources import Resources
from sharing_world import SharingWorld

ENDLESS = 1000


def cpus(n, **more):
    return Resources({"cpu": n, **more})


def world_of(*sizes, seed=0):
    return SharingWorld({f"w{i}": cpus(n) for i, n in enumerate(sizes)}, seed)


def go_on(world, ends, *, each=0.1):
    """Trials end, one after the other, in any run that has some."""
    for _ in range(ends):
        ready = [run for run in world.runs.values() if run.working]
        world.rng.choice(ready).end_one()
        world.now += each
        world.settle()
        world.check()


def held(*runs):
    return [len(run.working) for run in runs]


def test_a_run_that_is_alone_has_everything_and_is_asked_nothing():
    world = world_of(4, 4)
    alone = world.begin("a", [cpus(1)] * ENDLESS)
    world.settle()
    go_on(world, 50)
    assert held(alone) == [8]
    assert (alone.given_back, alone.refused) == (0, 0)
    assert alone.slots._last == 8  # the same slots for all trials


def test_what_one_run_holds_another_does_not_see_as_room():
    world = world_of(2)
    world.begin("a", [cpus(1)])
    world.settle()
    second = world.begin("b", [cpus(1)] * 3)
    world.settle()
    assert held(second) == [1]
    assert second.refused == 0


def test_claims_that_come_at_once_are_granted_once_and_refused_without_a_loop():
    world = world_of(2)
    first, second = world.begin("a", []), world.begin("b", [])
    first.queue, second.queue = [cpus(2)], [cpus(2)]
    first.place()
    second.place()
    world.settle()
    assert held(first, second) == [1, 0]
    assert (first.refused, second.refused) == (0, 1)
    assert second.queue == [cpus(2)]
    first.end_one()
    first.slots.remove(slot := next(iter(first.slots.slots.values())))
    first.claims.release(slot)
    world.settle()
    assert held(second) == [1]


@pytest.mark.parametrize("sizes", [[8], [1] * 8, [4, 4]])
def test_two_runs_that_wait_share_about_evenly(sizes):
    world = world_of(*sizes)
    first = world.begin("a", [cpus(1)] * ENDLESS)
    world.settle()
    second = world.begin("b", [cpus(1)] * ENDLESS)
    world.settle()
    assert held(first, second) == [8, 0]
    go_on(world, 8)
    assert held(first, second) == [4, 4]
    go_on(world, 100)
    assert held(first, second) == [4, 4]
    assert first.given_back == 4
    assert second.given_back == 0


def test_three_runs_share_and_the_last_one_has_everything_again():
    world = world_of(4, 5)
    runs = [world.begin(name, [cpus(1)] * ENDLESS) for name in "abc"]
    world.settle()
    go_on(world, 60)
    assert held(*runs) == [3, 3, 3]
    world.close("b")
    world.settle()
    while world.left:
        world.leftover_ends()
        world.settle()
        world.check()
    go_on(world, 30)
    assert sorted(held(runs[0], runs[2])) == [4, 5]
    world.close("a")
    while world.left:
        world.leftover_ends()
        world.settle()
    assert held(runs[2]) == [9]


def test_a_run_with_little_to_do_leaves_the_rest_to_others():
    world = world_of(8)
    small = world.begin("small", [cpus(1)] * 2)
    large = world.begin("large", [cpus(1)] * ENDLESS)
    world.settle()
    assert held(small, large) == [2, 6]
    large.end_one()
    world.settle()
    assert held(small, large) == [2, 6]
    assert large.given_back == 0


def test_one_slot_changes_hands_now_and_then():
    world = world_of(1)
    runs = [world.begin(name, [cpus(1)] * ENDLESS) for name in "abc"]
    world.settle()
    go_on(world, 90, each=SLICE_S / 3)
    shares = [run.ended for run in runs]
    assert min(shares) >= 20
    # Not with each trial: that would cost a new slot every time.
    assert sum(run.slots._last for run in runs) <= 40


def test_a_large_trial_gets_a_worker_though_small_ones_fill_it():
    world = world_of(4, 4)
    small = world.begin("small", [cpus(1)] * ENDLESS)
    world.settle()
    large = world.begin("large", [cpus(4)] * ENDLESS)
    world.settle()
    go_on(world, 60)
    assert held(small, large) == [4, 1]


def test_room_that_a_waiting_run_cannot_use_is_not_kept_for_it():
    world = SharingWorld({"g": cpus(2, gpu=1), "c": cpus(2)})
    holder = world.begin("holder", [cpus(1, gpu=1)] * ENDLESS)
    world.settle()
    world.begin("waits", [cpus(1, gpu=1)] * ENDLESS)
    world.settle()
    third = world.begin("third", [cpus(1)] * ENDLESS)
    world.settle()
    assert held(holder, third) == [1, 3]


def test_devices_of_others_are_not_used():
    world = SharingWorld({"w": cpus(4, gpu=2)})
    first = world.begin("a", [cpus(1, gpu=0.5)])
    world.settle()
    second = world.begin("b", [cpus(1, gpu=1), cpus(1, gpu=1)])
    world.settle()
    assert [slot.gpus for slot in first.working] == [(0,)]
    assert [slot.gpus for slot in second.working] == [(1,)]
    assert second.refused == 0
    third = world.begin("c", [cpus(1, gpu=0.5)])
    world.settle()
    assert [slot.gpus for slot in third.working] == [(0,)]


def test_slots_of_a_run_that_is_over_count_until_they_are_gone():
    world = world_of(2)
    world.begin("a", [cpus(1)] * 2)
    world.settle()
    world.close("a")
    successor = world.begin("a2", [cpus(1)] * 2)
    world.settle()
    assert held(successor) == [0]
    assert sum(map(len, world.ledger.left_over().values())) == 2
    world.leftover_ends()
    world.settle()
    assert held(successor) == [1]
    world.leftover_ends()
    world.settle()
    assert held(successor) == [2]
    assert world.ledger.left_over() == {}


def test_a_worker_that_goes_takes_what_stood_there_along():
    world = world_of(1, 1)
    world.begin("a", [cpus(1)] * 2)
    world.settle()
    world.close("a")
    gone = world.left.pop()[1].worker
    world.ledger.remove_worker(gone)
    assert list(world.ledger.left_over()) == [slot.worker for _, slot in world.left]
    assert world.ledger.capacity == {"cpu": 10_000}
    world.ledger.remove_worker(gone)  # a second time is no mistake


def test_what_others_had_of_a_worker_that_went_says_nothing_of_one_under_its_address():
    world = SharingWorld({"w": cpus(4, gpu=1)})
    world.begin("a", [cpus(1, gpu=1)])
    world.settle()
    second = world.begin("b", [])
    assert second.claims.limited == {"w"}
    second.claims.left("w")
    assert second.claims.limited == set()
    second.claims.heard("granted", 1)
    second.queue = [cpus(1)]
    second.place()
    (slot,) = second.slots.slots.values()
    second.claims.heard("give_back", 1, None)
    assert second.claims.over(slot).gpus == {}


SHAPES = [cpus(0.5), cpus(1), cpus(2), cpus(1, gpu=0.5), cpus(1, gpu=1), cpus(4)]
WORKERS = {"a": cpus(4), "b": cpus(2, gpu=2), "c": cpus(1), "d": cpus(4, gpu=1)}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_whatever_happens_in_whatever_order_nothing_is_oversubscribed_and_all_ends(seed):
    world = SharingWorld(WORKERS, seed)
    rng = world.rng
    names = iter(range(1000))
    for _ in range(150):
        world.now += rng.random()
        moves = [world.share.settle]
        if len(world.runs) < 4:
            queue = [rng.choice(SHAPES) for _ in range(rng.randint(1, 12))]
            moves.append(lambda queue=queue: world.begin(f"r{next(names)}", queue))
        for run in world.runs.values():
            moves += [run.read] * 3 + [run.give_back_idle]
            if run.working:
                moves += [run.end_one] * 3
        if world.runs:
            moves += [lambda: world.close(rng.choice(list(world.runs)))] * (rng.random() < 0.2)
        if world.left:
            moves.append(world.leftover_ends)
        rng.choice(moves)()
        world.check()
    while world.left:
        world.leftover_ends()
    for _ in range(2000):
        world.now += 0.5
        world.settle()
        world.check()
        for run in world.runs.values():
            run.give_back_idle()
        if ready := [run for run in world.runs.values() if run.working]:
            rng.choice(ready).end_one()
        elif not any(run.queue for run in world.runs.values()):
            break
    assert [run.queue for run in world.runs.values() if run.queue] == []
