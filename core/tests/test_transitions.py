"""Which state may follow which: the table is whole, and everything that is not in it is refused."""

from __future__ import annotations

from collections import deque
from itertools import product

import pytest
from engine_rig import Rig
from pegbox._engine.state import RunState
from pegbox._engine.transitions import TRANSITIONS, table_as_markdown
from pegbox.errors import InvalidTransition
from pegbox.trial import State

PAIRS = list(product(State, State))


def way_to(goal):
    """The states from queued to ``goal``, by the shortest way through the table."""
    ways = deque([[State.QUEUED]])
    while ways:
        way = ways.popleft()
        if way[-1] is goal:
            return way
        ways += [[*way, new] for old, new in TRANSITIONS if old is way[-1] and new not in way]
    raise AssertionError(f"no way leads to {goal}")


def state_with_trial_in(goal):
    state = RunState("abcde", "f")
    state.apply(Rig().suggested(0))
    for step in way_to(goal)[1:]:
        move(state, step)
    return state


def move(state, new):
    record = state.trials[0]
    state._move(record, new)
    record.halt_for = "STOP" if new is State.HALTING else None


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=lambda state: state.value)
def test_what_the_table_has_is_done_and_all_else_refused(old, new):
    state = state_with_trial_in(old)
    if (old, new) in TRANSITIONS:
        move(state, new)
        assert state.trials[0].state is new
    else:
        with pytest.raises(InvalidTransition) as caught:
            move(state, new)
        assert f"abcde_00000 cannot go from {old.value} to {new.value}" in caught.value.message
        assert caught.value.trial == 0
        assert any("Suggested trial=0" in line for line in caught.value.story)
        assert state.trials[0].state is old
    state.check()


def test_what_the_design_says_of_restores_is_possible():
    for pair in [
        (State.FAILED, State.QUEUED),
        (State.FINISHED, State.QUEUED),
        (State.QUEUED, State.FAILED),
        (State.PAUSED, State.FAILED),
    ]:
        assert pair in TRANSITIONS


def test_an_ended_trial_is_never_launched_without_being_queued():
    ended = [state for state in State if state.ended]
    assert {new for old, new in TRANSITIONS if old in ended} == {State.QUEUED}


def test_the_table_reads_as_a_page():
    lines = table_as_markdown().splitlines()
    assert lines[0] == "| from | to | when |"
    assert len(lines) == 2 + len(TRANSITIONS)
    assert "| paused | queued | it is chosen to go on |" in lines
