"""`docs/states.md` is what `docs/generate.py` makes of the engine's table."""

from __future__ import annotations

from pathlib import Path

from generate import states_page

PAGE = Path(__file__).parents[1] / "docs" / "states.md"


def test_the_page_is_what_the_table_says():
    assert PAGE.read_text(encoding="utf-8") == states_page(), (
        "docs/states.md is older than the code; run: python docs/generate.py"
    )
