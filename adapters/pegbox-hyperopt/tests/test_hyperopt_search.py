"""HyperOptSearch on the real hyperopt: what is special to it; the kit has the rest."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Mapping
from statistics import mean
from typing import Any

import hyperopt
import pytest
from pegbox.errors import UnsupportedSpace
from pegbox.objective import Objective
from pegbox.searcher import Point
from pegbox.space import Choice, Float, Grid, Int, Normal, Space, choice, uniform
from pegbox_hyperopt import HyperOptSearch

LINE = {"x": Float(0, 1)}
#: A choice whose values have parameters of their own, one of them a choice again.
TREE = Space(
    {
        "model": choice(
            [
                {"kind": "svm", "C": Float(1e-3, 1e3, log=True)},
                {"kind": "net", "layers": choice([1, {"depth": Int(2, 9)}]), "lr": uniform(0, 1)},
                None,
            ]
        ),
        "x": uniform(-1, 1),
    }
)


class Drive:
    """A searcher, asked and told in turn."""

    def __init__(self, space: Any = LINE, points: Any = (), **options: Any) -> None:
        self.space = space if isinstance(space, Space) else Space(space)
        self.searcher = HyperOptSearch(**options)
        loss = [Objective("loss", "min")]
        space, conditions = self.space.domains, self.space.conditions
        self.searcher.setup(space, loss, 1, -1, conditions, points)
        self.asks = 0

    def ask(self, pending: Mapping[str, Point] | None = None) -> Point:
        seed = random.Random(self.asks).getrandbits(64)
        point = self.searcher.suggest(self.id(self.asks), pending or {}, self.asks, seed)
        assert isinstance(point, Mapping)
        assert self.space.conform(point) == point
        assert self.space.seen(point, conditions=True) == point
        self.asks += 1
        return point

    def tell(self, number: int | None, point: Point, loss: float | None) -> None:
        result = None if loss is None else {"loss": loss}
        outcome: Any = "failed" if loss is None else "finished"
        self.searcher.observe(point, result, outcome, None if number is None else self.id(number))

    @staticmethod
    def id(number: int) -> str:
        return f"abcde_{number:05d}"


def test_without_failures_and_one_at_a_time_the_points_are_those_of_bare_hyperopt() -> None:
    problem = hyperopt.Domain(None, {"x": hyperopt.hp.uniform("x", 0, 1)})
    bare = hyperopt.Trials()
    drive = Drive(n_initial_points=5, n_EI_candidates=8)
    for number in range(15):
        seed = random.Random(number).getrandbits(64)
        options = {"n_startup_jobs": 5, "n_EI_candidates": 8, "verbose": False}
        (document,) = hyperopt.tpe.suggest([number], problem, bare, seed, **options)
        (x,) = document["misc"]["vals"]["x"]
        point = drive.ask()
        assert point == {"x": x}
        document["result"] = {"status": "ok", "loss": (x - 0.3) ** 2}
        document["state"] = hyperopt.JOB_STATE_DONE
        bare.insert_trial_doc(document)
        bare.refresh()
        drive.tell(number, point, (x - 0.3) ** 2)


@pytest.mark.parametrize("log", [False, True])
def test_whole_numbers_at_the_ends_have_as_much_room_as_the_others(log: bool) -> None:
    drive = Drive({"n": Int(1, 4, log=log)}, algorithm="random")
    counts = Counter(drive.ask()["n"] for _ in range(2000))
    assert set(counts) == {1, 2, 3, 4}
    if log:
        assert counts[1] > counts[2] > counts[3] > counts[4] > 150
    else:
        assert min(counts.values()) > 400


@pytest.mark.parametrize("algorithm", ["tpe", "anneal"])
def test_it_learns_what_is_good_inside_a_branch(algorithm: str) -> None:
    drive = Drive(TREE, algorithm=algorithm)
    points = []
    for number in range(70):
        points.append(drive.ask())
        config = TREE.config(points[-1])
        inner = config["model"] and config["model"].get("lr")
        drive.tell(number, points[-1], 1.0 if inner is None else abs(inner - 0.25))
    late = [point for point in points[-30:] if point["model"] == 1]
    assert len(late) > 15
    assert mean(abs(point["model/1/lr"] - 0.25) for point in late) < 0.22  # at random 0.31


@pytest.mark.parametrize("algorithm", ["tpe", "anneal", "random"])
def test_what_a_given_point_leaves_out_is_drawn_where_it_exists(algorithm: str) -> None:
    given = [
        TREE.point({"model": {"kind": "net", "lr": 0.5}}),
        TREE.point({"model": None, "x": 1.0}),
    ]
    drive = Drive(TREE, given, algorithm=algorithm)
    first, second = drive.ask(), drive.ask()
    assert (first["model"], first["model/1/lr"]) == (1, 0.5)
    assert set(first) >= {"x", "model/1/layers"}
    assert second == {"model": 2, "x": 1.0}


def test_tpe_draws_at_random_until_it_has_results_whatever_has_failed_or_is_pending() -> None:
    drive, blind = Drive(n_initial_points=3), Drive(algorithm="random")
    under_way = {drive.id(900 + i): {"x": 0.5} for i in range(9)}
    for number in range(12):
        point = drive.ask(under_way)
        assert point == blind.ask()
        drive.tell(number, point, 0.1 if number in (2, 5) else None)
    drive.tell(12, {"x": 0.4}, 0.1)
    assert drive.ask(under_way) != blind.ask()


def test_tpe_never_takes_a_failure_for_one_of_the_best() -> None:
    drive = Drive(n_initial_points=1, gamma=5.0)
    drive.tell(None, {"x": 0.9}, 7.0)
    for number in range(30):
        drive.tell(number + 100, {"x": 0.1 + number / 1000}, None)
    points = [drive.ask()["x"] for _ in range(10)]
    assert min(points) > 0.3


def test_annealing_draws_near_results_and_not_near_failures_or_pending_points() -> None:
    drive = Drive(algorithm="anneal", avg_best_idx=4.0, shrink_coef=100.0)
    drive.tell(0, {"x": 0.9}, 1.0)
    for number in range(1, 8):
        drive.tell(number, {"x": 0.1}, None)
    pending = {drive.id(50 + i): {"x": 0.5} for i in range(4)}
    assert {round(drive.ask(pending)["x"], 1) for _ in range(10)} == {0.9}


def test_a_metric_that_is_no_finite_number_is_a_failure() -> None:
    drive, blind = Drive(n_initial_points=1), Drive(algorithm="random")
    for number, value in enumerate([float("nan"), float("inf"), None, "low"]):
        point = drive.ask()
        assert point == blind.ask()
        drive.searcher.on_trial_complete(
            drive.id(number), {"loss": value}, False, "finished", point
        )


def test_ranges_of_any_size_give_points_of_the_space() -> None:
    space = {
        "all": Int(-(2**62), 2**62),
        "log": Int(1, 2**62, log=True),
        "one": Int(4, 4),
        "tiny": Float(0, 1e-300),
        "wide": Float(1e-300, 1e300, log=True),
        "only": Choice(("x",)),
        "rng": Float(0, 1),  # names that hyperopt's functions have
        "size": Normal(0, 1, 0.5),
    }
    for algorithm in ("tpe", "anneal"):
        drive = Drive(space, algorithm=algorithm)
        for number in range(30):
            point = drive.ask()
            drive.tell(number, point, point["rng"])
        assert len({point["all"] for point in (drive.ask(), drive.ask())}) == 2


def test_far_out_values_of_a_normal_distribution_are_borne() -> None:
    drive = Drive({"n": Normal(0, 1), "q": Normal(0, 1, 0.5)})
    for number in range(40):
        far = (1e300, -1e308, 5.0, 1e6)[number % 4]
        drive.tell(None, {"n": far, "q": far}, float(number % 7))
    for _ in range(10):
        drive.ask()


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        (
            Float(-1.7e308, 1e308),
            "parameter 'p': hyperopt computes with the sum and the difference of the bounds, which "
            "floats cannot hold for -1.7e+308 to 1e+308\n  Use a smaller range.",
        ),
        (
            Grid((1, 2)),
            "parameter 'p': hyperopt has nothing like Grid(values=(1, 2))\n"
            "  It takes ranges without steps, choices and normal distributions.",
        ),
    ],
)
def test_what_hyperopt_cannot_express_is_refused_by_name(domain: Any, message: str) -> None:
    with pytest.raises(UnsupportedSpace) as caught:
        Drive({"x": Float(0, 1), "p": domain})
    assert str(caught.value) == message


def test_an_empty_space_has_one_point() -> None:
    assert Drive({"fixed": 3}).ask() == {}


def test_it_says_nothing(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    drive = Drive(n_initial_points=2)
    for number in range(5):
        drive.tell(number, drive.ask(), 0.5)
    assert capsys.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("hyperopt")]
