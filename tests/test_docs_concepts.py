"""`docs/concepts.md`: each word once, and each place in the code that it names exists."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "concepts.md"


def rows():
    """Word, meaning and place of every row."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "word":
            yield cells


def find(name):
    """What a dotted name stands for.

    Raises:
        LookupError: There is no such thing.
    """
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part) and part not in fields_of(found):
                raise LookupError(f"{name}: {found!r} has no {part}")
            found = getattr(found, part, None)
        return found
    raise LookupError(f"{name}: there is no such module")


def fields_of(found):
    fields = [field.name for field in dataclasses.fields(found)] if is_dataclass(found) else []
    documented = re.findall(r"^ {8}(\w+):", getattr(found, "__doc__", None) or "", re.MULTILINE)
    return {*fields, *documented}


def is_dataclass(found):
    return isinstance(found, type) and dataclasses.is_dataclass(found)


@pytest.mark.parametrize(("word", "place"), [(cells[0], cells[2]) for cells in rows()])
def test_what_a_word_names_exists(word, place):
    names = re.fullmatch(r"`([\w.]+)`", place)
    assert names, f"{word}: {place!r} is no name in backquotes"
    find(names[1])


def test_each_word_has_one_meaning():
    words = [cells[0] for cells in rows()]
    assert len(words) > 60
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize("name", ["pegbox.trial.Nothing", "pegbox.nothing", "nowhere.at_all"])
def test_a_name_that_is_not_there_is_found_out(name):
    with pytest.raises(LookupError):
        find(name)
