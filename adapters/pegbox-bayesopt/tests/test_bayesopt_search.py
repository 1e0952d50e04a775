"""BayesOptSearch on the real library: what is special to it; the kit has the rest."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import bayes_opt
import numpy as np
import pytest
from bayes_opt import acquisition
from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.known_points import refused_id
from pegbox.objective import Objective
from pegbox.searcher import Point
from pegbox.space import Choice, Domain, Float, Int
from pegbox_bayesopt import BayesOptSearch

PLANE: Mapping[str, Domain] = {"x": Float(0, 1), "y": Float(0, 1)}
BRANIN: Mapping[str, Domain] = {"x": Float(-5, 10), "y": Float(0, 15)}
MIXED: Mapping[str, Domain] = {
    "rate": Float(-7, -1),
    "width": Int(16, 512),
    "large": Int(0, 2**60),
    "kind": Choice(("a", None, [3])),
    "fixed": Choice(("only",)),
}


def branin(point: Point) -> float:
    """Above its least value."""
    x, y = point["x"], point["y"]
    a = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return a**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.397887


def bowl(point: Point) -> float:
    return (point["x"] - 0.7) ** 2 + (point["y"] - 0.2) ** 2


class Drive:
    """A searcher, asked and told in turn."""

    def __init__(
        self, space: Mapping[str, Domain] = PLANE, seed: int = 1, points: Any = (), **options: Any
    ) -> None:
        self.space, self.seed = space, seed
        self.searcher = BayesOptSearch(**options)
        self.searcher.setup(space, [Objective("loss", "min")], seed, -1, points=points)
        self.asks = 0

    def ask(self, pending: Mapping[str, Point] | None = None) -> Point:
        point = self.searcher.suggest(
            self.id(self.asks), pending or {}, self.asks, ask_seed(self.seed, self.asks)
        )
        assert isinstance(point, Mapping)
        self.asks += 1
        return point

    def tell(self, number: int | None, point: Point, loss: float | None) -> None:
        result = None if loss is None else {"loss": loss}
        outcome: Any = "failed" if loss is None else "finished"
        self.searcher.observe(point, result, outcome, None if number is None else self.id(number))

    def run(self, times: int, loss: Callable[[Point], float | None]) -> list[Point]:
        points = []
        for _ in range(times):
            points.append(self.ask())
            self.tell(self.asks - 1, points[-1], loss(points[-1]))
        return points

    @staticmethod
    def id(number: int) -> str:
        return f"abcde_{number:05d}"


def ask_seed(seed: int, ask: int) -> int:
    return random.Random(f"{seed}/{ask}").getrandbits(32)


def bare(space: Mapping[str, Domain], seed: int, **options: Any) -> bayes_opt.BayesianOptimization:
    bounds = {path: (domain.lower, domain.upper) for path, domain in space.items()}
    return bayes_opt.BayesianOptimization(None, bounds, random_state=seed, verbose=0, **options)


# ------------------------------------------------------------------ beside the bare library


def test_one_at_a_time_the_points_are_those_of_the_bare_library() -> None:
    drive = Drive(random_search_steps=4)
    known = [(point, bowl(point)) for point in drive.run(4, bowl)]
    for ask in range(4, 8):
        optimizer = bare(
            PLANE,
            ask_seed(1, ask),
            acquisition_function=acquisition.UpperConfidenceBound(kappa=1.0),
        )
        for point, loss in known:
            optimizer.register(point, -loss)
        (point,) = drive.run(1, bowl)
        assert point == pytest.approx(optimizer.suggest(), abs=1e-9)
        known.append((point, bowl(point)))


@pytest.mark.parametrize("liar", ["max", "mean", "min"])
def test_constant_lies_are_those_of_the_library(liar: str) -> None:
    drive = Drive(random_search_steps=4, liar=liar, acquisition="ei", xi=0.01)
    known = drive.run(5, bowl)
    under_way = [{"x": 0.1, "y": 0.9}, {"x": 0.6, "y": 0.3}]
    function = acquisition.ConstantLiar(acquisition.ExpectedImprovement(xi=0.01), strategy=liar)
    function.dummies = [np.array(list(point.values())) for point in under_way]
    optimizer = bare(PLANE, ask_seed(1, 5), acquisition_function=function)
    for point in known:
        optimizer.register(point, -bowl(point))
    ours = drive.ask({drive.id(number): point for number, point in enumerate(under_way, 3)})
    assert ours == pytest.approx(optimizer.suggest(), abs=1e-6)


def test_parameters_of_very_different_widths_count_alike() -> None:
    narrow = {"x": Float(0, 1e-4), "y": Float(0, 1000)}
    wide = Drive(random_search_steps=5).run(9, bowl)
    scaled = Drive(narrow, random_search_steps=5).run(
        9, lambda point: bowl({"x": point["x"] * 1e4, "y": point["y"] / 1000})
    )
    for one, other in zip(wide, scaled, strict=True):
        assert (other["x"] * 1e4, other["y"] / 1000) == pytest.approx(
            (one["x"], one["y"]), abs=1e-6
        )


def test_it_finds_more_than_random_search() -> None:
    ours, at_random = [], []
    for seed in range(1, 4):
        ours.append(min(map(branin, Drive(BRANIN, seed, random_search_steps=6).run(22, branin))))
        rng = random.Random(seed)
        drawn = [{path: each.draw(rng) for path, each in BRANIN.items()} for _ in range(22)]
        at_random.append(min(map(branin, drawn)))
    assert np.median(ours) < np.median(at_random) / 3


# ------------------------------------------------------------------ what it proposes


def test_points_of_a_mixed_space_are_plain_and_inside() -> None:
    drive = Drive(MIXED, random_search_steps=6)
    points = drive.run(12, lambda point: abs(point["rate"] + 3) + point["width"] / 512)
    for point in points:
        assert list(point) == list(MIXED)
        for path, domain in MIXED.items():
            assert type(point[path]) is (float if domain.kind == "float" else int)
            assert domain.conform(point[path]) == point[path]
    assert {point["kind"] for point in points} == {0, 1, 2}


def test_categories_and_whole_numbers_are_learnt() -> None:
    space = {"n": Int(0, 9), "c": Choice(("a", "b", "c", "d"))}
    drive = Drive(space, random_search_steps=8)
    late = drive.run(16, lambda point: (point["n"] - 6) ** 2 + 20 * (point["c"] != 2))[8:]
    assert {"n": 6, "c": 2} in late


def test_a_space_of_one_point_gives_that_point() -> None:
    drive = Drive({"only": Choice(("a",)), "n": Int(3, 3)}, random_search_steps=1)
    assert drive.run(4, lambda point: 1.0) == [{"only": 0, "n": 3}] * 4


def test_where_all_points_were_tried_they_are_tried_again() -> None:
    drive = Drive({"c": Choice(("a", "b", "c"))}, random_search_steps=2)
    points = [point["c"] for point in drive.run(7, lambda point: float(point["c"]))]
    assert set(points) == {0, 1, 2}
    assert len(points) == 7


def test_a_known_point_is_not_proposed_again_unless_that_is_wished() -> None:
    space = {"n": Int(0, 20)}
    again = Drive(space, random_search_steps=3, skip_duplicate=False)
    once = Drive(space, random_search_steps=3, patience=50)
    for drive in (again, once):
        drive.points = [point["n"] for point in drive.run(9, lambda point: (point["n"] - 4) ** 2)]
    assert len(set(again.points)) < 9
    assert len(set(once.points)) == 9


def test_what_a_given_point_leaves_out_is_chosen() -> None:
    drive = Drive(points=[{"y": 0.25}, {"x": 0.5, "y": 0.5}], random_search_steps=0)
    assert drive.ask()["y"] == 0.25
    assert drive.ask() == {"x": 0.5, "y": 0.5}


@pytest.mark.parametrize(
    "domain", [Float(1e-3, 1, log=True), Float(0, 1, step=0.25), Int(2, 64, log=True)]
)
def test_what_core_would_have_mapped_is_refused(domain: Domain) -> None:
    with pytest.raises(UnsupportedSpace, match="parameter 'p': bayesian-optimization has nothing"):
        Drive({"p": domain})


# ------------------------------------------------------------------ what it makes of results


def test_points_do_not_depend_on_the_order_in_which_results_came() -> None:
    known = Drive(random_search_steps=6).run(7, bowl)
    orders = [list(range(7)), list(reversed(range(7)))]
    found = []
    for order in orders:
        drive = Drive(random_search_steps=6)
        for number in order:
            drive.tell(number, known[number], bowl(known[number]))
        drive.asks = 7
        found.append(drive.ask())
    assert found[0] == found[1]


def test_a_failed_trial_counts_as_the_worst_known_result() -> None:
    asked = []
    for last in (None, 3.0):
        drive = Drive(random_search_steps=2)
        for number, (x, loss) in enumerate([(0.1, 3.0), (0.5, 1.0), (0.9, last)]):
            drive.tell(number, {"x": x, "y": 0.5}, loss)
        drive.asks = 3
        asked.append(drive.ask())
    assert asked[0] == asked[1]


def test_while_all_have_failed_points_are_drawn() -> None:
    drive = Drive(random_search_steps=2)
    points = drive.run(6, lambda point: None)
    assert len({tuple(point.values()) for point in points}) == 6


def test_a_point_with_several_results_counts_with_their_mean() -> None:
    asked = []
    for losses in ([1.0, 5.0, 3.0], [3.0]):
        drive = Drive(random_search_steps=2)
        for number, loss in enumerate([2.0, 4.0]):
            drive.tell(number, {"x": 0.3 + 0.4 * number, "y": 0.5}, loss)
        for loss in losses:
            drive.tell(None, {"x": 0.9, "y": 0.1}, loss)
        drive.asks = 5
        asked.append(drive.ask())
    assert asked[0] == asked[1]


@pytest.mark.parametrize("loss", [1e300, -1e300, 1e-300])
def test_losses_of_any_size_are_borne(loss: float) -> None:
    drive = Drive(random_search_steps=2)
    for point in drive.run(5, lambda point: loss * point["x"]):
        assert all(0 <= value <= 1 for value in point.values())


def test_nothing_is_printed_or_warned_of(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drive = Drive(MIXED, random_search_steps=3, bounds_transformer=True)
        for number in range(5):  # nothing to learn, the same point twice, and all the same losses
            drive.tell(number, {**dict.fromkeys(MIXED, 0), "rate": -2.0, "width": 16}, 1.0)
        drive.run(3, lambda point: 1.0)
    assert capfd.readouterr() == ("", "")


# ------------------------------------------------------------------ acquisition functions


def test_exploration_decays_with_what_is_known_also_for_a_new_searcher() -> None:
    options = {"kappa": 8.0, "exploration_decay": 0.5, "exploration_decay_delay": 2}
    drive = Drive(random_search_steps=4, **options)
    known = drive.run(9, bowl)
    restored = Drive(random_search_steps=4, **options)
    for number, point in enumerate(known):
        restored.tell(number, point, bowl(point))
    restored.asks = 9
    # Five suggestions were made, and it decayed after all but the first of them.
    plain = Drive(random_search_steps=4, kappa=8.0 * 0.5**4)
    for number, point in enumerate(known):
        plain.tell(number, point, bowl(point))
    plain.asks = 9
    assert drive.ask() == restored.ask() == plain.ask()


def test_an_acquisition_function_that_was_given_is_copied() -> None:
    given = acquisition.UpperConfidenceBound(kappa=1.0, exploration_decay=0.5)
    ours = Drive(random_search_steps=3, acquisition=given).run(6, bowl)
    assert (given.kappa, given.i) == (1.0, 0)
    assert ours == Drive(random_search_steps=3, kappa=1.0, exploration_decay=0.5).run(6, bowl)


def test_a_constant_liar_brings_its_own_lie() -> None:
    given = acquisition.ConstantLiar(acquisition.UpperConfidenceBound(kappa=1.0), strategy="min")
    pending = {"abcde_00006": {"x": 0.7, "y": 0.2}}
    found = []
    for options in ({"acquisition": given}, {"liar": "min"}, {"liar": "max"}):
        drive = Drive(random_search_steps=3, **options)
        drive.run(6, bowl)
        found.append(drive.ask(pending))
    assert found[0] == found[1] != found[2]


def test_parallel_points_leave_the_neighbourhood_of_those_under_way() -> None:
    drive = Drive(BRANIN, random_search_steps=8)
    drive.run(12, branin)
    pending: dict[str, Point] = {}
    for _ in range(4):
        point = drive.ask(pending)
        pending[drive.id(drive.asks - 1)] = point
    points = list(pending.values())
    for at, one in enumerate(points):
        for other in points[:at]:
            assert math.dist(one.values(), other.values()) > 0.15  # a hundredth of the edge


# ------------------------------------------------------------------ domain reduction


def test_the_bounds_are_those_of_the_library_after_the_same_results() -> None:
    drive = Drive(random_search_steps=4, bounds_transformer=True)
    known = [(point, -bowl(point)) for point in drive.run(12, bowl)]
    transformer = bayes_opt.SequentialDomainReductionTransformer()
    optimizer = bare(PLANE, 0, bounds_transformer=transformer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of points outside
        for number, (point, target) in enumerate(known):
            optimizer.register(point, target)
            if number >= 4:
                optimizer.set_bounds(transformer.transform(optimizer.space))
        reduction: Any = drive.searcher._model._reduction
        ours = [window.bounds for window in reduction.bounds(known).values()]
    assert np.array(ours) == pytest.approx(optimizer.space.bounds, abs=1e-9)
    assert np.ptp(ours, axis=1).max() < 0.6


def test_a_minimum_window_is_in_the_units_of_the_parameter() -> None:
    space = {"x": Float(0, 100), "n": Int(0, 3), "y": Float(0, 1)}
    drive = Drive(
        space, random_search_steps=2, bounds_transformer={"minimum_window": {"x": 40}, "eta": 0.3}
    )
    drive.run(8, lambda point: (point["x"] - 30) ** 2 + point["y"])
    known = [(each.point, -each.loss) for each in drive.searcher._known.in_order()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bounds = drive.searcher._model._reduction.bounds(known)
    assert set(bounds) == {"x", "y"}
    assert np.ptp(bounds["x"].bounds) == pytest.approx(0.4)
    assert np.ptp(bounds["y"].bounds) < 0.1


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"z": 1}, "minimum_window names 'z'"),
        (-1, "minimum_window of 'x' is -1"),
        (7, "Global bounds are not compatible with the minimum window size."),
    ],
)
def test_a_window_that_does_not_fit_is_refused(window: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Drive(bounds_transformer={"minimum_window": window})
    assert str(caught.value) == (
        f"BayesOptSearch(bounds_transformer=...) does not fit the space: {message}\n"
        "  A minimum_window is a number for all parameters of real numbers, or a dict of name to "
        "number, each within its range. Here they are: x, y."
    )


def test_what_a_constraint_refused_is_left_as_if_it_had_failed() -> None:
    drive = Drive()
    for x in range(5):
        for y in range(3):
            point = {"x": x / 4, "y": y / 2}
            drive.tell(drive.asks, point, bowl(point))
            drive.asks += 1
    first = drive.ask()
    assert math.dist(first.values(), (0.7, 0.2)) < 0.2
    refused = {refused_id("abcde_00000", 0): first}
    assert math.dist(drive.ask(refused).values(), first.values()) > 0.1


def test_what_was_refused_is_no_step_of_the_search() -> None:
    """Neither random points are the fewer for it, nor is what comes after them less daring."""
    options = {"kappa": 8.0, "exploration_decay": 0.5}
    refused = {refused_id("abcde_00000", at): {"x": at / 9, "y": 0.9} for at in range(6)}

    def asked(steps: int, pending: Mapping[str, Point], **options: Any) -> Point:
        drive = Drive(random_search_steps=steps, **options)
        for number in range(6):
            drive.tell(number, {"x": number / 5, "y": 0.1}, number / 5)
        drive.asks = 6
        return drive.ask(pending)

    assert asked(10, refused, **options) == asked(10, {}, **options)
    assert asked(4, refused, **options) == asked(4, refused, kappa=8.0 * 0.5**2)
