"""SkOptSearch on the real skopt: what is special to it; the kit has the rest."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.known_points import refused_id
from pegbox.objective import Objective
from pegbox.searcher import Point
from pegbox.seeds import derive_seed
from pegbox.space import Choice, Domain, Float, Grid, Int
from pegbox_skopt import SkOptSearch
from sklearn.linear_model import LinearRegression
from skopt import Optimizer
from skopt.learning import GaussianProcessRegressor, RandomForestRegressor

LOSS = [Objective("loss", "min")]
SQUARE = {"x": Float(0, 1), "y": Float(0, 1)}


class Drive:
    """A searcher, asked and told."""

    def __init__(
        self, space: Mapping[str, Domain] = SQUARE, points: Sequence[Point] = (), **options: Any
    ) -> None:
        self.space = space
        self.searcher = SkOptSearch(**options)
        self.searcher.setup(space, LOSS, 1, -1, points=points)
        self.asks = 0

    def ask(self, pending: Mapping[str, Point] | None = None) -> Point:
        point = self.searcher.suggest(self.id(self.asks), pending or {}, self.asks, self.asks)
        assert isinstance(point, Mapping)
        assert list(point) == list(self.space)
        for path, value in point.items():
            assert type(value) is (float if isinstance(self.space[path], Float) else int)
            assert self.space[path].conform(value) == value
        self.asks += 1
        return point

    def tell(self, number: int | None, point: Point, loss: float | None) -> None:
        result = None if loss is None else {"loss": loss}
        outcome: Any = "failed" if loss is None else "finished"
        self.searcher.observe(point, result, outcome, None if number is None else self.id(number))

    def know(self, losses: Sequence[float | None]) -> None:
        """Tell trials at random points."""
        rng = random.Random(3)
        for loss in losses:
            self.tell(self.asks, {path: d.draw(rng) for path, d in self.space.items()}, loss)
            self.asks += 1

    @staticmethod
    def id(number: int) -> str:
        return f"abcde_{number:05d}"


def test_one_at_a_time_the_points_are_those_of_bare_skopt() -> None:
    drive = Drive({"x": Float(0, 1), "n": Int(0, 9)}, estimator="et", acq_func="LCB")
    drive.know([float(i) for i in range(12)])
    known = drive.searcher._known.in_order()
    seed = derive_seed(drive.asks, "optimizer")
    bare = Optimizer([(0.0, 1.0), (0, 9)], "ET", random_state=seed, acq_func="LCB")
    bare.tell([list(each.point.values()) for each in known], [each.loss for each in known])
    assert list(drive.ask().values()) == bare.ask()


@pytest.mark.parametrize("generator", ["random", "sobol", "halton", "hammersly", "lhs", "grid"])
def test_each_initial_design_covers_the_space(generator: str) -> None:
    space = {"x": Float(1e-3, 1, log=True), "n": Int(1, 4), "c": Choice(("a", "b"))}
    drive = Drive(space, initial_point_generator=generator, n_initial_points=64)
    points = [drive.ask() for _ in range(64)]
    below = sum(point["x"] < 10**-1.5 for point in points)
    assert 20 <= below <= 44
    for path, least in (("n", 6), ("c", 20)):
        counts = Counter(point[path] for point in points)
        assert len(counts) == space[path].size
        assert min(counts.values()) >= least, f"{path}: {counts}"


def test_given_points_take_no_place_of_the_design() -> None:
    def points(*given: Point) -> list[Point]:
        drive = Drive(points=given, initial_point_generator="lhs", n_initial_points=4)
        return [drive.ask() for _ in range(len(given) + 3)]

    (first, second, *rest) = points({"x": 0.5, "y": 0.25}, {"y": 0.75})
    assert (first, second["y"]) == ({"x": 0.5, "y": 0.25}, 0.75)
    assert rest == points()
    # As they are placed where they come new at a restore.
    assert points({}, {}, {"x": 0.5, "y": 0.25})[:2] == points()[:2]
    assert points({}, {}, {"x": 0.5, "y": 0.25})[3] == points()[2]


@pytest.mark.parametrize("liar", ["cl_mean", "cl_max"])
def test_points_beside_each_other_are_worth_trying(liar: str) -> None:
    """Without the core, which moves what is too near."""
    for seed in range(2):
        drive = Drive(liar=liar)
        rng = random.Random(seed)
        for number in range(20):
            point = {"x": rng.random(), "y": rng.random()}
            drive.tell(number, point, (point["x"] - 0.7) ** 2 + (point["y"] - 0.2) ** 2)
        drive.asks = 20 + 100 * seed
        pending: dict[str, Point] = {}
        for _ in range(8):
            name = drive.id(drive.asks)
            pending[name] = drive.ask(pending)
        points = [tuple(point.values()) for point in pending.values()]
        assert min(math.dist(*pair) for pair in itertools.combinations(points, 2)) >= 0.005


@pytest.mark.parametrize("liar", ["believer", "cl_min", "cl_mean", "cl_max"])
def test_a_liar_says_of_itself_whether_it_keeps_points_apart(liar: str) -> None:
    assert SkOptSearch(liar=liar).traits.batches == (liar in ("cl_mean", "cl_max"))


def test_categories_under_way_are_not_proposed_again_while_others_are_left() -> None:
    drive = Drive({"c": Choice(tuple("abcdefgh"))}, n_initial_points=2)
    for number, index in enumerate((0, 1, 2)):
        drive.tell(number, {"c": index}, float(index))
    drive.asks = 3
    pending: dict[str, Point] = {}
    for _ in range(3):
        name = drive.id(drive.asks)
        pending[name] = drive.ask(pending)
    assert len({point["c"] for point in pending.values()}) == 3


@pytest.mark.parametrize("acq_func", ["EI", "LCB", "PI", "gp_hedge"])
def test_everything_that_can_be_sought_gives_points_that_repeat(acq_func: str) -> None:
    def points() -> list[Point]:
        drive = Drive({**SQUARE, "c": Choice((1, 2, 3))}, acq_func=acq_func, n_initial_points=2)
        drive.know([0.5, 0.25, 0.75])
        first = drive.ask()
        return [first, drive.ask({drive.id(3): first})]

    assert points() == points()


@pytest.mark.parametrize(
    "losses",
    [
        [1.0] * 6,
        [1e300, -1e300, 1.0, 2.0, 3.0, None],
        [5e-324, 1e-320, 0.0, 0.0, 0.0, 0.0],
        [None, None, None, None, 7.0, None],
    ],
)
@pytest.mark.parametrize("estimator", ["gp", "rf"])
def test_odd_losses_poison_nothing(estimator: str, losses: list[float | None]) -> None:
    drive = Drive(estimator=estimator, n_initial_points=1)
    drive.know(losses)
    first = drive.ask()
    assert drive.ask({drive.id(6): first}) != first


def test_a_failed_trials_neighbourhood_is_left_alone() -> None:
    drive = Drive({"x": Float(0, 1)}, n_initial_points=1)
    for number in range(10):
        x = number / 10
        drive.tell(number, {"x": x}, None if 0.35 < x < 0.65 else (x - 0.5) ** 2)
    drive.asks = 10
    assert not 0.4 < drive.ask()["x"] < 0.6


def test_a_range_of_any_length_is_learnt_in() -> None:
    for bounds in ((0.0, 1e-9), (-1.7e308, 1.7e308), (1e-300, 1e300)):
        domain = Float(*bounds, log=bounds[0] > 0)
        drive = Drive({"x": domain}, n_initial_points=4)
        best = drive.searcher._proposals._coding.at([0.3])["x"]
        coded = drive.searcher._proposals._coding.coded
        for number in range(8):
            point = drive.ask()
            loss = (coded(point)[0] - coded({"x": best})[0]) ** 2
            drive.tell(number, point, loss)
        assert loss < 1e-3, f"{domain}: {loss}"


def test_what_cannot_vary_is_left_to_itself() -> None:
    fixed = {"n": Int(3, 3), "c": Choice(("only",))}
    drive = Drive(fixed, n_initial_points=1)
    for number in range(3):
        assert drive.ask() == {"n": 3, "c": 0}
        drive.tell(number, {"n": 3, "c": 0}, 1.0)
    drive = Drive({"n": Int(3, 3), "x": Float(0, 1)}, n_initial_points=1)
    drive.know([0.5, 0.25])
    assert drive.ask()["n"] == 3


def test_whole_numbers_as_large_as_they_come_are_proposed() -> None:
    space = {"n": Int(-(2**62), 2**62), "l": Int(1, 2**62, log=True), "few": Int(1, 9, log=True)}
    drive = Drive(space, n_initial_points=3)
    for number in range(6):
        drive.tell(number, drive.ask(), float(number))


def test_an_estimator_that_is_given_is_used_and_repeats() -> None:
    for given in (RandomForestRegressor(n_estimators=5), GaussianProcessRegressor()):
        points = []
        for _ in range(2):
            drive = Drive(estimator=given, n_initial_points=2)
            drive.know([0.1, 0.2, 0.3, 0.4])
            points.append(drive.ask({drive.id(90): {"x": 0.5, "y": 0.5}}))
        assert points[0] == points[1]
        assert getattr(given, "random_state", None) is None, "it is the user's own"


@pytest.mark.parametrize("estimator", ["gbrt", "dummy"])
def test_an_estimator_that_does_not_run_with_the_installed_scikit_learn_is_refused(
    estimator: str,
) -> None:
    with pytest.raises(ConfigError) as caught:
        Drive(estimator=estimator)
    assert f"SkOptSearch(estimator={estimator!r}) does not work with scikit-learn 1.9" in str(
        caught.value
    )
    assert "search_alg=" in caught.value.hint or '"gp", "rf" or "et"' in caught.value.hint


def test_a_regressor_without_a_standard_deviation_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"return_std") as caught:
        Drive(estimator=LinearRegression())
    assert "whose predict takes return_std=True" in caught.value.hint


def test_what_does_not_go_with_the_estimator_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Drive(estimator="rf", acq_optimizer="lbfgs")
    assert str(caught.value).startswith(
        "SkOptSearch(acq_func='EI', acq_optimizer='lbfgs') does not work with estimator='rf': "
        "ValueError: The regressor"
    )


@pytest.mark.parametrize("domain", [Grid((1, 2)), Float(0, 1, step=0.5), Int(0, 4, step=2)])
def test_a_domain_that_core_has_not_mapped_is_refused(domain: Domain) -> None:
    with pytest.raises(UnsupportedSpace, match="parameter 'g': skopt has nothing like"):
        Drive({"g": domain})


def test_several_objectives_are_refused() -> None:
    two = [Objective("a", "min"), Objective("b", "min")]
    with pytest.raises(ConfigError, match="exactly one objective, got 2"):
        SkOptSearch().setup(SQUARE, two, 1, -1)


def test_what_a_constraint_refused_is_left_as_if_it_had_failed() -> None:
    drive = Drive(max_concurrent=1, estimator="gp", n_initial_points=5)
    places = [(x / 4, y / 2) for x in range(5) for y in range(3)]
    for x, y in places:
        drive.tell(drive.asks, {"x": x, "y": y}, (x - 0.8) ** 2 + (y - 0.6) ** 2)
        drive.asks += 1
    first = drive.ask()
    assert math.dist(first.values(), (0.8, 0.6)) < 0.2
    refused = {refused_id("abcde_00000", 0): first}
    assert math.dist(drive.ask(refused).values(), first.values()) > 0.1
