"""The public names: what a module lists is what it offers, and all of it is explained.

A module is public when no part of its dotted name begins with an underscore. Executors are reached
by their names and not by import, so their folders are not counted here.
"""

from __future__ import annotations

import ast
import importlib
import inspect

import pegbox
import pytest
from imports import modules, packages
from pegbox.hookspecs import DoorwaySpecs

PUBLIC = {
    name: file
    for package in packages()
    for name, file in modules(package / "src").items()
    if not any(part.startswith("_") for part in name.split("."))
    if not name.startswith("pegbox.executors.")
}

#: Functions of a plugin package that pluggy finds by their names.
DOORWAYS = {name for name in vars(DoorwaySpecs) if name.startswith("pegbox_")}


def listed(name: str) -> list[str]:
    return list(importlib.import_module(name).__all__)


def defined(name: str) -> set[str]:
    """Public names that a module's top level binds by a definition or an assignment."""
    found: set[str] = set()
    for node in ast.parse(PUBLIC[name].read_text()).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Assign(targets=targets):
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=target)):
                found.add(target)
    return {each for each in found if not each.startswith("_")} - DOORWAYS


def objects(name: str) -> list[tuple[str, object]]:
    module = importlib.import_module(name)
    return [(each, getattr(module, each)) for each in module.__all__]


def explained(thing: object) -> bool:
    """Whether a class or function has a docstring of its own, not the one of its base."""
    own = vars(thing).get("__doc__") if inspect.isclass(thing) else getattr(thing, "__doc__", None)
    # A dataclass without one is given its signature.
    return bool(own) and not (inspect.isclass(thing) and own.startswith(f"{thing.__name__}("))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_lists_its_names_and_they_are_there(name):
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    names = getattr(module, "__all__", None)
    assert names is not None or not defined(name), f"{name} has no __all__"
    names = names or []
    assert len(names) == len(set(names)), f"{name}.__all__ lists a name twice"
    missing = [each for each in names if not hasattr(module, each)]
    assert not missing, f"{name}.__all__ lists what is not there"
    assert not [each for each in names if each.startswith("_")]


@pytest.mark.parametrize("name", [name for name in PUBLIC if defined(name)])
def test_what_a_public_module_defines_is_listed_or_private(name):
    assert defined(name) - set(listed(name)) == set(), "list it in __all__, or begin it with _"


@pytest.mark.parametrize("name", [name for name in PUBLIC if defined(name)])
def test_every_public_class_and_function_is_explained(name):
    mute = [
        each
        for each, thing in objects(name)
        if inspect.isclass(thing) or inspect.isroutine(thing)
        if not explained(thing)
    ]
    assert not mute


def test_what_users_see_first_lives_in_a_public_place():
    """A name in a traceback, a repr or a pickle leads to a module that can be imported."""
    hidden = {
        name: thing.__module__
        for name, thing in objects("pegbox")
        if "._" in getattr(thing, "__module__", "")
    }
    assert not hidden


def test_every_method_of_what_users_see_first_is_explained():
    mute = [
        f"{name}.{attribute}"
        for name, thing in objects("pegbox")
        if inspect.isclass(thing)
        for attribute, member in vars(thing).items()
        if not attribute.startswith("_")
        if inspect.isroutine(member) or isinstance(member, property | classmethod | staticmethod)
        if not inspect.getdoc(member)
    ]
    assert not mute


def test_the_first_module_only_shows_what_others_define():
    assert defined("pegbox") == set()
    assert len(pegbox.__all__) > 20
