"""The examples, run as they stand, as `make demo` runs one of them."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ten_lines import ROOT, at_home

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


#: Example -> what a reader can learn from what it prints.
SAYS = {
    "function.py": r"^(\d+) steps instead of 600",
    "class_trainable.py": r"^lr 0\.4 : loss \S+ after 10 steps, the last 6 since the failure$",
    "conditional_space.py": r"^power: \d+ trials; the best, \{'kind': 'power', 'exponent'",
    "hyperopt_space.py": r"^best of 40: \{'kind': .*, off by 0\.[12]",
    "several_objectives.py": r"^\d+ of them are beaten by no other:\n  error 0\.\d+ with",
    "stoppers.py": r"^lr 0\.001 : stopped after 40 steps",
    "checkpoints.py": r"^  on disk are the checkpoints of steps \[7, 8, 10\]",
    "restore.py": r"^More samples: 10 trials, the first 6 of them as they were:$",
    "custom_callback.py": r"^complete after 10 trials, best 0\.0",
    "custom_searcher.py": r"^hill climbing\s+the lowest of 60 points is at \d\.",
    "moved_from_tune.py": r"^Score \S+ after 12 iterations$",
}


def run(script: Path, home: Path) -> str:
    done = subprocess.run(
        [sys.executable, script],
        cwd=home,
        env=at_home(home),
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What each short example prints; as many run at once as there are cores in most machines."""
    homes = [tmp_path_factory.mktemp(name.removesuffix(".py")) for name in SAYS]
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(run, ROOT / "examples" / name, home)
            for name, home in zip(SAYS, homes, strict=True)
        ]
    return dict(zip(SAYS, runs, strict=True))


@pytest.mark.parametrize(("name", "words"), SAYS.items(), ids=list(SAYS))
def test_a_short_example_shows_its_idea(printed, name, words):
    out = printed[name].result()
    assert re.search(words, out, re.M), out


@pytest.mark.parametrize("name", SAYS)
def test_a_short_example_is_one_page(name):
    assert len((ROOT / "examples" / name).read_text().splitlines()) <= 60


@pytest.mark.slow
def test_digits_finds_a_good_model_and_its_last_line_restores_the_run(tmp_path):
    out = run(ROOT / "examples" / "digits.py", tmp_path)
    assert "60/60 trials" in out or "60 terminated" in out, "the view, in plain lines"
    accuracy = re.search(r"no trial saw, from its checkpoint of epoch \d+: (0\.\d+)$", out, re.M)
    assert accuracy, out
    assert float(accuracy[1]) > 0.95
    best = out[out.index("Best configuration:") : accuracy.end()]

    source = (ROOT / "examples" / "digits.py").read_text()
    before, _, rest = source.partition("tuner = pegbox.Tuner(")
    after = rest.partition("results = tuner.fit()")[2]
    line = out.splitlines()[-1].strip()
    assert line.startswith("pegbox.Tuner.restore(")
    (tmp_path / "restored.py").write_text(f"{before}results = {line}{after}")
    assert best in run(tmp_path / "restored.py", tmp_path)


def test_every_example_is_in_the_table_and_run_by_a_test():
    table = (ROOT / "examples" / "README.md").read_text()
    assert [file.name for file in EXAMPLES if f"`{file.name}`" not in table] == []
    here = Path(__file__).read_text()
    assert [file.name for file in EXAMPLES if f'"{file.name}"' not in here] == []
