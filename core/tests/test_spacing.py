"""Points too near to what is under way are moved, where a searcher does not see to it."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from odd_searchers import Obsessed
from pegbox import (
    Searcher,
    TuneConfig,
    choice,
    lograndint,
    loguniform,
    quniform,
    randint,
    randn,
    uniform,
)
from pegbox._run.spacing import LEAST_DISTANCE
from pegbox.builtin.concurrency_limiter import ConcurrencyLimiter
from pegbox.builtin.repeater import Repeater
from pegbox.executors.simulated import SimulatedCluster, simulate
from pegbox.searcher import Traits
from pegbox.space import Space
from pegbox.space.unit_cube import from_unit, to_unit
from searcher_drive import Drive, Learner, busy_run


class OfFloats(Obsessed):
    traits = Traits(domains=frozenset({"float", "choice"}), ranges=frozenset(), cheap=True)


class OfConditions(Obsessed):
    traits = Traits(conditions=True, cheap=True)

    def setup(self, space, num_samples, conditions):
        super().setup(space, num_samples)
        self.conditions = conditions

    def suggest(self, trial_id, pending, ask, seed):
        point = super().suggest(trial_id, pending, ask, seed)
        return {
            path: value
            for path, value in point.items()
            if path not in self.conditions
            or point[self.conditions[path].parent] == self.conditions[path].index
        }


MIXED = {
    "x": uniform(-1, 3),
    "rate": loguniform(1e-5, 1e-1),
    "width": lograndint(1, 2000),
    "share": quniform(0, 1, 0.25),
    "shift": randn(5, 2),
    "kind": choice(["a", "b"]),
}
NESTED = {"model": choice([{"C": uniform(0, 1)}, {"depth": randint(1, 9), "eta": uniform(0, 1)}])}
SPACES = {"floats": {"x": uniform(0, 1), "y": uniform(0, 1)}, "mixed": MIXED, "nested": NESTED}
MAKE = {"plain": Obsessed, "of floats": OfFloats, "of conditions": OfConditions}


def distance(space, one, other):
    """Infinite between points that differ in a category, or in which parameters they have."""
    if one.keys() != other.keys():
        return math.inf
    squares = 0.0
    for path, domain in space.domains.items():
        if path in one and domain.kind == "choice":
            squares += math.inf if one[path] != other[path] else 0.0
        elif path in one:
            squares += (to_unit(domain, one[path]) - to_unit(domain, other[path])) ** 2
    return math.sqrt(squares)


def existing(space, point):
    """Without what stands for nothing."""
    return space.seen(point, conditions=True)


def least_distance(drive):
    points = [existing(drive.space, drive.points[number]) for number in drive.pending]
    return min(
        distance(drive.space, one, other) for one, other in itertools.combinations(points, 2)
    )


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("make", MAKE)
def test_eight_asks_without_an_answer_give_points_that_are_apart(make, space):
    drive = Drive(MAKE[make], space=SPACES[space])
    for number in range(20):
        drive.ask()
        drive.end(number, float(number))
    drive.asks(8)
    assert least_distance(drive) >= LEAST_DISTANCE


@pytest.mark.parametrize("make", MAKE)
@pytest.mark.parametrize("every", [1, 3])
def test_restored_after_every_kth_tell_the_points_are_those_of_a_whole_run(make, every):
    whole = busy_run(MAKE[make], lambda count: False, space=MIXED)
    cut = busy_run(MAKE[make], lambda count: count % every == every - 1, space=MIXED)
    assert cut.points == whole.points
    assert cut.core.known == whole.core.known


def test_a_searcher_hears_of_the_point_that_was_tried():
    drive = Drive(Obsessed)
    drive.asks(2)
    first, second = (drive.core.proposed[name] for name in sorted(drive.core.proposed))
    assert first == second == drive.points[0]
    assert distance(drive.space, drive.points[1], first) >= LEAST_DISTANCE
    drive.end(1, 0.5)
    ((point, loss, outcome),) = drive.core.known.values()
    assert (point, loss, outcome) == (drive.points[1], 0.5, "finished")


def test_a_point_far_from_what_is_under_way_stays():
    class Steps(Obsessed):
        def suggest(self, trial_id, pending, ask, seed):
            return {"x": 0.5 + 0.006 * ask, "y": 0.5}

    drive = Drive(Steps)
    drive.asks(8)
    assert [point["x"] for point in drive.points.values()] == [0.5 + 0.006 * i for i in range(8)]


def test_what_has_ended_moves_nothing():
    drive = Drive(lambda: Fixed())
    for number in range(3):
        drive.ask()
        drive.end(number, 0.5)
    assert [drive.points[number] for number in range(3)] == [{"x": 0.5, "y": 0.5}] * 3


class Fixed(Learner):
    traits = Traits(cheap=True)

    def suggest(self, trial_id, pending, ask, seed):
        return dict.fromkeys(self.paths, 0.5)

    def on_trial_complete(self, trial_id, config):
        pass


@pytest.mark.parametrize("trait", ["exhaustive", "model_free"])
def test_who_goes_through_all_or_means_it_is_let_alone(trait):
    class Knowing(Fixed):
        traits = Traits(cheap=True, **{trait: True})

    drive = Drive(Knowing)
    drive.asks(4)
    assert list(drive.points.values()) == [{"x": 0.5, "y": 0.5}] * 4


def test_who_is_not_told_the_point_of_a_trial_that_ends_is_let_alone():
    class OfRayTunesForm(Fixed):
        def on_trial_complete(self, trial_id, result=None, error=False, **info):
            pass

    drive = Drive(OfRayTunesForm)
    drive.asks(4)
    assert list(drive.points.values()) == [{"x": 0.5, "y": 0.5}] * 4


def test_points_that_the_user_wants_to_have_tried_are_tried():
    class Given(Fixed):
        def __init__(self, **arguments):
            super().__init__()
            Searcher.__init__(self, **arguments)

        def setup(self, space, num_samples, points):
            super().setup(space, num_samples)
            self.points = points

        def suggest(self, trial_id, pending, ask, seed):
            return self.points[ask] if ask < len(self.points) else {"x": 0.25}

    searcher = Given(points_to_evaluate=[{"x": 0.25}, {"x": 0.25}])
    result = simulate(
        lambda config, i: (1.0, {"loss": config["x"]}) if i == 1 else None,
        param_space={"x": uniform(0, 1)},
        tune_config=TuneConfig(metric="loss", mode="min", search_alg=searcher, num_samples=4),
        cluster=SimulatedCluster(workers=4),
    )
    values = [trial.config["x"] for trial in result.trials]
    assert values[:2] == [0.25, 0.25]
    assert len(set(values)) == 3


@pytest.mark.parametrize(
    ("space", "different"),
    [
        ({"kind": choice(["a", "b", "c"])}, 3),
        ({"n": randint(1, 4)}, 3),
        ({"n": randint(0, 1), "kind": choice(["a"])}, 1),
        ({"on": choice([True, False]), "q": quniform(0, 1, 0.5)}, 6),
    ],
)
def test_where_there_is_no_other_point_the_same_one_is_tried_twice(space, different):
    drive = Drive(Obsessed, space=space)
    drive.asks(8)
    points = [tuple(point.values()) for point in drive.points.values()]
    assert len(set(points[:different])) == different
    assert len(points) == 8


def test_repeats_are_meant_and_groups_are_apart():
    drive = Drive(lambda: Repeater(Obsessed(), 3))
    drive.asks(12)
    groups = [[drive.points[3 * group + i] for i in range(3)] for group in range(4)]
    assert all(one == group[0] for group in groups for one in group)
    firsts = [group[0] for group in groups]
    for one, other in itertools.combinations(firsts, 2):
        assert distance(drive.space, one, other) >= LEAST_DISTANCE
    for number in range(3, 6):
        drive.end(number, 0.5)
    assert [told[0] for told in drive.core.known.values()] == [firsts[1]]


@pytest.mark.parametrize(
    "around",
    [
        lambda: ConcurrencyLimiter(Obsessed(), 4, batch=True),
        lambda: Repeater(Obsessed(), 2),
        lambda: ConcurrencyLimiter(Repeater(Obsessed(), 2), 4),
    ],
)
def test_within_wrappers_a_restore_repeats_it(around):
    whole = busy_run(around, lambda count: False)
    cut = busy_run(around, lambda count: count % 2 == 1)
    assert cut.points == whole.points


def test_a_searcher_in_its_process_is_spaced_there():
    here, there = Drive(Obsessed, space=MIXED), Drive(Obsessed, space=MIXED, own_process=True)
    try:
        for drive in (here, there):
            drive.asks(8)
            drive.end(3, 0.25)
            drive.asks(3)
        assert there.points == here.points
    finally:
        there.close()


@pytest.mark.parametrize("path", [path for path in MIXED if path != "kind"])
def test_the_unit_interval_and_back(path):
    domain = Space(MIXED).domains[path]
    rng = random.Random(1)
    for _ in range(50):
        value = domain.draw(rng)
        assert from_unit(domain, to_unit(domain, value)) == pytest.approx(value, rel=1e-9, abs=1e-9)
        assert domain.contains(from_unit(domain, rng.uniform(-0.5, 1.5)))
