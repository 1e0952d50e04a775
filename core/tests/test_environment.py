"""Seconds from the environment: what is none is said, and ends nothing."""

from __future__ import annotations

import pytest
from pegbox._run.environment import seconds_of


@pytest.mark.parametrize(("text", "seconds"), [("", 30.0), ("0", 0.0), ("2.5", 2.5)])
def test_a_number_from_0_on_is_taken(monkeypatch, text, seconds):
    monkeypatch.setenv("PEGBOX_SOME_S", text)
    assert seconds_of("PEGBOX_SOME_S", 30.0) == seconds


@pytest.mark.parametrize("text", ["half", "-1", "nan"])
def test_anything_else_is_said(monkeypatch, caplog, text):
    monkeypatch.setenv("PEGBOX_SOME_S", text)
    assert seconds_of("PEGBOX_SOME_S", 30.0) == 30.0
    said = f"PEGBOX_SOME_S={text!r} is no number of seconds, and does not count"
    assert caplog.messages == [said]
