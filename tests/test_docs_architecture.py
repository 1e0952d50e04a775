"""`docs/architecture.md` names files and folders that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"

NAMED = sorted(set(re.findall(r"`([\w/.-]+(?:\.py|/))`", PAGE.read_text(encoding="utf-8"))))


def test_the_page_names_the_files_of_the_walk():
    assert len(NAMED) > 40


@pytest.mark.parametrize("path", NAMED)
def test_a_named_file_exists(path):
    below_core, below_root = ROOT / "core" / "src" / "pegbox" / path, ROOT / path
    assert below_core.exists() or below_root.exists()
    assert path.endswith("/") == (below_core if below_core.exists() else below_root).is_dir()
