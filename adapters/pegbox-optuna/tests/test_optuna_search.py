"""OptunaSearch on the real Optuna, driven as pegbox drives it."""

from __future__ import annotations

import json
import logging
import math
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
import pytest
from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.objective import Objective
from pegbox.searcher import Point
from pegbox.space import Choice, Condition, Float, Grid, Int, Normal, Space, choice, uniform
from pegbox.trial import Outcome
from pegbox_optuna import OptunaSearch

LOSS = Objective("loss", "min")
SQUARE = {"x": Float(-5, 5), "y": Float(-5, 5)}
MIXED = {
    "plain": Float(-1, 1),
    "log": Float(1e-5, 1e-1, log=True),
    "stepped": Float(0, 1, step=0.1),
    "int": Int(-3, 9),
    "int_log": Int(1, 1000, log=True),
    "int_stepped": Int(16, 128, step=16),
    "category": Choice(("a", object(), [1, 2])),
    "only": Choice(("one",)),
}
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


@dataclass
class Ended:
    result: Mapping[str, Any] | None
    outcome: Outcome


class Drive:
    """One run's searcher with the bookkeeping that core does around it."""

    def __init__(
        self,
        space: Mapping[str, Any] | Space = SQUARE,
        seed: int = 1,
        points: Sequence[Point] = (),
        **options: Any,
    ) -> None:
        self.conditions: Mapping[str, Condition] = {}
        if isinstance(space, Space):
            self.conditions, space = space.conditions, space.domains
        self.space, self.seed, self.given, self.options = space, seed, points, options
        self.points: list[Point] = []
        self.pending: dict[str, Point] = {}
        self.ended: dict[int, Ended] = {}
        self.asked_here: set[int] = set()
        self.searcher = self._made()

    def _made(self) -> OptunaSearch:
        searcher = OptunaSearch(**self.options)
        searcher.setup(self.space, [LOSS], self.seed, -1, self.conditions, self.given)
        return searcher

    def ask(self) -> int:
        number = len(self.points)
        seed = random.Random(f"{self.seed}/{number}").getrandbits(64)
        point = self.searcher.suggest(self.id(number), dict(self.pending), number, seed)
        assert isinstance(point, Mapping)
        self.points.append(point)
        self.pending[self.id(number)] = point
        self.asked_here.add(number)
        return number

    def end(
        self, number: int, loss: float | None, outcome: Outcome = "finished", t: int = 9
    ) -> None:
        result = None if loss is None else {"loss": loss, "training_iteration": t, "note": "x"}
        point = self.pending.pop(self.id(number))
        self.ended[number] = Ended(result, outcome)
        if number in self.asked_here:
            failed = outcome == "failed"
            self.searcher.on_trial_complete(self.id(number), result, failed, outcome, point)
        else:
            self.searcher.observe(point, result, outcome, self.id(number))

    def restore(self) -> None:
        """A new searcher, told what the store knows: JSON data, in the order of the numbers."""
        self.searcher = self._made()
        self.asked_here.clear()
        for number in sorted(self.ended):
            known = json.loads(json.dumps([self.points[number], self.ended[number].result]))
            self.searcher.observe(*known, self.ended[number].outcome, self.id(number))
        self.points = json.loads(json.dumps(self.points))
        self.pending = {key: self.points[int(key[-5:])] for key in self.pending}

    def trials(self) -> list[optuna.trial.FrozenTrial]:
        study: optuna.Study = self.searcher._study._study
        return study.get_trials(deepcopy=False)

    @staticmethod
    def id(number: int) -> str:
        return f"abcde_{number:05d}"


def sphere(point: Point) -> float:
    return sum(float(value) ** 2 for value in point.values())


def optimize(drive: Drive, asks: int) -> float:
    """Best loss of as many trials, one after another."""
    for _ in range(asks):
        number = drive.ask()
        drive.end(number, sphere(drive.points[number]))
    return min(map(sphere, drive.points), default=math.inf)


