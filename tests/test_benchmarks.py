"""`docs/benchmarks.md` shows what was measured, and the runner works in a clone without peers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
PAGE = ROOT / "docs" / "benchmarks.md"


def run(script, *words):
    command = [sys.executable, str(FOLDER / script), *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)


def load(*names):
    """Modules of the runner, which finds its own as scripts do, by their bare names."""
    sys.path.insert(0, str(FOLDER))
    try:
        return [__import__(name) for name in names]
    finally:
        sys.path.remove(str(FOLDER))
        for name in names:
            sys.modules.pop(name, None)


def test_the_page_shows_the_tables_of_its_file():
    made = re.search(
        r"<!-- made by: python (\S+) (\S+) -->\n(.*?)<!-- end -->", PAGE.read_text(), re.S
    )
    assert made, "docs/benchmarks.md has lost the lines around its tables"
    kept = ROOT / made[2]
    assert made[3].strip() == run("table.py", kept).stdout.strip(), (
        f"run: python benchmarks/table.py {made[2]} --page docs/benchmarks.md"
    )


def test_the_plots_are_drawn_from_the_file_of_the_tables():
    curves = load("table", "curves")[1]
    kept = re.search(r"<!-- made by: python \S+ (\S+) -->", PAGE.read_text())[1]
    found = curves.curves((ROOT / kept).read_text().splitlines())
    for name, plot in curves.PLOTS.items():
        drawing = (ROOT / "docs" / "images" / name).read_text()
        assert f"{kept} {curves.digest(found[plot])}" in drawing, (
            f"run: python benchmarks/plots.py {kept}"
        )
        assert f"(images/{name})" in PAGE.read_text()


def test_curves_are_medians_of_what_was_kept():
    curves = load("table", "curves")[1]
    found = curves.curves(
        json.dumps({"row": row, "subject": who, "variant": "", "repetition": n, "figures": each})
        for row, who, runs in (
            ("trials-200", "pegbox", [{"steady_trials_per_s": rate} for rate in (100, 200, 500)]),
            ("cadence", "pegbox", [{"answer_ms": [k * n for k in range(101)]} for n in (1, 3)]),
            ("cadence", "optuna", [{"p50_ms": 2.0, "p99_ms": 8.0}, {"error": "longer than 3 s"}]),
        )
        for n, each in enumerate(runs, 1)
    )
    assert found["trials"] == {"pegbox": [[200, 5.0, 2.0, 10.0]]}
    (panel,) = found["answers"]
    assert panel["lines"]["pegbox"][50] == [100, 0.5]
    assert panel["lines"]["pegbox"][-1] == [198, 0.01]
    assert panel["lines"]["optuna"] == [[2.0, 0.5], [8.0, 0.01]]


def test_kept_runs_name_no_place_of_a_machine():
    for file in (FOLDER / "results").glob("*.jsonl"):
        assert not re.search(r'[" ](/|~|[A-Z]:\\)', file.read_text()), file


def test_every_goal_is_measured_by_some_row():
    plan, goals = load("plan", "goals")
    for goal in goals.GOALS:
        row = plan.ROWS[goal.row]
        assert goal.subject in row.ours, goal.what
        if goal.against:
            subject, variant = goal.against
            assert subject in row.ours or variant in row.peers[subject], goal.what


@pytest.mark.slow
def test_the_runner_needs_no_peers(tmp_path):
    kept = tmp_path / "runs.jsonl"
    rows = ["trials-200", "engine", "import"]
    ended = run(
        "run.py", "--rows", *rows, "--repeat", 1, "--quiet-wait", 0,
        "--peers-dir", tmp_path, "--out", kept,
    )  # fmt: skip
    assert "left out" in ended.stderr
    head, *runs = map(json.loads, kept.read_text().splitlines())
    assert head["run"]["versions"]["pegbox"]
    assert {(run["row"], run["subject"]) for run in runs} == {
        ("trials-200", "pegbox"),
        ("trials-200", "bare-mailbox"),
        ("engine", "engine"),
        ("import", "imports"),
    }
    assert not [run for run in runs if "error" in run["figures"]]
    assert "200 no-op trials: rate / bare slots" in ended.stdout
