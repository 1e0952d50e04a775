"""Which worker has room: never more is given than there is, and what is given comes back."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pegbox._engine.placement import Placement
from pegbox.resources import Resources


def of(**amounts):
    return Resources(amounts)


def where(taken):
    """The worker's name alone."""
    return taken and taken[0]


ONE, TWO = of(cpu=1), of(cpu=2)


@pytest.fixture
def placement():
    placement = Placement()
    placement.join("small", of(cpu=2))
    placement.join("large", of(cpu=4, gpu=1))
    return placement


def test_room_is_what_could_be_placed_now(placement):
    assert placement.room(ONE) == 6
    assert placement.room(of(cpu=3)) == 1
    assert placement.room(of(gpu=1)) == 1
    assert placement.room(of(tpu=1)) == 0


def test_the_worker_with_most_room_is_taken(placement):
    assert [where(placement.take(ONE)) for _ in range(6)].count("large") == 4
    assert placement.take(ONE) is None


def test_trials_are_spread_over_workers():
    placement = Placement()
    for name in ("a", "b", "c"):
        placement.join(name, TWO)
    assert sorted(where(placement.take(ONE)) for _ in range(3)) == ["a", "b", "c"]


def test_what_is_given_back_can_be_taken_again(placement):
    assert where(placement.take(of(cpu=4))) == "large"
    assert placement.take(of(cpu=4)) is None
    placement.give("large", of(cpu=4))
    assert where(placement.take(of(cpu=4))) == "large"


def test_all_amounts_of_a_shape_must_be_on_one_worker(placement):
    assert placement.take(of(cpu=1, gpu=1)) == ("large", (0,))
    assert placement.take(of(cpu=1, gpu=0.5)) is None
    assert placement.room(ONE) == 5


def test_tenths_add_up_to_a_whole():
    placement = Placement()
    placement.join("w", ONE)
    assert [placement.take(of(cpu=0.1)) for _ in range(11)].count(None) == 1
    for _ in range(10):
        placement.give("w", of(cpu=0.1))
    assert placement.free["w"] == ONE


def test_a_worker_that_left_takes_its_account_along(placement):
    placement.take(ONE)
    placement.leave("large")
    placement.give("large", ONE)
    assert placement.room(ONE) == 2
    assert "large" not in placement.free


def test_a_worker_that_comes_back_is_empty(placement):
    for _ in range(4):
        placement.take(ONE)
    placement.leave("large")
    placement.join("large", TWO)
    assert placement.free["large"] == TWO


def test_a_worker_that_shrank_has_nothing_until_enough_is_given_back():
    placement = Placement()
    placement.join("w", of(cpu=4))
    for _ in range(3):
        placement.take(ONE)
    placement.join("w", TWO)
    assert (placement.free["w"], placement.room(ONE)) == (Resources(), 0)
    placement.give("w", ONE)
    assert placement.free["w"] == Resources()
    placement.give("w", ONE)
    assert placement.free["w"] == ONE


def test_ever_fits_looks_at_idle_workers(placement):
    placement.take(of(cpu=4))
    assert placement.ever_fits(of(cpu=4))
    assert not placement.ever_fits(of(cpu=5))
    assert not placement.ever_fits(of(cpu=1, tpu=1))


def test_has_room_for_what_is_asked_and_what_was_asked_before(placement):
    full = of(cpu=4)
    placement.take(full)
    assert not placement.has_room([full])
    assert placement.has_room([full, ONE])
    # Shapes that were asked for before count too: a paused trial may be of one of them.
    assert placement.has_room([])
    placement.take(TWO)
    assert not placement.has_room([full, ONE])


def test_whole_devices_are_for_one_trial_alone():
    placement = Placement()
    placement.join("w", of(cpu=8, gpu=3))
    assert placement.take(of(gpu=2)) == ("w", (0, 1))
    assert placement.room(of(gpu=2)) == 0
    assert placement.take(of(cpu=1, gpu=1)) == ("w", (2,))
    assert placement.take(of(gpu=0.1)) is None


def test_two_devices_half_taken_have_no_room_for_a_whole_one():
    placement = Placement()
    placement.join("w", of(gpu=2))
    taken = [placement.take(of(gpu=0.6)) for _ in range(2)]
    assert taken == [("w", (0,)), ("w", (1,))]
    assert (placement.room(of(gpu=1)), placement.room(of(gpu=0.4))) == (0, 2)
    placement.give("w", of(gpu=0.6), (0,))
    assert placement.take(of(gpu=1)) == ("w", (0,))


def test_shares_fill_a_device_before_another_is_begun():
    placement = Placement()
    placement.join("w", of(gpu=2))
    shares = [placement.take(of(gpu=amount))[1] for amount in (0.5, 0.2, 0.3)]
    assert shares == [(0,), (0,), (0,)]
    assert placement.take(of(gpu=1)) == ("w", (1,))


def test_a_worker_with_part_of_a_device_has_only_shares_of_it():
    placement = Placement()
    placement.join("w", of(gpu=1.5))
    assert (placement.room(of(gpu=0.5)), placement.room(of(gpu=1))) == (3, 1)
    assert placement.take(of(gpu=0.5)) == ("w", (1,))
    assert not placement.ever_fits(of(gpu=2))
    assert not placement.ever_fits(of(gpu=1.5))


