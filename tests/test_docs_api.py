"""`docs/api` is what the docstrings say, and the docstrings say what there is to say."""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import textwrap
from pathlib import Path
from types import FunctionType

import pegbox
import pytest
from api_pages import GIVEN, PAGES, entries, getter_of, members
from docstrings import parse
from generate import made_pages, write_pages
from pegbox import errors

ENTRIES = [entry for listed in entries().values() for entry in listed]
CLASSES = [entry for entry in ENTRIES if inspect.isclass(entry.thing)]
FUNCTIONS = [entry for entry in ENTRIES if not inspect.isclass(entry.thing)]

#: What is handed to hooks by name: explained once, where the class is.
OF_HOOKS = {"iteration", "trials", "trial", "info"}


def callables():
    """Dotted name, function, and the parameters that its docstring has to explain."""
    for entry in FUNCTIONS:
        yield entry.path, entry.thing, parameters(entry.thing)
    for entry in CLASSES:
        for name, member in members(entry.thing):
            if isinstance(member, FunctionType):
                yield f"{entry.path}.{name}", member, parameters(member)[1:]
            elif isinstance(member, classmethod):
                yield f"{entry.path}.{name}", member.__func__, parameters(member.__func__)[1:]


def parameters(function):
    return list(inspect.signature(function).parameters)


def raised(function):
    """Names of pegbox's errors that a function's own lines raise."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = getattr(node.exc.func, "id", "")
            if name in errors.__all__:
                yield name


def says_what_it_raises(function, doc):
    """Whether each error, or one that it is a kind of, is named."""
    named = " ".join(doc.items("Raises"))
    kinds = [[kind.__name__ for kind in getattr(errors, name).__mro__] for name in raised(function)]
    return all(any(kind in named for kind in each) for each in kinds)


def ids(values):
    return [value[0] if isinstance(value, tuple) else value.path for value in values]


def test_the_pages_are_what_the_docstrings_say():
    docs = Path(__file__).parents[1] / "docs"
    old = [
        path
        for path, text in made_pages().items()
        if not (docs / path).is_file() or (docs / path).read_text(encoding="utf-8") != text
    ]
    assert not old, "older than the code; run: python docs/generate.py"
    extra = {f"api/{page.name}" for page in docs.glob("api/*.md")} - set(made_pages())
    assert not extra, "made no more; run: python docs/generate.py"


def test_a_page_that_is_made_no_more_is_removed(tmp_path):
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "gone.md").touch()
    write_pages(tmp_path)
    assert {path.name for path in tmp_path.glob("api/*")} == {f"{page}.md" for page in PAGES} | {
        "README.md"
    }


def test_every_name_of_pegbox_is_on_a_page_once():
    names = [entry.name for entry in ENTRIES]
    assert sorted(names) == sorted(set(names))
    assert set(pegbox.__all__) <= set(names)


@pytest.mark.parametrize("entry", CLASSES, ids=ids(CLASSES))
def test_what_a_class_is_made_with_is_explained(entry):
    cls = entry.thing
    own = "__init__" in vars(cls) or dataclasses.is_dataclass(cls)
    if issubclass(cls, enum.Enum | Exception) or not own or entry.name in GIVEN:
        return
    named = parse(cls).names("Args", "Attributes")
    assert [name for name in parameters(cls) if name not in named] == []


@pytest.mark.parametrize("entry", CLASSES, ids=ids(CLASSES))
def test_a_class_says_what_it_raises(entry):
    made = "__post_init__" if dataclasses.is_dataclass(entry.thing) else "__init__"
    if isinstance(function := vars(entry.thing).get(made), FunctionType):
        assert says_what_it_raises(function, parse(entry.thing))


@pytest.mark.parametrize(
    ("path", "function", "expected"), list(callables()), ids=ids(list(callables()))
)
def test_a_function_explains_its_parameters_and_what_it_raises(path, function, expected):
    doc = parse(function)
    assert doc.text, "no docstring"
    named = doc.names("Args") | {name for name in expected if f"``{name}``" in doc.text}
    known = OF_HOOKS if path.startswith(("pegbox.Callback.on_", "pegbox.loggers.")) else set()
    assert [name for name in expected if name not in named | known] == []
    assert says_what_it_raises(function, doc)


@pytest.mark.parametrize(
    "member",
    [
        (f"{entry.path}.{name}", getter_of(member))
        for entry in CLASSES
        for name, member in members(entry.thing)
        if not isinstance(member, FunctionType | classmethod | staticmethod)
    ],
    ids=lambda member: member[0],
)
def test_a_property_says_what_it_is(member):
    _, getter = member
    assert parse(getter).text
    assert inspect.signature(getter).return_annotation is not inspect.Signature.empty
    assert says_what_it_raises(getter, parse(getter))
