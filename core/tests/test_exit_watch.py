"""The news of a worker's end, from its nanny to whoever asks at the scheduler."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import SimpleNamespace

import pytest
from clusters import PATIENCE_S, WITHOUT_PEGBOX
from distributed.protocol.pickle import dumps
from pegbox.executors.dask.by_value import ship_plugins
from pegbox.executors.dask.shipped import mailbox
from pegbox.executors.dask.shipped.exit_watch import ExitBook, ExitReporter

WORKER = "tcp://10.0.0.1:1234"


def make_book(**nannies):
    """A book at a scheduler with these workers: name -> address of the nanny, or None."""
    workers = {name: SimpleNamespace(nanny=nanny) for name, nanny in nannies.items()}
    scheduler = SimpleNamespace(workers=workers, handlers={})
    book = ExitBook()
    book.start(scheduler)
    return book, scheduler


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE_S))


@pytest.mark.parametrize("plugin", [ExitBook(), ExitReporter()])
def test_a_plugin_unpickles_where_pegbox_is_not_installed(plugin):
    ship_plugins()
    program = WITHOUT_PEGBOX + "import pickle; print(pickle.load(sys.stdin.buffer).name)"
    done = subprocess.run(
        [sys.executable, "-c", program], input=dumps(plugin), capture_output=True, timeout=60
    )
    assert done.stdout.decode().strip() == plugin.name, done.stderr.decode()


def test_who_asks_before_the_news_waits_for_it():
    async def go():
        book, _ = make_book(w="nanny")
        asked = asyncio.ensure_future(book.exit_of("w", PATIENCE_S))
        await asyncio.wait([asked], timeout=0)
        await book.worker_exit("w", code=3, over_limit=False, oom_kills=0)
        assert await asked == await book.exit_of("w", 0) == (3, False, 0)

    run(go())


def test_nobody_waits_for_a_worker_without_a_nanny():
    async def go():
        book, _ = make_book(alone=None)
        assert await book.exit_of("alone", 1000.0) is None
        assert await book.exit_of("never heard of", 1000.0) is None
        await book.worker_exit("never heard of", code=1, over_limit=False, oom_kills=0)

    run(go())


def test_a_nanny_that_died_too_is_not_waited_for_beyond_the_time():
    async def go():
        book, _ = make_book(w="nanny")
        assert await book.exit_of("w", 0.01) is None

    run(go())


def test_a_worker_that_comes_back_under_its_address_has_an_end_of_its_own():
    async def go():
        book, scheduler = make_book(w="nanny")
        await book.worker_exit("w", code=3, over_limit=False, oom_kills=0)
        book.remove_worker(scheduler, "w")
        book.add_worker(scheduler, "w")
        assert await book.exit_of("w", 0.01) is None
        await book.worker_exit("w", code=-9, over_limit=False, oom_kills=0)
        assert await book.exit_of("w", 0.01) == (-9, False, 0)

    run(go())


def test_the_book_forgets_the_oldest_end_and_no_worker_that_is_there():
    async def go():
        book, scheduler = make_book(a="n", b="n", c="n", d="n")
        book.gone_kept = 2
        for name in "abc":
            del scheduler.workers[name]
            book.remove_worker(scheduler, name)
        assert sorted(book.exits) == ["b", "c", "d"]
        scheduler.workers["b"] = SimpleNamespace(nanny="n")  # back, and another goes
        book.add_worker(scheduler, "b")
        del scheduler.workers["d"]
        book.remove_worker(scheduler, "d")
        assert sorted(book.exits) == ["b", "c", "d"]

    run(go())


def test_a_nanny_without_the_callback_is_left_alone():
    nanny = SimpleNamespace(process=SimpleNamespace())
    ExitReporter().setup(nanny)
    assert vars(nanny.process) == {}


def test_a_nanny_does_its_own_work_although_the_scheduler_is_gone():
    async def gone(**news):
        raise OSError("gone")

    async def go():
        codes = []
        scheduler = SimpleNamespace(**{mailbox.handler_name("worker_exit"): gone})
        nanny = SimpleNamespace(
            process=None,
            worker_address=WORKER,
            scheduler=scheduler,
            _on_worker_exit_sync=codes.append,
        )
        reporter = ExitReporter()
        reporter.setup(nanny)
        nanny._on_worker_exit_sync(3)
        (report,) = reporter.reports
        await report
        assert codes == [3]

    run(go())
