"""The keeper of the account on a real scheduler: what drivers and slots say, and what they hear."""

from __future__ import annotations

import pytest
from distributed import Client, LocalCluster
from mailbox_post import AGES_S, Post, scenario
from pegbox.executors.dask.by_value import ship_plugins
from pegbox.executors.dask.shipped import mailbox
from pegbox.executors.dask.shipped.ledger_keeper import KEEPER_NAME
from pegbox.executors.dask.shipped.mailbox import EXIT, PLUGIN_NAME, Mailbox

ONE = {"cpu": 1.0}
TWO = {"cpu": 2.0}


@pytest.fixture(scope="module")
def cluster():
    """A worker of two threads; the scheduler took the mailbox over the wire."""
    options = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": ":0"}
    with (
        LocalCluster(processes=False, **options) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        ship_plugins()
        client.register_plugin(Mailbox(), name=PLUGIN_NAME)
        cluster.client = client
        yield cluster


@pytest.fixture
def keeper(cluster):
    """The keeper; every run is over in the end, with its slots."""
    keeper = cluster.scheduler.plugins[KEEPER_NAME]
    yield keeper
    runs = dict(keeper.ledger.tenants)
    for run, tenant in runs.items():
        scenario(cluster, Post(cluster.client)("close_run", run=run))
        for number in list(tenant.claims):
            keeper.gone(run, number)
    assert keeper.ledger.tenants == {}


@pytest.fixture
def worker(cluster):
    (worker,) = cluster.client.nthreads()
    return worker


class Tenant(Post):
    """A run that claims."""

    deals = 0

    async def deal(self, *deals, number=None):
        self.deals += 1
        await self("deal", run=self.run, number=number or self.deals, deals=list(deals))

    async def claim(self, number, worker, amounts):
        await self.deal(("claim", number, worker, amounts, [], []))

    async def heard(self):
        return await self.exchange(wait_s=AGES_S)


@pytest.fixture
def tenants(cluster, keeper):
    return Tenant(cluster.client), Tenant(cluster.client)


def test_a_claim_is_granted_and_others_are_told(cluster, tenants, worker):
    async def go():
        one, other = tenants
        await one.open()
        await other.open()
        await one.claim(1, worker, ONE)
        assert await one.heard() == [("granted", 1)]
        assert await other.heard() == [("room", worker, ONE, [], False)]
        await other.claim(1, worker, TWO)
        assert await other.heard() == [("room", worker, ONE, [], False), ("refused", 1)]
        await one.deal(("release", 1))
        assert await other.heard() == [("room", worker, TWO, [], True)]

    scenario(cluster, go())


def test_a_run_that_begins_hears_with_the_workers_what_others_have_taken(cluster, tenants, worker):
    async def go():
        one, other = tenants
        await one.open()
        await one.claim(1, worker, TWO)
        joined, room = await other.open()
        assert joined[0] == "worker_joined"
        assert room == ("room", worker, {"cpu": 0.0}, [], False)

    scenario(cluster, go())


def test_dealings_that_are_repeated_count_once(cluster, tenants, worker):
    async def go():
        one, _ = tenants
        await one.open()
        await one.claim(1, worker, ONE)
        await one.deal(("release", 1))
        await one.deal(("claim", 1, worker, ONE, [], []), number=1)
        assert await one.heard() == [("granted", 1)]
        assert await one.exchange() == []

    scenario(cluster, go())


def test_what_is_no_dealing_is_passed_over(cluster, keeper, tenants):
    async def go():
        one, _ = tenants
        await one.open()
        await one.deal(("close_run",), ("settle",))
        await one.deal(("release", 99))
        assert await one.exchange() == []

    scenario(cluster, go())


def test_a_slot_that_says_farewell_gives_its_room_back(cluster, tenants, worker):
    async def go():
        one, other = tenants
        await one.open()
        await one.claim(1, worker, ONE)
        await one.heard()
        one.say(1, "open", slot=1)
        await one.next_calls(1)
        await other.open()
        # A second start of its task was sent away, and its farewell is not the slot's.
        assert await one.say(0, b"", slot=1, incarnation="second") == EXIT
        assert await other.exchange() == []
        assert await one.say(0, b"", slot=1) == EXIT
        assert await other.heard() == [("room", worker, TWO, [], True)]

    scenario(cluster, go())


def test_slots_of_a_closed_run_count_until_their_farewell(cluster, keeper, tenants, worker):
    async def go():
        one, other = tenants
        await one.open()
        await one.claim(1, worker, ONE)
        await one.claim(2, worker, ONE)
        one.say(1, "open", slot=1)
        await one.next_calls(1)
        await other.open()
        await one("close_run", run=one.run)
        # The second one was granted and never began.
        assert await other.heard() == [("room", worker, ONE, [], False)]
        assert keeper.ledger.left_over() == {worker: [(one.run, 1)]}
        await one.say(0, b"", slot=1)
        assert await other.heard() == [("room", worker, TWO, [], True)]
        assert keeper.ledger.left_over() == {}

    scenario(cluster, go())


def test_mailboxes_of_two_versions_keep_one_account(cluster, keeper, tenants, worker, monkeypatch):
    async def go():
        one, _ = tenants
        monkeypatch.setattr(mailbox, "PROTOCOL", 99)
        another = Mailbox()
        another.start(cluster.scheduler)
        monkeypatch.undo()
        assert another.keeper is keeper
        await one.open()
        await another.open_run("theirs", "theirs", "nobody", AGES_S)
        another.heed("theirs", 1, [("claim", 1, worker, TWO, [], [])])
        assert another.runs["theirs"].messages == [("granted", 1)]
        assert await one.heard() == [("room", worker, {"cpu": 0.0}, [], False)]
        await another.close_run("theirs")
        assert await one.heard() == [("room", worker, TWO, [], True)]

    scenario(cluster, go())
