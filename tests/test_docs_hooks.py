"""`docs/hooks.md` lists every hook with its arguments, its method, and whether it is answered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pegbox._plugins.bindings import ROLES, arguments_of, hooks_in
from pegbox._plugins.manager import RoleManager
from pegbox.decisions import WAIT
from pegbox.hookspecs import DoorwaySpecs, hookimpl

PAGE = Path(__file__).parents[1] / "docs" / "hooks.md"
#: Answered by a hook whose answer may be left out.
OPTIONAL = {"searcher_save", "scheduler_save"}


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


def test_the_wrapper_on_the_page_works():
    code = re.search(r"```python\n(class AtMost.*?)```", PAGE.read_text(), re.S)
    scope = {"hookimpl": hookimpl, "WAIT": WAIT}
    exec(code[1], scope)
    manager = RoleManager("searcher")
    manager.register(type("Fixed", (), {"suggest": lambda self: {"x": 1}})())
    manager.register(scope["AtMost"](2))
    ask = {"trial_id": "t", "ask": 0, "seed": 0}
    assert manager.call("searcher_suggest", pending={"a": {}}, **ask) == {"x": 1}
    assert manager.call("searcher_suggest", pending={"a": {}, "b": {}}, **ask) is WAIT
