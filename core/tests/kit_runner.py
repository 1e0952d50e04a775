"""Runs the cases of a conformance kit one by one, and says which of them fail."""

from __future__ import annotations

import inspect
from itertools import product


def runs(kit):
    """Name of the case and arguments, for everything that pytest would run."""
    for case in kit.cases():
        function = getattr(kit, f"test_{case}")
        marks = [m for m in getattr(function, "pytestmark", ()) if m.name == "parametrize"]
        for chosen in product(*(list(_arguments(*mark.args)) for mark in marks)):
            yield case, {name: value for one in chosen for name, value in one.items()}


def _arguments(names, values):
    for value in values:
        if isinstance(names, str):
            yield {names: value}
        else:
            yield dict(zip(names, value, strict=True))


def failing(kit, given=(), cases=()):
    """The cases that fail, with what they said first.

    Args:
        kit: A subclass of one of the kits.
        given: Fixtures that cases ask for, by name; each a function that makes it.
        cases: Those that are run; none for all.
    """
    found = {}
    for case, arguments in runs(kit):
        if case in found or (cases and case not in cases):
            continue
        function = getattr(kit(), f"test_{case}")
        wanted = set(inspect.signature(function).parameters) - set(arguments)
        try:
            function(**arguments, **{name: dict(given)[name]() for name in wanted})
        except (Exception, BaseException) as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            found[case] = f"{type(error).__name__}: {error}"
    return found
