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

from curves import digest  # noqa: E402
from search_report import BEGIN, END  # noqa: E402
from searching.bare import BARE, SHIPPED, minimize  # noqa: E402
from searching.cells import SUBJECTS, Cell, Size, cells  # noqa: E402
from searching.intervals import Side, bootstrap, curve, differences  # noqa: E402
from searching.kept import Kept, append, different, read  # noqa: E402
from searching.measured import Measured  # noqa: E402
from searching.pages import NOTHING, SECTIONS, advice, measured  # noqa: E402
from searching.panels import PLOTS, panels  # noqa: E402
from searching.played import durations, play  # noqa: E402
from searching.problems import PROBLEMS  # noqa: E402

sys.path.remove(str(FOLDER))

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
    found = list(cells(Size()))
    assert len(found) == len(set(found))
    assert sum(cell.subject == "ax" for cell in found) == 5 * 5 * 3
    assert sum(cell.subject == "hyperopt" for cell in found) == 5 * 50 * 3
    assert len(list(cells(Size(seeds=2), ["ax"], ["branin"]))) == 2 * 3
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
    assert len(one["values"]) == 12
    assert 0 < one["ask_s"] <= one["search_s"]


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
            "search_s": 4.0,
            "ask_s": 0.1,
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
    assert bootstrap([]) is bootstrap([worse, []]) is bootstrap([[1.0]]) is None


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
    append(file, {"values": [1.0, 0.5], "search_s": 0.0}, cell)
    kept = read(file.read_text().splitlines())
    assert kept.runs == {cell: {"values": [1.0, 0.5], "search_s": 0.0}}
    assert len(kept.starts) == 1


def test_a_run_that_failed_is_tried_again_and_the_last_line_counts():
    cell = {"problem": "branin", "subject": "ax", "how": "bare", "concurrency": 1, "seed": 0,
            "trials": 1}  # fmt: skip
    lines = [{"cell": cell, "error": "ValueError: no"}]
    assert read(map(json.dumps, lines)).errors == {Cell(**cell): "ValueError: no"}
    lines += [{"cell": cell, "values": [value], "search_s": 0.0} for value in (2.0, 1.0)]
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


# --------------------------------------------------------------------------- pages


@pytest.fixture
def recorded():
    """Runs of 12 trials: pegbox's skopt is better than the bare one, its Ax clearly worse."""
    rng = random.Random(4)
    runs = {}
    for problem in ("mixed", "svr"):
        least = PROBLEMS[problem].least
        for name, how, concurrency, level in (
            *(("random", "pegbox", at_once, 0.3) for at_once in (1, 8)),
            *(("skopt", "pegbox", at_once, 0.007) for at_once in (1, 8)),
            ("skopt", "bare", 1, 0.01),
            ("skopt", "shipped", 1, 0.01),
            *(("ax", "pegbox", at_once, 0.2) for at_once in (1, 8)),
            ("ax", "bare", 1, 0.001),
        ):
            by_seed = {
                seed: [least + level * rng.uniform(0.5, 2.0) for _ in range(12)]
                for seed in range(5 if name == "ax" else 10)
            }
            runs |= made(problem, Side(name, how, concurrency), by_seed)
    start = {
        "date": "2001-02-03", "command": "python benchmarks/search.py", "commit": "0123456789",
        "cpus": 2, "memory_gb": 4, "system": "Linux", "python": "3.11.7",
        "versions": {"pegbox": "0.1.0"},
    }  # fmt: skip
    return Kept([start], runs)


