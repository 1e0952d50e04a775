"""Links between pages lead somewhere, and the files that pages name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ROOT / "core" / "src" / "pegbox"
EXAMPLE = ROOT / "examples" / "third_party"

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *(page for part in ("adapters", "plugins", "examples") for page in ROOT.glob(f"{part}/*.md")),
]


def links():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                yield page, target


def files():
    """Python files in backquotes, with a folder or without; not those of an example's package."""
    for page in PAGES:
        for name in sorted(set(re.findall(r"`([\w/-]+\.py)`", page.read_text(encoding="utf-8")))):
            if "pegbox-hill" not in name:
                yield page, name


def label(value):
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else value


@pytest.mark.parametrize(("page", "target"), list(links()), ids=label)
def test_a_link_leads_to_a_file(page, target):
    assert (page.parent / target.partition("#")[0]).exists()


@pytest.mark.parametrize(("page", "name"), list(files()), ids=label)
def test_a_named_file_exists(page, name):
    places = [page.parent, ROOT, CODE, EXAMPLE]
    assert any((place / name).is_file() for place in places) or any(CODE.rglob(name))


def test_pages_are_found():
    assert {"README.md", "docs/concepts.md", "docs/decisions/README.md"} <= set(map(label, PAGES))
