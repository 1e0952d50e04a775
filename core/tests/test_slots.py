"""The account of slots: which one takes a launch, and which have waited for long."""

from __future__ import annotations

import pytest
from pegbox.commands import Launch
from pegbox.executors.dask.slots import SlotTable
from pegbox.resources import Resources

ONE = Resources({"cpu": 1})
TWO = Resources({"cpu": 2})


def launch_of(trial, attempt=1, worker="a", resources=ONE, gpus=()):
    return Launch(trial, attempt, worker, resources, {}, None, 0, 0.0, gpus)


@pytest.fixture
def table():
    return SlotTable()


@pytest.fixture
def idle(table):
    """A slot of one cpu on worker a that is idle since second 10."""
    slot = table.create(launch_of(0))
    table.release(slot, 10.0)
    return slot


def test_a_new_slot_runs_its_launch(table):
    slot = table.create(launch_of(7, attempt=2))
    assert table.by_attempt[7, 2] is slot
    assert (slot.worker, slot.resources, slot.idle_since) == ("a", ONE, None)


def test_numbers_are_never_used_twice(table):
    first = table.create(launch_of(0))
    table.remove(first)
    assert table.create(launch_of(1)).number > first.number


def test_an_idle_slot_takes_the_next_launch_of_its_size_on_its_worker(table, idle):
    assert table.take_idle(launch_of(1)) is idle
    assert table.by_attempt[1, 1] is idle
    assert idle.idle_since is None
    assert (0, 1) not in table.by_attempt


@pytest.mark.parametrize("other", [{"worker": "b"}, {"resources": TWO}, {"gpus": (0,)}])
def test_an_idle_slot_elsewhere_or_of_another_size_does_not(table, idle, other):
    assert table.take_idle(launch_of(1, **other)) is None
    assert idle.launch is None


def test_a_busy_slot_takes_nothing(table):
    table.create(launch_of(0))
    assert table.take_idle(launch_of(1)) is None


def test_a_slot_is_taken_once(table, idle):
    table.take_idle(launch_of(1))
    assert table.take_idle(launch_of(2)) is None


def test_idle_slots_are_found_by_how_long_they_wait(table, idle):
    late = table.create(launch_of(1))
    table.release(late, 20.0)
    table.create(launch_of(2))
    assert list(table.idle_before(10.0)) == []
    assert list(table.idle_before(15.0)) == [idle]
    assert list(table.idle_before(25.0)) == [idle, late]


def test_a_slot_that_is_gone_is_in_no_account(table, idle):
    busy = table.create(launch_of(1))
    for slot in (idle, busy):
        table.remove(slot)
        table.remove(slot)
    assert table.take_idle(launch_of(2)) is None
    assert (table.slots, table.by_attempt, table.on_worker("a")) == ({}, {}, [])
    assert list(table.idle_before(99.0)) == []


def test_slots_are_found_by_worker(table, idle):
    there = table.create(launch_of(1, worker="b"))
    assert table.on_worker("a") == [idle]
    assert table.on_worker("b") == [there]


# What an idle slot keeps from a new one

DEVICE = Resources({"cpu": 1, "gpu": 1})
DEVICES = Resources({"cpu": 1, "gpu": 2})
SHARE = Resources({"cpu": 1, "gpu": 0.5})


def idle_slots(table, *launches):
    slots = [table.create(launch) for launch in launches]
    for at, slot in enumerate(slots):
        table.release(slot, float(at))
    return slots


def test_idle_slots_that_have_one_of_its_devices_are_in_the_way_of_a_new_one(table):
    first, second, both = idle_slots(
        table,
        launch_of(0, resources=SHARE, gpus=(0,)),
        launch_of(1, resources=SHARE, gpus=(1,)),
        launch_of(2, resources=DEVICES, gpus=(1, 2)),
    )
    capacity = Resources({"gpu": 8})
    assert table.in_the_way(launch_of(3, resources=DEVICE, gpus=(0,)), capacity) == [first]
    assert table.in_the_way(launch_of(3, resources=DEVICE, gpus=(1,)), capacity) == [second, both]
    assert table.in_the_way(launch_of(3, resources=DEVICE, gpus=(3,)), capacity) == []


def test_a_busy_slot_is_in_nobodys_way(table):
    table.create(launch_of(0, resources=SHARE, gpus=(0,)))
    launch = launch_of(1, resources=Resources({"gpu": 0.25}), gpus=(0,))
    assert table.in_the_way(launch, Resources({"gpu": 1})) == []


def test_of_other_resources_only_as_much_is_given_back_as_is_needed(table):
    ten = Resources({"cpu": 1, "hdd": 10})
    oldest, second, _ = idle_slots(
        table, *(launch_of(number, resources=ten) for number in range(3))
    )
    table.create(launch_of(3, resources=Resources({"hdd": 55})))
    asked = launch_of(4, resources=Resources({"hdd": 30}))
    assert table.in_the_way(asked, Resources({"hdd": 115})) == []
    assert table.in_the_way(asked, Resources({"hdd": 100})) == [oldest, second]


def test_an_idle_slot_of_cores_alone_is_in_nobodys_way(table, idle):
    assert table.in_the_way(launch_of(1, resources=TWO), Resources({"cpu": 1})) == []