def row(section, heading, name):
    """Cells of a line of the table below a heading."""
    below = section[section.index(f"### {heading}") :]
    line = next(line for line in below.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_the_page_names_what_missed_and_where_its_figures_come_from(recorded):
    section = measured(recorded, "benchmarks/results/search-2001-02-03.jsonl")
    assert "run of 2001-02-03, kept in `benchmarks/results/search-2001-02-03.jsonl`" in section
    assert "Seeds of each optimizer: random 10, skopt 10, ax 5." in section
    one, eight = (line for line in section.splitlines() if line.startswith("**"))
    assert "Over all problems 1 of 2 intervals lies above 0 (**missed**: ax)" in one
    assert "2 of 4 intervals lie above 0 (**missed**: ax on mixed, ax on svr)" in one
    assert "0.1 would by chance" in one
    assert "Over all problems none of 2 intervals lies above 0" in eight

    asks = "One trial at a time: with pegbox, beside the same optimizer without it"
    mixed, svr, both, seeds = row(section, asks, "ax")
    assert all(cell.startswith("**+2.") for cell in (mixed, svr, both))
    assert seeds == "5"
    assert not row(section, asks, "skopt")[2].startswith("**")
    with pytest.raises(StopIteration):
        row(section, asks, "hyperopt")  # did not run
    assert row(section, "Regrets at the end", "ax, bare")[0] == "0.00057"


def test_what_is_seen_with_other_seeds_stands_apart(recorded):
    before = measured(recorded, "file")
    assert "Looked at again" not in before
    for name, how, concurrency, level in (
        ("skopt", "pegbox", 1, 0.1),
        ("skopt", "bare", 1, 0.001),
    ):
        for problem in ("mixed", "svr"):
            least = PROBLEMS[problem].least
            by_seed = {seed: [least + level * (1 + seed / 100)] * 12 for seed in range(10, 16)}
            recorded.runs.update(made(problem, Side(name, how, concurrency), by_seed))
    section = measured(recorded, "file")
    assert "skopt 10 and 6 others" in section
    again = section[section.index("### Looked at again") :]
    assert "Over all problems 1 of 1 intervals lies above 0 (**missed**: skopt)" in again
    assert row(again, "Looked at again", "skopt")[2:] == ["**+2.00 (+2.00 to +2.00)**", "6"]
    # All else is of the first seeds.
    shared = section.index("### One trial"), section.index("### Looked at again")
    assert section[slice(*shared)].strip() in before
    assert section[section.index("### Regrets") :] == before[before.index("### Regrets") :]


def test_advice_names_the_best_and_those_that_are_as_good(recorded):
    section = advice(recorded, "benchmarks/results/search-2001-02-03.jsonl")
    assert "run of 2001-02-03" in section
    assert row(section, "What did best", PROBLEMS["mixed"].kind) == ["skopt"] * 3
    assert row(section, "By budget", "skopt")[-1].startswith("-1.")
    assert row(section, "Seconds for an ask", "ax") == ["0.1", "0.1"]


def test_plots_show_means_of_all_that_ran_so_many_at_once(recorded):
    alone, at_once = (panels(recorded.runs, concurrency) for concurrency in (1, 8))
    assert [panel["title"].partition(":")[0] for panel in alone] == ["mixed", "svr"]
    assert list(alone[0]["lines"]) == ["random", "skopt", "skopt bare", "ax", "ax bare"]
    assert list(at_once[0]["lines"]) == ["random", "skopt", "ax"]
    for line in alone[0]["lines"].values():
        assert [trial for trial, _ in line] == list(range(1, 13))
        assert [value for _, value in line] == sorted((v for _, v in line), reverse=True)


def test_the_report_is_made_from_the_file(tmp_path, recorded):
    file = tmp_path / "runs.jsonl"
    append(file, {"run": recorded.starts[0]})
    for cell, record in recorded.runs.items():
        append(file, record, cell)
    printed = run("search_report.py", file).stdout
    name = f"benchmarks/{tmp_path.name}/runs.jsonl"
    assert printed.strip() == "\n\n".join(
        f"<!-- {page} -->\n\n{made(recorded, name)}" for page, made in SECTIONS.items()
    )


KEPT = sorted((FOLDER / "results").glob("search-*.jsonl"))[-1:]


@pytest.mark.parametrize("page", SECTIONS)
def test_a_page_shows_the_figures_of_the_newest_kept_run(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    expected = NOTHING
    for file in KEPT:
        kept = read(file.read_text().splitlines())
        expected = SECTIONS[page](kept, f"benchmarks/results/{file.name}")
    assert shown == expected, "run: python benchmarks/search_report.py FILE --write"


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_drawn_from_the_newest_kept_run(name):
    drawing = ROOT / "docs" / "images" / name
    assert drawing.exists() == bool(KEPT)
    for file in KEPT:
        kept = read(file.read_text().splitlines())
        data = panels(kept.runs, PLOTS[name][0])
        assert f"benchmarks/results/{file.name} {digest(data)}" in drawing.read_text()