def busy_run(
    restore_after: Callable[[int], bool], space: Mapping[str, Any] | Space, tells: int
) -> Drive:
    """Four trials at a time that end out of order, in every way a trial can end."""
    drive = Drive(space)
    events = random.Random(7)
    for count in range(tells):
        # Now and then several end before the next is asked for, as after a restore.
        room = 4 if not drive.pending or events.random() < 0.5 else 0
        while len(drive.pending) < room:
            drive.ask()
        number = int(events.choice(sorted(drive.pending))[-5:])
        outcome = events.choices(["finished", "stopped", "failed"], [5, 4, 1])[0]
        loss = events.choice(
            [events.random(), events.randrange(3), None if outcome == "failed" else 0.5]
        )
        drive.end(number, loss, outcome, t=events.randrange(1, 5))
        if restore_after(count):
            drive.restore()
    drive.ask()
    return drive


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_the_same_seed_gives_the_same_points_and_another_seed_others(sampler: str) -> None:
    first, again, other = (Drive(MIXED, seed, sampler=sampler) for seed in (3, 3, 4))
    for drive in (first, again, other):
        for _ in range(25):
            number = drive.ask()
            drive.end(number, drive.points[number]["plain"])
    assert first.points == again.points
    assert not any(point in first.points for point in other.points)


@pytest.mark.parametrize("told", [0, 20])
def test_eight_asks_without_a_tell_give_eight_points_apart(told: int) -> None:
    drive = Drive()
    optimize(drive, told)
    points = [drive.points[drive.ask()] for _ in range(8)]
    for i, a in enumerate(points):
        for b in points[:i]:
            assert max(abs(a["x"] - b["x"]), abs(a["y"] - b["y"])) > 0.01


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_points_are_plain_values_inside_bounds_and_steps(sampler: str) -> None:
    drive = Drive(MIXED, sampler=sampler)
    for _ in range(60):
        number = drive.ask()
        point = drive.points[number]
        assert list(point) == list(MIXED)
        for path, domain in MIXED.items():
            assert type(point[path]) is (float if domain.kind == "float" else int)
            assert domain.conform(point[path]) == point[path]
        drive.end(number, point["plain"])
    assert {point["stepped"] for point in drive.points} <= {i / 10 for i in range(11)}


def test_the_study_holds_the_very_values_that_were_proposed() -> None:
    drive = Drive({"stepped": Float(0, 1, step=0.1), "int": Int(0, 9)}, sampler="random")
    for _ in range(40):
        drive.ask()
    assert [trial.params for trial in drive.trials()] == drive.points


def test_a_point_has_the_parameters_that_exist_in_it_and_no_others() -> None:
    drive = Drive(TREE)
    for _ in range(60):
        number = drive.ask()
        point = drive.points[number]
        assert TREE.conform(point) == point
        assert TREE.seen(point, conditions=True) == point
        drive.end(number, point["x"])
    assert [trial.params for trial in drive.trials()] == drive.points
    assert {point["model"] for point in drive.points} == {0, 1, 2}


def test_tpe_learns_what_is_good_inside_a_branch() -> None:
    drive = Drive(TREE, seed=3)
    for _ in range(80):
        number = drive.ask()
        config = TREE.config(drive.points[number])
        inner = config["model"] and config["model"].get("lr")
        drive.end(number, 1.0 if inner is None else abs(inner - 0.25))
    late = [point for point in drive.points[-30:] if point["model"] == 1]
    assert len(late) > 15
    assert statistics.mean(abs(float(point["model/1/lr"]) - 0.25) for point in late) < 0.15


def test_given_points_come_first_and_what_they_leave_out_is_drawn() -> None:
    given = [TREE.point({"model": {"kind": "net", "lr": 0.5}}), TREE.point({"x": 1.0})]
    drive = Drive(TREE, points=given)
    first, second, third = (drive.points[drive.ask()] for _ in range(3))
    assert (first["model"], first["model/1/lr"]) == (1, 0.5)
    assert set(first) >= {"x", "model/1/layers"}
    assert second["x"] == 1.0
    assert third["x"] != 1.0
    drive.restore()
    assert drive.points[drive.ask()]["x"] != 1.0, "a restore does not begin with them again"


