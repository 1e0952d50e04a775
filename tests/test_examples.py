"""The examples, run as they stand, as `make demo` runs one of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ten_lines import ROOT, at_home

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


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
