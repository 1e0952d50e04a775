"""`docs/hooks.md` lists every hook with its arguments, its method, and whether it is answered."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from pegbox._plugins.bindings import ROLES, arguments_of, hooks_in
from pegbox._plugins.manager import RoleManager
from pegbox.decisions import WAIT
from pegbox.hookspecs import DoorwaySpecs, hookimpl
from pegbox.searcher_wrapper import SearcherWrapper

PAGE = Path(__file__).parents[1] / "docs" / "hooks.md"
#: Answered by a hook whose answer may be left out.
OPTIONAL = {"searcher_config", "searcher_save", "scheduler_save", "callback_save"}


def section(title):
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
    assert found, f"docs/hooks.md has no section {title}"
    return found[1]


def rows(title):
    """Cells of every row whose first cell is a name in backquotes."""
    for line in section(title).splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def names(cell):
    return tuple(re.findall(r"`(\w+)`", cell))


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.name)
def test_the_page_lists_each_hook_of_a_role_with_its_arguments(role):
    listed = {}
    for hook, method, arguments, when, answer in rows(role.name.capitalize()):
        (name,) = names(hook)
        assert name not in listed, f"{name} is listed twice"
        listed[name] = (names(method), names(arguments))
        assert when, name
        assert (answer != "none") == (name in role.answers or name in OPTIONAL), name
    expected = {
        hook: ((role.method_of(hook),), arguments_of(role.specs, hook))
        for hook in hooks_in(role.specs)
    }
    assert listed == expected


def test_the_page_lists_each_doorway():
    listed = {names(hook)[0]: names(arguments) for hook, arguments, _ in rows("Doorways")}
    assert listed == {hook: arguments_of(DoorwaySpecs, hook) for hook in hooks_in(DoorwaySpecs)}


def on_the_page(name):
    """A class of the page, and a manager that it is registered on, around a fixed searcher."""
    code = re.search(rf"```python\n(class {name}.*?)```", PAGE.read_text(), re.S)
    scope = {"hookimpl": hookimpl, "WAIT": WAIT, "SearcherWrapper": SearcherWrapper, "time": time}
    exec(code[1], scope)
    manager = RoleManager("searcher")
    manager.register(type("Fixed", (), {"suggest": lambda self: {"x": 1}})())
    return scope[name], manager


ASK = {"trial_id": "t", "ask": 0, "seed": 0}


def test_the_generator_on_the_page_works():
    timed, manager = on_the_page("Timed")
    wrapper = timed()
    manager.register(wrapper)
    assert manager.call("searcher_suggest", pending={}, **ASK) == {"x": 1}
    assert len(wrapper.seconds) == 1


def test_the_wrapper_of_a_searcher_on_the_page_works():
    at_most, manager = on_the_page("AtMost")
    manager.register(at_most("random", 2))
    assert manager.call("searcher_suggest", pending={"a": {}}, **ASK) == {"x": 1}
    assert manager.call("searcher_suggest", pending={"a": {}, "b": {}}, **ASK) is WAIT