def test_tpe_learns() -> None:
    best_of_random = statistics.median(
        optimize(Drive(seed=s, sampler="random"), 60) for s in range(5)
    )
    assert optimize(Drive(sampler="tpe"), 60) < best_of_random


def test_failures_poison_nothing() -> None:
    with_failures, without = Drive(), Drive()
    seeds = random.Random(0)
    for count in range(20):
        loss, point_seed = seeds.random(), seeds.getrandbits(64)
        for drive, fails in ((with_failures, count % 4 == 1), (without, False)):
            if fails or (drive is without and count % 4 != 1) or drive is with_failures:
                number = len(drive.points)
                point = drive.searcher.suggest(drive.id(number), {}, number, point_seed)
                drive.points.append(point)
                drive.searcher.on_trial_complete(
                    drive.id(number),
                    {"loss": float("nan")} if fails else {"loss": loss},
                    fails,
                    "failed" if fails else "finished",
                    point,
                )
    states = [trial.state.name for trial in with_failures.trials()]
    assert states.count("FAIL") == 5
    assert states.count("COMPLETE") == 15
    asked = [d.searcher.suggest("abcde_99999", {}, 99, 5) for d in (with_failures, without)]
    assert asked[0] == asked[1]


def test_a_stopped_trial_is_pruned_with_its_last_result_and_tpe_prefers_the_later_stop() -> None:
    drive = Drive()
    drive.end(drive.ask(), 0.25, "stopped", t=3)
    drive.end(drive.ask(), None, "stopped")
    pruned, nothing = drive.trials()
    assert pruned.state.name == "PRUNED"
    assert pruned.intermediate_values == {3: 0.25}
    assert nothing.state.name == "FAIL"


def test_tpe_learns_from_stops_alone() -> None:
    drive = Drive()
    for _ in range(60):
        number = drive.ask()
        loss = sphere(drive.points[number])
        drive.end(number, loss, "stopped", t=1 if loss > 5 else 4)
    late = statistics.mean(map(sphere, drive.points[-20:]))
    assert late < statistics.mean(map(sphere, drive.points[:10])) / 2


@pytest.mark.parametrize("space", [SQUARE, MIXED, TREE], ids=["square", "mixed", "tree"])
@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_interrupted_after_every_kth_tell_the_points_are_those_of_a_whole_run(
    space: Mapping[str, Any] | Space, every: int
) -> None:
    whole = busy_run(lambda count: False, space, tells=45)
    cut = busy_run(lambda count: count % every == every - 1, space, tells=45)
    assert cut.points == whole.points


def test_interrupted_once_at_any_tell_the_points_are_those_of_a_whole_run() -> None:
    whole = busy_run(lambda count: False, SQUARE, tells=32)
    for cut_at in range(32):
        assert busy_run(lambda count, at=cut_at: count == at, SQUARE, 32).points == whole.points


def test_pending_points_of_another_searchers_time_count_as_running() -> None:
    drive = Drive()
    optimize(drive, 12)
    pending = [drive.ask() for _ in range(3)]
    drive.restore()
    drive.ask()
    states = [trial.state.name for trial in drive.trials()]
    assert states == ["COMPLETE"] * 12 + ["RUNNING"] * 4
    drive.end(pending[0], 1.0)
    assert [trial.state.name for trial in drive.trials()].count("RUNNING") == 3


def test_a_point_discarded_on_its_way_no_longer_counts() -> None:
    drive = Drive()
    drive.ask()
    drive.pending.clear()
    drive.ask()
    assert [trial.params for trial in drive.trials()] == drive.points[1:]


