"""`docs/states.md` is what `docs/generate.py` makes of the engine's table."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_table_says():
    generated = load(DOCS / "generate.py").states_page()
    assert (DOCS / "states.md").read_text(encoding="utf-8") == generated, (
        "docs/states.md is older than the code; run: python docs/generate.py"
    )
