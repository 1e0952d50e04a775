"""`docs/environment.md` has each variable of pegbox's that the code reads or sets, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "environment.md"
SOURCES = [
    path
    for part in ("core", "adapters/*", "plugins/*")
    for path in ROOT.glob(f"{part}/src/**/*.py")
]


def test_the_page_has_all_variables():
    named = re.findall(r"`(PEGBOX_\w+)`", PAGE.read_text(encoding="utf-8"))
    used = {
        name
        for path in SOURCES
        for name in re.findall(r'"(PEGBOX_\w+)"', path.read_text(encoding="utf-8"))
    }
    assert len(used) > 8
    assert sorted(named) == sorted(used)