def test_a_device_that_a_worker_has_no_more_is_given_to_nobody():
    placement = Placement()
    placement.join("w", of(gpu=2))
    assert [placement.take(of(gpu=1)) for _ in range(2)] == [("w", (0,)), ("w", (1,))]
    placement.join("w", of(gpu=1))
    placement.give("w", of(gpu=1), (0,))
    assert placement.take(of(gpu=1)) is None
    placement.give("w", of(gpu=1), (1,))
    assert placement.take(of(gpu=1)) == ("w", (0,))


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.integers(0, 3), st.integers(0, 8)),
        st.tuples(st.just("leave"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("take"), st.just(0), st.integers(1, 4)),
        st.tuples(st.just("give"), st.integers(0, 20), st.just(0)),
    ),
    max_size=40,
)


@given(OPERATIONS)
@settings(max_examples=150, deadline=None)
def test_it_agrees_with_a_plain_account(operations):
    """The same bookkeeping, done slowly: capacities and what is taken, in halves of a cpu."""
    placement, capacity, taken = Placement(), {}, []
    for kind, which, halves in operations:
        name = f"w{which}"
        if kind == "join":
            capacity[name] = halves
            placement.join(name, of(cpu=halves / 2))
        elif kind == "leave" and name in capacity:
            del capacity[name]
            taken = [(worker, n) for worker, n in taken if worker != name]
            placement.leave(name)
        elif kind == "take":
            worker = where(placement.take(of(cpu=halves / 2)))
            room = {w: c - sum(n for v, n in taken if v == w) for w, c in capacity.items()}
            if worker is None:
                assert all(left < halves for left in room.values())
            else:
                assert room[worker] >= halves
                taken.append((worker, halves))
        elif kind == "give" and taken:
            worker, n = taken.pop(which % len(taken))
            placement.give(worker, of(cpu=n / 2))
        placement.check()


DEVICE_OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.integers(0, 2), st.sampled_from([0, 3, 10, 15, 20, 33])),
        st.tuples(st.just("leave"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("take"), st.just(0), st.sampled_from([1, 3, 5, 7, 10, 20])),
        st.tuples(st.just("give"), st.integers(0, 20), st.just(0)),
    ),
    max_size=60,
)


@given(DEVICE_OPERATIONS)
@settings(max_examples=200, deadline=None)
def test_devices_agree_with_a_plain_account(operations):
    """In tenths of a device: what each has, and who has how much of it."""
    placement, rooms, taken = Placement(), {}, []

    def free(worker):
        used = [
            sum(min(n, 10) for w, n, gpus in taken if w == worker and index in gpus)
            for index in range(len(rooms[worker]))
        ]
        return [room - used for room, used in zip(rooms[worker], used, strict=True)]

    def fitting(worker, tenths):
        if tenths < 10:
            return sum(left // tenths for left in free(worker))
        return free(worker).count(10) // (tenths // 10)

    for kind, which, tenths in operations:
        name = f"w{which}"
        if kind == "join" and name not in rooms:
            rooms[name] = [10] * (tenths // 10) + [tenths % 10] * (tenths % 10 > 0)
            placement.join(name, of(cpu=100, gpu=tenths / 10))
        elif kind == "leave" and name in rooms:
            del rooms[name]
            taken = [one for one in taken if one[0] != name]
            placement.leave(name)
        elif kind == "take":
            asked = of(cpu=1, gpu=tenths / 10)
            assert placement.room(asked) == sum(fitting(worker, tenths) for worker in rooms)
            found = placement.take(asked)
            if found is None:
                assert not any(fitting(worker, tenths) for worker in rooms)
                continue
            worker, gpus = found
            assert len(set(gpus)) == len(gpus) == max(1, tenths // 10)
            assert all(free(worker)[index] >= min(tenths, 10) for index in gpus)
            taken.append((worker, tenths, gpus))
        elif kind == "give" and taken:
            worker, n, gpus = taken.pop(which % len(taken))
            placement.give(worker, of(cpu=1, gpu=n / 10), gpus)
        placement.check()


def calls(workers):
    """Python and C calls of a thousand takes and gives."""
    placement = Placement()
    for number in range(workers):
        placement.join(f"w{number}", TWO)
    placement.room(ONE)  # a shape is counted out once, when it first comes
    counted = 0

    def count(frame, event, argument):
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for _ in range(1_000):
            worker, gpus = placement.take(ONE)
            placement.give(worker, ONE, gpus)
    finally:
        sys.setprofile(None)
    return counted


def test_no_cost_grows_with_the_number_of_workers():
    assert calls(10_000) <= calls(10)


def test_what_others_have_is_not_placed_again():
    placement = Placement()
    placement.join("w", Resources({"cpu": 4, "gpu": 2}))
    placement.limit("w", Resources({"cpu": 3, "gpu": 1.5}), {0: 0.5})
    half, whole = Resources({"cpu": 1, "gpu": 0.5}), Resources({"cpu": 1, "gpu": 1})
    assert (placement.room(whole), placement.room(half)) == (1, 3)
    assert placement.take(whole) == ("w", (1,))
    assert placement.take(half) == ("w", (0,))
    assert placement.take(Resources({"cpu": 1})) == ("w", ())
    assert placement.room(Resources({"cpu": 0.5})) == 0
    placement.check()
    placement.give("w", half, (0,))
    placement.limit("w", Resources({"cpu": 4, "gpu": 2}), {})
    assert placement.take(whole) == ("w", (0,))
    assert not placement.limited
    placement.check()


def test_a_worker_may_be_limited_below_what_runs_there():
    placement = Placement()
    placement.join("w", Resources({"cpu": 4}))
    one = Resources({"cpu": 1})
    for _ in range(3):
        placement.take(one)
    placement.limit("w", Resources({"cpu": 2}), {})
    assert placement.limited
    assert placement.room(one) == 0
    placement.give("w", one)
    assert placement.room(one) == 0
    placement.give("w", one)
    assert placement.room(one) == 1
    assert placement.ever_fits(Resources({"cpu": 4}))
    placement.check()
