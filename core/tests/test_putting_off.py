"""Which facts may be stored a moment later."""

from __future__ import annotations

import pytest
from pegbox._run.putting_off import PuttingOff
from pegbox.events import Ended, Launched, Reported, Started
from store_facts import reported, suggested


def launched(trial, at):
    return Launched(at, trial, 1, "a")


def ended(trial, at):
    return Ended(at, trial, 1, "finished")


@pytest.fixture
def putting_off():
    return PuttingOff()


def test_a_report_may_wait(putting_off):
    assert isinstance(reported(0, 1), Reported)
    assert putting_off.allows([Started(0.0, 1), reported(0, 1), reported(0, 2)])


def test_a_trial_that_the_store_does_not_know_is_stored_before_its_launch(putting_off):
    assert putting_off.allows([suggested(0), suggested(1)])
    assert not putting_off.allows([launched(0, 1.0)])
    putting_off.stored()
    assert putting_off.allows([launched(1, 1.0)])


def test_a_trial_that_is_suggested_and_launched_together_is_stored_at_once(putting_off):
    assert not putting_off.allows([suggested(0), launched(0, 1.0), reported(0, 1)])


@pytest.mark.parametrize(("seconds", "allowed"), [(0.0, True), (0.9, True), (1.1, False)])
def test_the_end_of_a_try_may_wait_where_it_is_quick_to_repeat(putting_off, seconds, allowed):
    assert putting_off.allows([launched(0, 100.0)])
    assert putting_off.allows([ended(0, 100.0 + seconds)]) is allowed


@pytest.mark.parametrize(("seconds", "quick"), [(0.9, True), (1.1, False)])
def test_nothing_else_comes_before_the_end_of_a_try_that_took_long(putting_off, seconds, quick):
    putting_off.allows([launched(0, 100.0), launched(1, 100.0)])
    events = [reported(0, 1), ended(0, 100.1), ended(1, 100.0 + seconds)]
    assert putting_off.quick(events) is quick


def test_reports_and_a_launch_that_nobody_knows(putting_off):
    assert putting_off.quick([reported(0, 1)])
    assert not putting_off.quick([ended(0, 100.0)])


def test_a_try_counts_from_its_own_launch(putting_off):
    putting_off.allows([launched(0, 1.0), ended(0, 1.1)])
    assert putting_off.allows([launched(0, 50.0), ended(0, 50.5)])


def test_a_try_of_which_no_launch_is_known_is_stored_at_once(putting_off):
    assert not putting_off.allows([ended(0, 100.0)])
