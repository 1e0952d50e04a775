"""The mailbox on a real scheduler: whose call counts, who is sent away, and when a run is over."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import threading
import uuid

import pytest
from clusters import PATIENCE_S, WITHOUT_PEGBOX, scheduler_without_pegbox
from distributed import Client, LocalCluster, Worker
from distributed.protocol.pickle import dumps
from mailbox_post import AGES_S, Post, scenario
from pegbox.executors.dask import line as line_module
from pegbox.executors.dask.by_value import ship_plugins
from pegbox.executors.dask.line import DriverLine
from pegbox.executors.dask.shipped.mailbox import EXIT, PLUGIN_NAME, PROTOCOL, Mailbox, handler_name

GRACE_S = 0.3


@pytest.fixture(scope="module")
def cluster():
    """A scheduler that took the mailbox over the wire, with a short grace for lost clients."""
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        LocalCluster(processes=False, **options) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        ship_plugins()
        plugin = Mailbox()
        plugin.client_grace_s = GRACE_S
        client.register_plugin(plugin, name=PLUGIN_NAME)
        cluster.client = client
        yield cluster


@pytest.fixture
def post(cluster):
    return Post(cluster.client)


# Numbers


def test_a_call_waits_for_the_driver_and_gets_its_answer(cluster, post):
    async def go():
        await post.open()
        asked = post.say(1, ["report", 7])
        assert await post.next_calls(1) == [("call", 1, 1, ["report", 7])]
        assert not asked.done()
        await post.exchange((1, 1, "go on"))
        return await asked

    assert scenario(cluster, go()) == "go on"


def test_answers_can_be_pushed_while_a_poll_is_under_way(cluster, post):
    async def go():
        await post.open()
        asked = post.say(1, "hello")
        await post.next_calls(1)
        poll = asyncio.ensure_future(post.exchange(wait_s=AGES_S))
        await post("push", run=post.run, answers=[(1, 1, "pushed")])
        assert await asked == "pushed"
        assert not poll.done()
        post.say(2, "bye")
        assert await poll == [("call", 1, 2, "bye")]

    scenario(cluster, go())


def test_a_repeated_call_counts_once_and_gets_the_same_answer(cluster, post):
    async def go():
        await post.open()
        first, again = post.say(1, "a"), post.say(1, "a")
        assert len(await post.next_calls(1)) == 1
        await post.exchange((1, 1, "answer"))
        late = post.say(1, "a")
        assert await post.exchange() == []
        return await asyncio.gather(first, again, late)

    assert scenario(cluster, go()) == ["answer"] * 3


def test_a_call_with_an_older_number_is_sent_away(cluster, post):
    async def go():
        await post.open()
        post.say(1, "a")
        await post.next_calls(1)
        post.say(2, "b")
        await post.next_calls(1)
        assert await post.say(1, "a") == EXIT
        assert await post.exchange() == []

    scenario(cluster, go())


def test_an_answer_to_an_older_call_is_dropped(cluster, post):
    async def go():
        await post.open()
        post.say(1, "a")
        second = post.say(2, "b")
        await post.next_calls(2)
        await post.exchange((1, 1, "too late"), (1, 2, "right"), (9, 1, "nobody"))
        return await second

    assert scenario(cluster, go()) == "right"


def test_a_poll_whose_answer_was_lost_on_the_way_gets_it_again(cluster, post):
    async def go():
        await post.open()
        post.say(1, "a")
        heard = await post.exchange(poll=1, wait_s=AGES_S)
        post.say(1, "b", slot=2)
        assert await post.exchange(poll=1, wait_s=AGES_S) == heard == [("call", 1, 1, "a")]
        assert await post.exchange(poll=2, wait_s=AGES_S) == [("call", 2, 1, "b")]

    scenario(cluster, go())


def test_a_poll_that_waits_on_a_broken_connection_takes_nothing_from_its_repetition(cluster, post):
    async def go():
        await post.open()
        cut = asyncio.ensure_future(post.exchange(poll=1, wait_s=AGES_S))
        await post.exchange(run="its request is there now", poll=1)
        again = asyncio.ensure_future(post.exchange(poll=1, wait_s=AGES_S))
        post.say(1, "a")
        assert await cut == await again == [("call", 1, 1, "a")]
        assert await post.exchange(poll=1) == [("call", 1, 1, "a")]
        assert await post.exchange(poll=2) == []
        assert await post.exchange(poll=1) == []

    scenario(cluster, go())


# Incarnations


def test_a_second_start_of_a_slot_is_sent_away_at_once(cluster, post):
    async def go():
        await post.open()
        first = post.say(1, "open")
        await post.next_calls(1)
        assert await post.say(1, "open", incarnation="second") == EXIT
        assert await post.say(2, "more", incarnation="second") == EXIT
        await post.exchange((1, 1, "still here"))
        assert await first == "still here"
        assert await post.exchange() == []

    scenario(cluster, go())


def test_a_second_start_is_sent_away_after_the_workers_death_too(cluster, post):
    async def go():
        await post.open()
        async with Worker(cluster.scheduler_address, nthreads=3) as worker:
            address = worker.address
            asked = post.say(1, "open", worker=address)
            while ("call", 1, 1, "open") not in await post.exchange(wait_s=AGES_S):
                pass
        assert await asked == EXIT
        assert ("worker_left", address) in await post.exchange(wait_s=AGES_S)
        assert await post.say(1, "open", incarnation="second", worker="other") == EXIT

    scenario(cluster, go())


def test_a_slot_that_nobody_opened_is_sent_away(cluster, post):
    async def go():
        await post.open()
        assert await post.say(2, "report", slot=5) == EXIT
        assert await post.say(1, "open", run="no such run") == EXIT

    scenario(cluster, go())


# Workers


def test_a_run_is_told_of_the_workers_that_are_there_and_that_come(cluster, post):
    async def go():
        present = await post.open()
        assert [(kind, threads) for kind, _, threads, *_ in present] == [("worker_joined", 1)]
        async with Worker(
            cluster.scheduler_address, nthreads=3, resources={"HDD": 2}, name="big"
        ) as worker:
            (came,) = await post.exchange(wait_s=AGES_S)
            assert came == ("worker_joined", worker.address, 3, {"HDD": 2}, "big")
        assert await post.exchange(wait_s=AGES_S) == [("worker_left", worker.address)]

    scenario(cluster, go())


# The end of a run


def test_a_closed_run_sends_its_slots_home(cluster, post):
    async def go():
        await post.open()
        waiting = post.say(1, "a")
        poll = asyncio.ensure_future(post.exchange(wait_s=AGES_S))
        await poll
        poll = asyncio.ensure_future(post.exchange(wait_s=AGES_S))
        await post("close_run", run=post.run)
        assert await waiting == EXIT
        assert await post.say(2, "b") == EXIT
        assert await poll in (None, [])
        assert await post.exchange() is None
        await post("close_run", run=post.run)  # a second time is no mistake

    scenario(cluster, go())


def test_a_new_run_of_the_same_experiment_ends_the_older_one(cluster, post):
    async def go():
        await post.open("old", experiment="e")
        await post.open("other", experiment="another")
        waiting, spared = post.say(1, "a", run="old"), post.say(1, "b", run="other")
        await post.next_calls(1, run="old")
        await post.next_calls(1, run="other")
        await post.open("new", experiment="e")
        assert await waiting == EXIT
        assert await post.exchange(run="old") is None
        assert not spared.done()

    scenario(cluster, go())


def test_runs_side_by_side_do_not_see_each_others_messages(cluster, post):
    async def go():
        runs = ("left", "right")
        for run in runs:
            await post.open(run)
        calls = {run: post.say(1, f"of {run}", run=run) for run in runs}
        for run in runs:
            assert await post.next_calls(1, run=run) == [("call", 1, 1, f"of {run}")]
            await post.exchange((1, 1, f"to {run}"), run=run)
        assert [await calls[run] for run in runs] == ["to left", "to right"]

    scenario(cluster, go())


# Leases


def test_a_run_whose_driver_does_not_poll_is_closed(cluster, post):
    async def go():
        await post.open(lease_s=0.2)
        assert await post.say(1, "a") == EXIT
        assert await post.exchange() is None

    scenario(cluster, go())


def test_polling_keeps_the_lease(cluster, post):
    async def go():
        loop = asyncio.get_running_loop()
        await post.open(lease_s=0.4)
        waiting = post.say(1, "a")
        until = loop.time() + 1.5
        while loop.time() < until:
            assert await post.exchange(wait_s=0.1) is not None
        assert not waiting.done()

    scenario(cluster, go())


def test_a_vanished_client_has_a_grace_and_then_its_run_is_closed(cluster, post):
    async def go():
        loop = asyncio.get_running_loop()
        async with Client(cluster.scheduler_address, asynchronous=True) as client:
            await post.open(client=client.id)
            waiting = post.say(1, "a")
            await post.next_calls(1)
            vanished = loop.time()
        assert await waiting == EXIT
        assert loop.time() - vanished >= GRACE_S
        assert await post.exchange() is None

    scenario(cluster, go())


def test_a_client_that_polls_again_within_the_grace_keeps_its_run(cluster, post):
    async def go():
        loop = asyncio.get_running_loop()
        async with Client(cluster.scheduler_address, asynchronous=True) as client:
            await post.open(client=client.id)
            waiting = post.say(1, "a")
        until = loop.time() + 4 * GRACE_S
        while loop.time() < until:
            assert await post.exchange(wait_s=0.05) is not None
        assert not waiting.done()

    scenario(cluster, go())


# The driver's end


class Inbox:
    """What a line hands over; answers each call with its payload."""

    def __init__(self, client):
        self.calls = []
        self.broken = []
        self.told = threading.Event()
        self.run = uuid.uuid4().hex
        scheduler = getattr(client.cluster, "scheduler", None)
        self.line = DriverLine(client, scheduler, self.run, self.run, self.take, self.break_)

    def take(self, messages):
        calls = [message[1:] for message in messages if message[0] == "call"]
        self.calls += calls
        self.line.send(calls)

    def break_(self, reason):
        self.broken.append(reason)
        self.told.set()


@pytest.fixture(params=["direct", "remote"])
def connected(request, cluster):
    """A client beside its scheduler, and one whose scheduler is a process without pegbox."""
    if request.param == "direct":
        yield cluster.client
        return
    with (
        scheduler_without_pegbox() as address,
        Client(address, set_as_default=False) as client,
    ):
        yield client


def talk(client, inbox, numbers):
    """Calls of one slot, one after another."""

    async def go():
        post = Post(client)
        post.run = inbox.run
        return [await post.say(number, f"call {number}") for number in numbers]

    return client.sync(asyncio.wait_for, go(), PATIENCE_S)


def test_a_line_carries_calls_and_answers(connected):
    inbox = Inbox(connected)
    inbox.line.open()
    assert talk(connected, inbox, range(1, 21)) == [f"call {n}" for n in range(1, 21)]
    assert [number for _, number, _ in inbox.calls] == list(range(1, 21))
    inbox.line.close()
    assert talk(connected, inbox, [21]) == [EXIT]
    assert inbox.broken == []


def test_a_line_beside_its_scheduler_needs_no_socket(cluster):
    inbox = Inbox(cluster.client)
    inbox.line.open()
    assert inbox.line._local is cluster.scheduler.plugins[PLUGIN_NAME]
    inbox.line.close()


def test_a_driver_whose_main_thread_is_busy_keeps_its_lease(connected, monkeypatch):
    monkeypatch.setattr(line_module, "LEASE_S", 0.6)
    monkeypatch.setattr(line_module, "POLL_S", 0.1)
    inbox = Inbox(connected)
    inbox.line.open()
    breakpoint_ = threading.Event()
    breakpoint_.wait(2.0)
    assert talk(connected, inbox, [1, 2]) == ["call 1", "call 2"]
    inbox.line.close()


def test_a_line_whose_run_is_over_says_so(connected):
    inbox = Inbox(connected)
    inbox.line.open()
    connected.sync(getattr(connected.scheduler, handler_name("close_run")), run=inbox.run)
    assert inbox.told.wait(PATIENCE_S)
    assert "no longer knows this run" in inbox.broken[0]
    inbox.line.close()


@pytest.mark.parametrize("operation", ["deal", "push", "exchange"])
def test_a_scheduler_that_fails_is_named_and_not_waited_for(operation, monkeypatch):
    name = handler_name(operation)

    def fail(dask_scheduler):
        def broken(**arguments):
            raise ZeroDivisionError("in the scheduler")

        dask_scheduler.handlers[name] = broken

    monkeypatch.setattr(line_module, "POLL_S", 0.1)
    with (
        scheduler_without_pegbox() as address,
        Client(address, set_as_default=False) as client,
    ):
        inbox = Inbox(client)
        inbox.line.open()
        client.run_on_scheduler(fail)
        inbox.line.deal("want", [])
        inbox.line.send_apart([])
        assert inbox.told.wait(PATIENCE_S)
        assert inbox.broken == [
            "the Dask scheduler no longer knows this run: ZeroDivisionError('in the scheduler')"
        ]
        inbox.line.close()


# On the wire


def test_names_carry_the_version_of_the_protocol(cluster):
    assert PLUGIN_NAME.endswith(f"-{PROTOCOL}")
    ours = [name for name in cluster.scheduler.handlers if "pegbox" in name]
    assert len(ours) == 6
    assert all(name.endswith(f"_{PROTOCOL}") for name in ours)


def test_a_second_registration_leaves_the_first_and_its_runs(cluster, post):
    async def go():
        await post.open()
        waiting = post.say(1, "a")
        await post.next_calls(1)
        return waiting

    waiting = scenario(cluster, go())
    before = cluster.scheduler.plugins[PLUGIN_NAME]
    cluster.client.register_plugin(Mailbox(), name=PLUGIN_NAME)
    assert cluster.scheduler.plugins[PLUGIN_NAME] is before
    assert post.run in before.runs
    assert not waiting.done()


def test_it_unpickles_where_pegbox_is_not_installed():
    ship_plugins()
    program = WITHOUT_PEGBOX + (
        "import pickle\n"
        "box = pickle.load(sys.stdin.buffer)\n"
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'pegbox']\n"
        "print(box.name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=dumps(Mailbox()), capture_output=True, timeout=60
    )
    assert done.stdout.decode().strip() == PLUGIN_NAME, done.stderr.decode()


def test_numbers_are_counted_for_each_slot_alone(cluster, post):
    async def go():
        await post.open()
        calls = [post.say(1, slot, slot=slot) for slot in range(1, 4)]
        heard = await post.next_calls(3)
        await post.exchange(*((slot, number, slot) for _, slot, number, _ in heard))
        return await asyncio.gather(*calls)

    assert scenario(cluster, go()) == list(itertools.islice(itertools.count(1), 3))
