"""Any legal order of events: no trial lost, each told once, no slot overdrawn, no hang."""

from __future__ import annotations

from collections import Counter

from engine_world import CPU, OBJECTIVE, World
from hypothesis import given, settings
from hypothesis import strategies as st
from pegbox._engine.retention import KeepRule
from pegbox._engine.rules import Rules
from pegbox._engine.state import RunState
from pegbox._engine.time_limits import OVERTIME_S
from pegbox.events import (
    CheckpointsDropped,
    Ended,
    Launched,
    Reported,
    Resumed,
    RunEnded,
    Suggested,
)

SEEDS = st.integers(0, 2**32)
RULES = st.builds(
    Rules,
    resources=st.just(CPU),
    objectives=st.just((OBJECTIVE,)),
    max_trials=st.sampled_from([-1, 3, 9]),
    max_failures=st.sampled_from([0, 1, 3]),
    max_concurrent=st.sampled_from([None, 1, 3]),
    trial_time_limit_s=st.sampled_from([None, None, 5.0, 40.0]),
    grace_s=st.sampled_from([3.0, 30.0, 1e9]),
    lookahead=st.sampled_from([0, 2, 10]),
    reads_results=st.booleans(),
    keep=st.sampled_from(
        [None, KeepRule(1), KeepRule(2), KeepRule(1, "loss", "min"), KeepRule(2, "loss", "max")]
    ),
)


def replayed(world: World) -> RunState:
    state = RunState("abcde", "f")
    for fact in world.journal:
        state.apply(fact)
    return state


def assert_complete(world: World) -> None:
    state = world.engine.state
    assert isinstance(state.ended, RunEnded)
    assert state.ended.how == "complete"
    assert all(record.state.ended for record in state.trials.values())
    expected = (
        world.samples if world.rules.max_trials < 0 else min(world.samples, world.rules.max_trials)
    )
    assert sorted(state.trials) == list(range(expected)), "a trial was lost or born twice"
    assert not world.running


