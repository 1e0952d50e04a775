"""Reads `docs/migrate.md`: which names of Ray Tune it lists, and what it says of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "migrate.md"
NAMES = Path(__file__).parent / "tune_names.txt"

HERE = ("same", "better", "refused", "later")


@dataclass(frozen=True)
class TuneName:
    """A public name of Ray Tune.

    Attributes:
        name: With its class, e.g. ``Tuner.fit``.
        arguments: Argument to default; None where the default is no plain value.
    """

    name: str
    arguments: dict[str, object]


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        names: Names, in full; an argument stands in brackets: ``Tuner.restore(trainable)``.
        here: One of `HERE`.
        remark: The last cell.
        line: Where it stands on the page.
    """

    names: tuple[str, ...]
    here: str
    remark: str
    line: int


@dataclass(frozen=True)
class Quoted:
    """What a row says that a user sees.

    Attributes:
        place: Where the code stands: empty, or ``trial``, ``searcher`` or ``scheduler``.
        code: What the user writes.
        words: What the user sees.
    """

    place: str
    code: str
    words: str


def tune_names() -> Iterator[TuneName]:
    """All names of the list beside this file."""
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, arguments = line.partition("(")
            yield TuneName(name, dict(_arguments(arguments.removesuffix(")"))))


def _arguments(text: str) -> Iterator[tuple[str, object]]:
    if not text:
        return
    # Read as Python reads a signature: a default may have commas of its own.
    needed = re.sub(r"(?<=[(,] )(\w+)(?=[,)])", r"\1=...", f"( {text})")[2:-1]
    needed = re.sub(r"\*{1,2}\w+(?:=\.\.\.)?(?:, )?", "", needed).rstrip(", ")
    call = ast.parse(f"f({needed})", mode="eval").body
    assert isinstance(call, ast.Call), text
    assert not call.args, text
    for keyword in call.keywords:
        value = ast.literal_eval(keyword.value)
        yield str(keyword.arg), value


def rows() -> Iterator[Row]:
    """All rows below "Every name", in their order."""
    text = PAGE.read_text(encoding="utf-8")
    begin = text[: text.index("## Every name")].count("\n")
    owner = ""
    for number, line in enumerate(text.splitlines()[begin:], begin + 1):
        if line.startswith("### "):
            found = re.match(r"### `(\w+)`", line)
            owner = found[1] if found else ""
        elif line.startswith("| `"):
            first, here, remark = (cell.strip() for cell in _cells(line))
            names = tuple(_full(name, owner) for name in re.findall(r"`([^`]+)`", first))
            yield Row(names, here, remark, number)


def _cells(line: str) -> list[str]:
    return line.strip("|").split("|", 2)


def _full(token: str, owner: str) -> str:
    """``.fit`` -> ``Tuner.fit``; ``mode=`` -> ``TuneConfig(mode)``."""
    if token.startswith("."):
        token = owner + token
    if token.endswith("=)"):
        return token.replace("=)", ")")
    return f"{owner}({token.removesuffix('=')})" if token.endswith("=") else token


def quoted(row: Row) -> Quoted | None:
    """What the row quotes; None where it quotes nothing."""
    found = re.search(r"(?:In a (\w+), )?`([^`]+)`: \*(.*?)\*(?= |$)", row.remark)
    return Quoted(found[1] or "", found[2], found[3]) if found else None
