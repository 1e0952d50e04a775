"""Numeric libraries use as many threads as a trial has cores, before and after they are loaded."""

from __future__ import annotations

import os
import sys
import threading

import numpy
import pytest
from clusters import wait_until
from pegbox._trial import blas_threads
from pegbox._trial.blas_threads import thread_limit, thread_variables, threads_for
from threadpoolctl import threadpool_info, threadpool_limits

VARIABLE = "OPENBLAS_NUM_THREADS"


def blas():
    """Threads of the BLAS that numpy has loaded."""
    assert numpy.ones((2, 2)) @ numpy.ones(2) is not None
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _two_threads(monkeypatch):
    """A process that was told nothing, with two threads for BLAS, and that is left so."""
    for name in thread_variables(1):
        monkeypatch.delenv(name, raising=False)
    blas()
    with threadpool_limits(2):
        yield
        assert blas() == {2}


@pytest.mark.parametrize(("cpus", "threads"), [(0, 1), (0.125, 1), (1, 1), (1.5, 2), (4, 4)])
def test_threads_are_cores_rounded_up(cpus, threads):
    assert threads_for(cpus) == threads


def test_libraries_that_are_loaded_are_told_and_left_as_they_were():
    with thread_limit(1) as limit:
        assert blas() == {2}
        with limit:
            assert (blas(), os.environ[VARIABLE]) == ({1}, "1")
    assert blas() == {2}
    assert VARIABLE not in os.environ


def test_where_trials_of_two_sizes_run_together_no_core_is_used_twice():
    """OpenBLAS has one pool for all; what is loaded from now on is told the smaller number."""
    with thread_limit(1) as small, thread_limit(2) as large:
        with small:
            assert (blas(), os.environ[VARIABLE]) == ({1}, "1")
            with large:
                assert (blas(), os.environ[VARIABLE]) == ({2}, "1")
            assert (blas(), os.environ[VARIABLE]) == ({1}, "1")
        with large:  # the other slot is idle
            assert (blas(), os.environ[VARIABLE]) == ({2}, "2")


def test_slots_have_threads_of_their_own_and_all_may_tell():
    """threadpoolctl by itself heeds the first thread only."""
    told, done = [], threading.Event()

    def slot(threads):
        with thread_limit(threads) as limit:
            with limit:
                told.append(blas())
            done.wait()

    slots = [threading.Thread(target=slot, args=(threads,)) for threads in (1, 2, 1)]
    for number, thread in enumerate(slots, start=1):
        thread.start()
        wait_until(lambda number=number: len(told) == number)
    done.set()
    for thread in slots:
        thread.join()
    assert told == [{1}, {2}, {1}]


def test_variables_that_came_after_the_libraries_are_not_believed(monkeypatch):
    for name, value in thread_variables(1).items():
        monkeypatch.setenv(name, value)
    with thread_limit(1) as limit, limit:
        assert blas() == {1}


def looked_at(patch):
    """Notes which libraries are looked for, from now on, and finds none."""
    kinds = []
    patch.setattr(blas_threads, "_loaded", lambda kind: kinds.append(kind) or [])
    return kinds


def test_a_process_that_was_started_for_it_is_left_alone(monkeypatch):
    for name, value in thread_variables(2).items():
        monkeypatch.setenv(name, value)
    with monkeypatch.context() as patch:
        kinds = looked_at(patch)
        with thread_limit(2) as one, thread_limit(2) as other:
            kinds.clear()
            with one, other:
                assert os.environ[VARIABLE] == "2"
    assert kinds == []


def test_libraries_are_told_again_only_when_something_was_imported(monkeypatch):
    with monkeypatch.context() as patch:
        kinds = looked_at(patch)
        with thread_limit(1) as limit:
            for _ in range(3):
                with limit:
                    pass
            assert kinds == ["blas", "openmp"]
            patch.setitem(sys.modules, "imported_later", threading)
            with limit:
                pass
            assert kinds == ["blas", "openmp"] * 2


def test_torch_is_told_in_its_own_way(monkeypatch):
    class Torch:
        threads = 0

        def set_num_threads(self, threads):
            self.threads = threads

    torch = Torch()
    monkeypatch.setitem(sys.modules, "torch", torch)
    with thread_limit(3) as limit, limit:
        assert torch.threads == 3