@given(SEEDS, RULES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_run_ends_with_every_trial_told_once(seed, rules, chooses):
    world = World(seed, rules, chooses=chooses)
    world.run()
    assert_complete(world)
    assert world.tells == dict.fromkeys(world.engine.state.trials, 1)
    assert sorted(world.decider.completions) == sorted(world.engine.state.trials)


@given(SEEDS, RULES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_fits_no_worker_waits_or_fails_and_the_others_go_on(seed, rules, chooses):
    world = World(seed, rules, chooses=chooses, scarce=True)
    world.run()
    assert_complete(world)
    assert world.tells == dict.fromkeys(world.engine.state.trials, 1)
    assert replayed(world).snapshot() == world.engine.state.snapshot()


@given(SEEDS, RULES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_killed_drivers_lose_no_trial_and_tell_each_once(seed, rules, chooses):
    world = World(seed, rules, chooses=chooses)
    world.run(crashes=8)
    assert_complete(world)


@given(SEEDS, RULES)
@settings(max_examples=100, deadline=None)
def test_a_stored_decision_to_stop_outlives_a_killed_driver(seed, rules):
    world = World(seed, rules)
    world.run(crashes=8)
    stopped = set()
    for fact in world.journal:
        if isinstance(fact, Launched | Reported):
            assert fact.trial not in stopped, "a trial that was told to stop went on"
        if isinstance(fact, Reported) and fact.decision == "STOP":
            stopped.add(fact.trial)


@given(SEEDS, RULES)
@settings(max_examples=100, deadline=None)
def test_replay_of_the_facts_is_the_state(seed, rules):
    world = World(seed, rules)
    world.run(crashes=4)
    assert replayed(world).snapshot() == world.engine.state.snapshot()
    replayed(world).check()


@given(SEEDS, RULES)
@settings(max_examples=60, deadline=None)
def test_replay_is_the_state_at_every_moment(seed, rules):
    world = World(seed, rules)
    world.begin()
    state, done = RunState("abcde", "f"), 0
    while not world.engine.ended:
        for fact in world.journal[done:]:
            state.apply(fact)
        done = len(world.journal)
        assert state.snapshot() == world.engine.state.snapshot()
        world.step()


@given(SEEDS, RULES)
@settings(max_examples=100, deadline=None)
def test_an_interrupted_run_ends_in_good_order_and_goes_on(seed, rules):
    world = World(seed, rules)
    world.run(interrupt=True)
    ended = world.engine.state.ended
    assert ended is not None
    assert ended.how in ("complete", "interrupted")
    assert not world.running
    if ended.how == "interrupted":
        world.crash()
        while not world.engine.ended:
            world.step()
    assert_complete(world)


@given(SEEDS, RULES)
@settings(max_examples=60, deadline=None)
def test_each_attempt_is_launched_and_ends_once(seed, rules):
    world = World(seed, rules)
    world.run(crashes=3)
    launched = [(f.trial, f.attempt) for f in world.journal if isinstance(f, Launched)]
    ended = [(f.trial, f.attempt) for f in world.journal if isinstance(f, Ended)]
    assert len(set(launched)) == len(launched)
    assert len(set(ended)) == len(ended)
    assert set(ended) <= set(launched)
    # What is missing an end was running when the driver was killed.
    missing = set(launched) - set(ended)
    assert bool(missing) <= any(isinstance(f, Resumed) for f in world.journal)
    assert len([f for f in world.journal if isinstance(f, Suggested)]) == len(
        world.engine.state.trials
    )


@given(SEEDS, RULES, st.booleans())
@settings(max_examples=100, deadline=None)
def test_no_trial_runs_much_longer_than_its_limit(seed, rules, chooses):
    world = World(seed, rules, chooses=chooses)
    world.run()
    ran, began = Counter(), {}
    for fact in world.journal:
        if isinstance(fact, Launched):
            began[fact.trial] = fact.at
        elif isinstance(fact, Ended):
            ran[fact.trial] += fact.at - began[fact.trial]
    for number, record in world.engine.state.trials.items():
        assert record.ran_s == ran[number]
        if rules.trial_time_limit_s is not None:
            # A moment passes from a tick to the death of a worker, and for each that dies before.
            assert ran[number] <= rules.trial_time_limit_s + OVERTIME_S + 20


def recorded(world: World) -> dict[str, tuple[int, float | None]]:
    """Path -> trial and last loss, in the order in which they were saved last."""
    found: dict[str, tuple[int, float | None]] = {}
    losses: dict[int, float] = {}
    for fact in world.journal:
        if isinstance(fact, Reported):
            losses[fact.trial] = fact.metrics["loss"]
        if isinstance(fact, Reported | Ended) and fact.checkpoint is not None:
            found.pop(fact.checkpoint.path, None)
            found[fact.checkpoint.path] = fact.trial, losses.get(fact.trial)
    return found


def promised(world: World) -> set[str]:
    """What is to be on disk, by the journal and the rule alone."""
    rule, saved = world.rules.keep, recorded(world)
    if rule is None:
        return set(saved)
    kept = {r.checkpoint.path for r in world.engine.state.trials.values() if r.checkpoint}
    for number in world.engine.state.trials:
        own = [(loss, path) for path, (trial, loss) in saved.items() if trial == number]
        if rule.score is not None:
            sign = {"min": -1, "max": 1}[rule.order]
            own.sort(key=lambda pair: (pair[0] is not None, sign * (pair[0] or 0)))
        kept |= {path for _, path in own[-rule.count :]}
    return kept


@given(SEEDS, RULES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_exactly_what_is_promised_stays_on_disk(seed, rules, chooses):
    world = World(seed, rules, chooses=chooses)
    world.run()
    if rules.keep is None:
        # Also what came with reports that do not count.
        assert world.on_disk >= promised(world)
    else:
        assert world.on_disk == promised(world)


@given(SEEDS, RULES)
@settings(max_examples=150, deadline=None)
def test_killed_drivers_drop_neither_more_nor_less(seed, rules):
    world = World(seed, rules)
    world.run(crashes=6)
    facts = [fact for fact in world.journal if isinstance(fact, CheckpointsDropped)]
    dropped = {path for fact in facts for path in fact.paths}
    assert set(recorded(world)) - dropped == promised(world)
