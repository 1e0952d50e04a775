"""Numeric libraries use as many threads as a trial has cores, before and after they are loaded."""

from __future__ import annotations

import os
import threading

import numpy
import pytest
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
    assert blas() == {2}
    with thread_limit(1):
        assert (blas(), os.environ[VARIABLE]) == ({1}, "1")
    assert blas() == {2}
    assert VARIABLE not in os.environ


def test_where_trials_of_two_sizes_run_together_no_core_is_used_twice():
    """OpenBLAS has one pool for all; what is loaded from now on is told the smaller number."""
    with thread_limit(1):
        with thread_limit(2):
            assert (blas(), os.environ[VARIABLE]) == ({2}, "1")
        assert (blas(), os.environ[VARIABLE]) == ({1}, "1")


def test_a_process_that_was_started_for_it_is_left_alone(monkeypatch):
    def refuse(kind):
        raise AssertionError("libraries were looked at")

    monkeypatch.setattr(blas_threads, "_loaded", refuse)
    for name, value in thread_variables(2).items():
        monkeypatch.setenv(name, value)
    with thread_limit(2) as limit:
        limit.renew()
        with thread_limit(2):
            assert os.environ[VARIABLE] == "2"


def test_what_is_imported_later_is_told_before_the_next_trial(monkeypatch):
    told = []
    with thread_limit(1) as limit, monkeypatch.context() as patch:
        patch.setattr(blas_threads, "_loaded", lambda kind: told.append(kind) or [])
        limit.renew()
        assert told == []
        patch.setitem(blas_threads.sys.modules, "imported_later", threading)
        limit.renew()
        assert told == ["openmp", "blas"]


def test_torch_is_told_in_its_own_way(monkeypatch):
    class Torch:
        threads = 0

        def set_num_threads(self, threads):
            self.threads = threads

    torch = Torch()
    monkeypatch.setitem(blas_threads.sys.modules, "torch", torch)
    with thread_limit(3):
        assert torch.threads == 3
