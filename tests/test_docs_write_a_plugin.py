"""docs/write-a-plugin.md: all its code stands in examples/third_party, which works."""

from __future__ import annotations

import re
import textwrap

import pytest
from imports import ROOT, STRANGER
from pegbox._new_plugin.package import ROLES
from pegbox.searcher import Traits

PAGE = (ROOT / "docs" / "write-a-plugin.md").read_text(encoding="utf-8")
BLOCKS = [block for _, block in re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.S | re.M)]
FILES = [file for file in STRANGER.rglob("*.*") if file.suffix in (".py", ".toml")]


def stands_in(block, file):
    """Whether the lines of a block are lines of a file that follow each other."""
    lines, wanted = file.read_text(encoding="utf-8").splitlines(), block.splitlines()
    return any(
        textwrap.dedent("\n".join(lines[at : at + len(wanted)])).splitlines() == wanted
        for at in range(len(lines) - len(wanted) + 1)
    )


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_a_block_stands_in_a_file_of_the_example(block):
    assert any(stands_in(block, file) for file in FILES), block


def test_each_role_is_shown():
    for role in ROLES:
        plugin = STRANGER / "src" / "pegbox_luthier" / f"{role}.py"
        assert sum(stands_in(block, plugin) for block in BLOCKS) >= 2, role


def test_every_trait_is_explained():
    missing = [name for name in Traits.__dataclass_fields__ if f"`{name}" not in PAGE]
    assert not missing


def test_the_files_that_it_names_are_those_that_are_written():
    named = set(re.findall(r"(?:src|tests)/[\w/]+\.py", PAGE))
    assert named
    assert all((STRANGER / name).is_file() for name in named)
