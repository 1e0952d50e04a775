"""``docs/store.md`` says what the schema is, and its examples run."""

import re
import sqlite3
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from pegbox._store import ExperimentMeta, Store
from pegbox._store.schema import APPLICATION_ID, FILE_NAME, VERSION
from pegbox.events import Event
from store_facts import META, NEVER_STORED, whole_trial

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")


@pytest.fixture
def db(tmp_path):
    with Store.create(tmp_path / "e", META) as store:
        store.append([*whole_trial(0), *whole_trial(1)])
    db = sqlite3.connect(tmp_path / "e" / FILE_NAME)
    yield db
    db.close()


def documented():
    """Name of each table and view -> (column, type) of the first table below its heading."""
    sections = re.split(r"^### `(\w+)`$", PAGE, flags=re.MULTILINE)[1:]
    found = {}
    for name, text in zip(sections[::2], sections[1::2], strict=True):
        table = re.search(r"^\| column .*?(?=\n\n|\Z)", text, flags=re.MULTILINE | re.DOTALL)
        assert table is not None
        found[name] = rows_of(table.group())
    return found


def rows_of(table):
    cells = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    typed = "type" in cells[0]
    return [(row[0], row[1] if typed else "") for row in cells[2:]]


def test_every_table_and_view_is_described_column_by_column(db):
    actual = {}
    for kind, name in db.execute("SELECT type, name FROM sqlite_master WHERE type != 'index'"):
        columns = db.execute(f"PRAGMA table_info({name})").fetchall()
        actual[name] = [(c[1], c[2] if kind == "table" else "") for c in columns]

    assert documented() == actual


def test_every_kind_of_event_is_described():
    table = PAGE[PAGE.index("| kind |") :].split("\n\n")[0]

    kinds = [event for event in get_args(Event) if event not in NEVER_STORED]
    assert [row[0] for row in rows_of(table)] == [event.__name__ for event in kinds]


def test_every_key_of_meta_is_described():
    table = PAGE[PAGE.index("| key |") :].split("\n\n")[0]

    assert [row[0] for row in rows_of(table)] == [field.name for field in fields(ExperimentMeta)]


def test_the_page_is_of_this_version():
    assert f"This page is schema version {VERSION}." in PAGE
    assert f"is {APPLICATION_ID} (`pgbx`)" in PAGE


@pytest.mark.parametrize("query", re.findall(r"```sql\n(.*?)```", PAGE, flags=re.DOTALL))
def test_the_queries_find_something(db, query):
    assert db.execute(query).fetchall()


def test_the_frame_without_pegbox(db, tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path / "e")
    names = {}

    exec(code, names)

    assert names["frame"]["loss"].tolist() == [1.0, 1.0]
