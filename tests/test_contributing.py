"""The adapter in `CONTRIBUTING.md` is three files that work as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"


@pytest.fixture
def adapter(tmp_path):
    """The files of the page, where they say that they belong."""
    text = PAGE.read_text(encoding="utf-8")
    named = re.findall(r"`(adapters/[\w./-]+)`[^`]*```\w+\n(.*?)```", text, re.DOTALL)
    for path, content in named:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    assert len(named) == 3
    return tmp_path / "adapters" / "pegbox-hill"


def run(adapter, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(adapter / "src")}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=adapter, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_test_passes(adapter):
    said = run(adapter, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "tests")
    assert "1 passed" in said


def test_its_entry_point_leads_to_its_searcher(adapter):
    setup = tomllib.loads((adapter / "pyproject.toml").read_text(encoding="utf-8"))
    (module,) = setup["project"]["entry-points"]["pegbox"].values()
    say_target = f"import {module}; print({module}.pegbox_searchers()['hill'])"
    target, name = run(adapter, "-c", say_target).strip().split(":")
    run(adapter, "-c", f"import {target}; {target}.{name}()")
