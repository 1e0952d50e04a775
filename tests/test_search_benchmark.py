"""`benchmarks/search.py`: problems, runs, comparisons and pages; on tiny sizes."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from pegbox.space import Space

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
sys.path.insert(0, str(FOLDER))  # scripts find their own modules so

from searching.bare import BARE, SHIPPED, minimize  # noqa: E402
from searching.cells import SUBJECTS, Cell, Size, cells  # noqa: E402
from searching.intervals import Side, bootstrap, curve, differences  # noqa: E402
from searching.kept import append, different, read  # noqa: E402
from searching.measured import Measured  # noqa: E402
from searching.played import durations, play  # noqa: E402
from searching.problems import PROBLEMS  # noqa: E402

WITH, BARELY = (Side("skopt", how, 1) for how in ("pegbox", "bare"))


def run(script, *words, check=True):
    command = [sys.executable, str(FOLDER / script), *map(str, words)]
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=120)


# --------------------------------------------------------------------------- problems


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_least_loss_of_a_problem_is_where_it_is_said_to_be(problem):
    space, rng = Space(problem.space), random.Random(1)
    point = space.point(problem.best)
    assert space.config(point) == problem.best  # it lies in the space
    # Of the real one the last digits are the machine's.
    assert problem.loss(problem.best) == pytest.approx(problem.least, abs=problem.floor / 100)
    drawn = [problem.loss(space.config(space.sample(rng))) for _ in range(20)]
    assert min(drawn) > problem.least
    near = [problem.loss(space.config(nudged(space, point, rng))) for _ in range(20)]
    assert min(near) > problem.least - problem.floor / 4


def nudged(space, point, rng):
    """A point close by, with the same integers and categories."""
    return {
        path: space.domains[path].nearest(value * (1 + rng.gauss(0, 1e-3)))
        if space.domains[path].kind == "float"
        else value
        for path, value in point.items()
    }


def test_every_kind_of_parameter_is_in_some_problem():
    spaces = [Space(problem.space) for problem in PROBLEMS.values()]
    domains = [domain for space in spaces for domain in space.domains.values()]
    assert {domain.kind for domain in domains} == {"float", "int", "choice"}
    assert any(domain.log for domain in domains if domain.kind == "float")
    assert any(condition.parent in space.conditions for space in spaces
               for condition in space.conditions.values())  # fmt: skip


# --------------------------------------------------------------------------- runs


def test_every_optimizer_is_run_with_pegbox_and_without():
    assert set(SUBJECTS) - set(BARE) == {"random"}
    found = list(cells(Size(trials=40, seeds=10)))
    assert len(found) == len(set(found))
    assert sum(cell.subject == "ax" for cell in found) == 5 * 5 * 3
    assert sum(cell.subject == "hyperopt" for cell in found) == 5 * 10 * 3
    assert {cell.subject for cell in found if cell.how == "shipped"} == set(SHIPPED)
    assert {cell.concurrency for cell in found if cell.how != "pegbox"} == {1}
    assert [cell.seed for cell in found] == sorted(cell.seed for cell in found)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", ["optuna-tpe", "hyperopt"])
def test_a_bare_optimizer_goes_through_the_space(name, problem):
    once, again, other = (Measured(PROBLEMS[problem], 6) for _ in range(3))
    for loss, seed in ((once, 1), (again, 1), (other, 2)):
        minimize(BARE[name], loss, seed)
    assert len(once.values) == len(once.search_s) == 6
    assert once.values == again.values != other.values


@pytest.mark.parametrize(
    ("name", "loops"), [("skopt", (BARE, SHIPPED)), ("bayesopt", (BARE, SHIPPED)), ("ax", (BARE,))]
)
def test_a_bare_optimizer_without_conditions_or_logarithms_has_them_written_out(name, loops):
    for loop in loops:
        losses = []
        for _ in range(2):
            loss = Measured(PROBLEMS["conditional"], 3)
            minimize(loop[name], loss, 7)
            losses.append(loss.values)
        assert losses[0] == losses[1]
        assert len(losses[0]) == 3


@pytest.mark.parametrize("subject", ["random", "optuna-tpe"])
def test_a_run_with_pegbox_is_the_same_again(subject):
    one, again = (play(Cell("mixed", subject, "pegbox", 8, 3, 12)) for _ in range(2))
    assert one["values"] == again["values"]
    assert len(one["values"]) == len(one["search_s"]) == 12


def test_random_search_tries_the_same_points_alone_and_eight_at_a_time():
    alone, at_once = (
        play(Cell("branin", "random", "pegbox", concurrency, 3, 12))["values"]
        for concurrency in (1, 8)
    )
    assert sorted(alone) == sorted(at_once)
    assert alone != at_once  # they end in another order


def test_durations_are_random_and_follow_from_the_seed():
    one, again, other = (list(islice(durations(seed), 50)) for seed in (1, 1, 2))
    assert one == again
    assert not set(one) & set(other)
    assert min(one) > 0


# --------------------------------------------------------------------------- comparisons


def made(problem, side, values_by_seed):
    return {
        Cell(problem, side.subject, side.how, side.concurrency, seed, len(values)): {
            "values": values,
            "search_s": [0.1] * len(values),
        }
        for seed, values in values_by_seed.items()
    }


def test_a_curve_is_of_the_least_loss_so_far():
    assert curve("mixed", [0.1, 1.0, 0.01, 0.0]) == pytest.approx([-1, -1, -2, -6])


def test_pairs_are_of_the_same_seed_and_what_has_none_is_left_out():
    mine = made("mixed", WITH, {0: [1.0, 0.1], 1: [1.0, 1.0], 2: [1.0, 1.0]})
    theirs = made("mixed", BARELY, {1: [1.0, 0.01], 0: [0.1, 1.0], 3: [1.0, 1.0]})
    found = differences({**mine, **theirs}, "mixed", WITH, BARELY)
    assert found == pytest.approx([0.0, 2.0])
    assert differences({**mine, **theirs}, "mixed", WITH, BARELY, after=1) == pytest.approx([1, 0])


def test_an_interval_holds_the_mean_and_is_above_zero_only_where_it_is_sure():
    rng = random.Random(5)
    worse = [rng.gauss(1.0, 0.5) for _ in range(10)]
    sure = bootstrap([worse])
    assert sure.low < sure.mean < sure.high
    assert sure.is_above
    assert sure.seeds == 10
    assert not bootstrap([[-each for each in worse]]).is_above
    assert not bootstrap([[1.0, -1.0, 0.5, -0.5, 0.2]]).is_above
    assert bootstrap([worse]) == sure  # drawn from a fixed seed
    assert bootstrap([]) is bootstrap([worse, []]) is None


def test_an_interval_over_problems_weighs_them_alike():
    both = bootstrap([[1.0] * 10, [0.0] * 5])
    assert (both.mean, both.low, both.high, both.seeds) == (0.5, 0.5, 0.5, 5)


def test_an_interval_is_as_wide_as_it_should_be():
    """The mean of ten normal differences lies in the interval of nine runs in ten, or more."""
    rng = random.Random(2)
    hits = 0
    for _ in range(100):
        found = bootstrap([[rng.gauss(0.3, 1.0) for _ in range(10)]])
        hits += found.low <= 0.3 <= found.high
    assert 82 <= hits <= 98


# --------------------------------------------------------------------------- the file


def test_a_line_that_was_cut_off_is_left_out_and_the_next_one_begins_anew(tmp_path):
    file, cell = tmp_path / "runs.jsonl", Cell("branin", "random", "pegbox", 1, 0, 2)
    append(file, {"run": {"python": "3.11", "versions": {}}})
    with file.open("a") as cut:
        cut.write('{"cell": {"problem": "bra')
    append(file, {"values": [1.0, 0.5], "search_s": [0.0, 0.0]}, cell)
    kept = read(file.read_text().splitlines())
    assert kept.runs == {cell: {"values": [1.0, 0.5], "search_s": [0.0, 0.0]}}
    assert len(kept.starts) == 1


def test_a_run_that_failed_is_tried_again_and_the_last_line_counts():
    cell = {"problem": "branin", "subject": "ax", "how": "bare", "concurrency": 1, "seed": 0,
            "trials": 1}  # fmt: skip
    lines = [{"cell": cell, "error": "ValueError: no"}]
    assert read(map(json.dumps, lines)).errors == {Cell(**cell): "ValueError: no"}
    lines += [{"cell": cell, "values": [value], "search_s": [0.0]} for value in (2.0, 1.0)]
    kept = read(map(json.dumps, lines))
    assert not kept.errors
    assert kept.runs[Cell(**cell)]["values"] == [1.0]


def test_starts_with_other_releases_differ():
    one = {"python": "3.11.7", "versions": {"optuna": "5.0.0", "numpy": "2.4"}}
    other = {"python": "3.11.7", "versions": {"optuna": "5.1.0", "numpy": "2.4"}}
    assert different(one, one) == []
    assert different(one, other) == ["optuna 5.0.0 and 5.1.0"]


def test_the_runner_goes_on_where_it_was_cut_off(tmp_path):
    file = tmp_path / "runs.jsonl"
    words = ["--only", "random", "--problem", "branin", "--seeds", 3, "--trials", 4, "--out", file]
    whole = run("search.py", *words)
    assert "0 of 6 runs" in whole.stderr
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:4], lines[4][:20]]))
    again = run("search.py", *words)
    assert "3 of 6 runs" in again.stderr
    one, other = (read(each).runs for each in (lines, file.read_text().splitlines()))
    assert len(one) == 6
    assert {cell: kept["values"] for cell, kept in one.items()} == {
        cell: kept["values"] for cell, kept in other.items()
    }
    assert str(tmp_path) not in file.read_text()


def test_runs_with_other_releases_are_not_mixed(tmp_path):
    file = tmp_path / "runs.jsonl"
    append(file, {"run": {"python": "2.7", "versions": {"optuna": "0.1"}}})
    ended = run("search.py", "--quick", "--out", file, check=False)
    assert ended.returncode == 1
    assert "has runs with other releases" in ended.stderr
    assert "optuna 0.1 and" in ended.stderr
    assert len(file.read_text().splitlines()) == 1


def test_regrets_below_the_floor_are_alike():
    assert all(
        problem.log_regret(problem.least - 1) == math.log10(problem.floor)
        for problem in PROBLEMS.values()
    )