def test_a_warm_start_is_learnt_from() -> None:
    drive = Drive({"x": Float(-5, 5)})
    for i in range(31):
        x = -5 + i / 3
        drive.searcher.observe({"x": x}, {"loss": (x - 2) ** 2}, "finished", None)
    for _ in range(10):
        number = drive.ask()
        drive.end(number, (drive.points[number]["x"] - 2) ** 2)
    # Drawn evenly, they would be 2.9 away on average.
    assert statistics.mean(abs(point["x"] - 2) for point in drive.points) < 1


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"x": 9.0, "y": 0.0}, "'x': 9.0 is not between -5.0 and 5.0"),
        ({"x": 0.0}, r"parameters \['x'\], the space has \['x', 'y'\]"),
        ({"x": 0.0, "y": 0.0, "z": 1}, r"\['x', 'y', 'z'\]"),
    ],
)
def test_an_observed_point_outside_the_space_is_refused(config: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Drive().searcher.observe(config, {"loss": 1.0}, "finished", None)


def test_the_end_of_an_unknown_trial_is_refused() -> None:
    with pytest.raises(ConfigError, match="'abcde_00007' ended"):
        Drive().searcher.on_trial_complete("abcde_00007", {"loss": 1.0}, False, "finished", {})


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        (Grid((1, 2)), "parameter 'p': .* kind 'grid'"),
        (Normal(), "parameter 'p': .* kind 'normal'"),
        (Int(0, 2**60), r"parameter 'p': .* beyond 2\*\*53"),
    ],
)
def test_what_optuna_cannot_express_is_refused_by_name(domain: Any, message: str) -> None:
    with pytest.raises(UnsupportedSpace, match=message):
        Drive({"x": Float(0, 1), "p": domain})


def test_no_objective_is_refused_by_who_learns() -> None:
    with pytest.raises(ConfigError, match="there is no objective"):
        OptunaSearch().setup(SQUARE, [], 0, -1)
    OptunaSearch(sampler="random").setup(SQUARE, [], 0, -1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sampler": "tpee"}, "unknown sampler 'tpee'\n.*Did you mean 'tpe'"),
        ({"sampler": 3}, "sampler must be a name"),
        ({"n_startup_trial": 3}, "no option 'n_startup_trial'\n.*Did you mean 'n_startup_trials'"),
        ({"sampler": optuna.samplers.RandomSampler(), "n": 1}, r"options \['n'\] were given"),
    ],
)
def test_wrong_arguments_fail_at_once(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        OptunaSearch(**arguments)


def test_a_sampler_object_is_seeded_by_the_run_and_can_serve_two() -> None:
    shared = optuna.samplers.TPESampler(seed=99, n_startup_trials=3)
    runs = [Drive(MIXED, sampler=shared), Drive(MIXED, sampler=shared)]
    for drive in runs:
        for _ in range(12):
            number = drive.ask()
            drive.end(number, drive.points[number]["plain"])
    by_name = Drive(MIXED, sampler="tpe", n_startup_trials=3)
    for _ in range(12):
        number = by_name.ask()
        by_name.end(number, by_name.points[number]["plain"])
    assert runs[0].points == runs[1].points == by_name.points


def test_a_sampler_that_cannot_be_seeded_is_said(caplog: pytest.LogCaptureFixture) -> None:
    class Fixed(optuna.samplers.BaseSampler):
        def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
            return {}

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
            return {}

        def sample_independent(self, study: Any, trial: Any, name: str, dist: Any) -> float:
            return 0.5

    drive = Drive(sampler=Fixed())
    assert drive.points[drive.ask()] == {"x": 0.5, "y": 0.5}
    assert "no random generator" in caplog.text


def test_optunas_verbosity_is_left_and_its_lines_stay_away(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = optuna.logging.get_verbosity()
    optimize(Drive(), 12)
    assert optuna.logging.get_verbosity() == before == optuna.logging.INFO
    assert capsys.readouterr().err == ""
