"""Who pulls the values of `with_parameters`, who waits, and who opens what another process has."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from clusters import wait_until
from pegbox._trial.parameters import SavedParameters
from pegbox.executors.dask.parameters import desk as parameter_desk
from pegbox.executors.dask.parameters.desk import ParameterDesk
from pegbox.executors.dask.parameters.shelf import ParameterShelf
from pegbox.executors.dask.protocol import OPEN, PULL


class Slots:
    """Slots that ask a desk, and what each has been answered."""

    def __init__(self, desk: ParameterDesk) -> None:
        self.desk = desk
        self.calls: dict[int, int] = {}
        self.answers: dict[int, Any] = {}
        desk.open(self)

    def send(self, answers: list[tuple[Any, ...]]) -> None:
        for slot, call, answer in answers:
            assert self.calls[slot] == call
            assert slot not in self.answers, "answered twice"
            self.answers[slot] = answer

    send_apart = send

    def ask(self, slot: int, *question: Any) -> None:
        self.calls[slot] = self.calls.get(slot, 0) + 1
        self.answers.pop(slot, None)
        self.desk.asked(slot, self.calls[slot], f"worker-{slot}", *question)

    def find(self, slot: int, host: str | None, failed: str | None = None) -> Any:
        self.ask(slot, "find", host, failed)
        return self.answers.get(slot)


@pytest.fixture
def slots() -> Iterator[Slots]:
    desk = ParameterDesk(ParameterShelf(SavedParameters({"a": bytes(100)})))
    yield Slots(desk)
    desk.close()


def test_the_first_of_each_host_pulls_and_the_others_open_what_it_has(slots: Slots) -> None:
    assert slots.find(1, "a") == (PULL, None)
    assert slots.find(2, "a") is None
    assert slots.find(3, "b") == (PULL, None)
    assert slots.find(4, "a") is None
    slots.ask(1, "have", "a", "block-1")
    assert slots.answers == {1: None, 2: (OPEN, "block-1"), 3: (PULL, None), 4: (OPEN, "block-1")}
    assert slots.find(5, "b") is None
    assert slots.find(6, "a") == (OPEN, "block-1")


def test_a_piece_is_what_was_asked_for(slots: Slots) -> None:
    slots.find(1, "a")
    slots.ask(1, "piece", 64)
    whole = SavedParameters({"a": bytes(100)})
    assert bytes(slots.answers[1].data) == bytes(whole.read(64, whole.size))


@pytest.mark.parametrize("how", ["dies", "gives up"])
def test_when_the_puller_fails_the_next_one_pulls(slots: Slots, how: str) -> None:
    for slot in (1, 2, 3):
        slots.find(slot, "a")
    if how == "dies":
        slots.desk.gone({1, 7}, "worker-1")
    else:
        slots.ask(1, "give_up")
    assert slots.answers[2] == (PULL, None)
    assert 3 not in slots.answers
    slots.ask(2, "have", "a", "block-2")
    assert slots.answers[3] == (OPEN, "block-2")


def test_a_slot_that_died_while_it_waited_is_passed_over(slots: Slots) -> None:
    for slot in (1, 2, 3):
        slots.find(slot, "a")
    slots.desk.gone({2})
    slots.ask(1, "give_up")
    assert slots.answers == {1: None, 3: (PULL, None)}


def test_a_block_lives_on_in_those_who_opened_it(slots: Slots) -> None:
    slots.find(1, "a")
    slots.ask(1, "have", "a", "block-1")
    slots.find(2, "a")
    slots.ask(2, "have", "a", "block-2")
    slots.desk.gone({1}, "worker-1")
    assert slots.find(3, "a") == (OPEN, "block-2")
    slots.desk.gone({2}, "worker-2")
    assert slots.find(4, "a") == (PULL, None)


def test_a_block_that_cannot_be_opened_is_shown_to_nobody_again(slots: Slots) -> None:
    slots.find(1, "a")
    slots.ask(1, "have", "a", "block-1")
    assert slots.find(2, "a") == (OPEN, "block-1")
    assert slots.find(2, "a", "block-1") == (PULL, None)
    # And this one does not wait for another that most likely cannot share either.
    assert slots.find(3, "a", "block-1") == (PULL, None)
    slots.ask(3, "have", "a", "block-3")
    assert slots.find(4, "a") == (OPEN, "block-3")


def test_where_processes_cannot_share_each_pulls_for_itself(slots: Slots) -> None:
    for slot in (1, 2, 3):
        slots.find(slot, "a")
    slots.ask(1, "have", "a", None)
    assert slots.answers == {1: None, 2: (PULL, None), 3: (PULL, None)}
    assert slots.find(4, None) == (PULL, None)
    assert slots.find(5, None) == (PULL, None)


def test_few_pull_at_once(slots: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameter_desk, "_PULLS_AT_ONCE", 2)
    for slot in (1, 2, 3, 4, 5):
        slots.find(slot, f"host-{slot}")
    assert set(slots.answers) == {1, 2}
    slots.ask(1, "have", "host-1", "block")
    assert set(slots.answers) == {1, 2, 3}
    slots.desk.gone({4})
    slots.desk.gone({2})
    assert set(slots.answers) == {1, 2, 3, 5}


def test_the_driver_shares_with_those_of_its_host(
    slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = parameter_desk.host_key()
    assert slots.find(1, here) is None
    assert slots.find(2, here) is None
    assert slots.find(3, "elsewhere") == (PULL, None)
    how, path = wait_until(lambda: slots.answers.get(1))
    assert how == OPEN
    assert wait_until(lambda: slots.answers.get(2)) == (OPEN, path)
    assert path.startswith("/proc/")
    # What the driver has outlives every worker.
    slots.desk.gone({1, 2}, "worker-1")
    assert slots.find(4, here) == (OPEN, path)
    assert slots.find(5, here, path) == (PULL, None)


def test_where_the_driver_cannot_share_a_worker_does(
    slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ParameterShelf, "share", lambda self, folder: None)
    here = parameter_desk.host_key()
    slots.find(1, here)
    slots.find(2, here)
    assert wait_until(lambda: slots.answers.get(1)) == (PULL, None)
    slots.ask(1, "have", here, "block-1")
    assert slots.answers[2] == (OPEN, "block-1")


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_everybody_gets_the_values(seed: int) -> None:
    """Processes of three hosts come, pull, open, fail and die in any order."""
    rng = random.Random(seed)
    slots = Slots(ParameterDesk(ParameterShelf(SavedParameters({"a": 1}))))
    host_of = {slot: rng.choice(["a", "b", "c", None]) for slot in range(1, 40)}
    unborn, looking, served = list(host_of), set[int](), dict[int, str | None]()
    pulls: dict[str | None, int] = {}
    disturbed = set[str | None]()
    while unborn or looking:
        ready = sorted(slot for slot in looking if slots.answers.get(slot) is not None)
        assert unborn or ready, "they wait for nothing"
        if unborn and (not ready or rng.random() < 0.4):
            slot = unborn.pop()
            looking.add(slot)
            slots.find(slot, host_of[slot])
            continue
        slot = rng.choice(ready)
        host, (how, path) = host_of[slot], slots.answers[slot]
        chance = rng.random()
        if chance < 0.1:  # it dies, and so does what it may have shared
            disturbed.add(host)
            looking.discard(slot)
            slots.desk.gone({slot}, f"worker-{slot}")
        elif how == PULL or path in {f"{host}-{other}" for other in served}:
            pulls[host] = pulls.get(host, 0) + (how == PULL)
            looking.discard(slot)
            served[slot] = host
            slots.ask(slot, "have", host, f"{host}-{slot}")
        if chance > 0.95 and served:
            dead = rng.choice(sorted(served))
            disturbed.add(served.pop(dead))
            slots.desk.gone({dead}, f"worker-{dead}")
            # Who had just been told of its block finds nothing there.
            for one in looking:
                if slots.answers.get(one) == (OPEN, f"{host_of[one]}-{dead}"):
                    slots.find(one, host_of[one], f"{host_of[one]}-{dead}")
    for host in {*pulls} - disturbed - {None}:
        assert pulls[host] == 1
