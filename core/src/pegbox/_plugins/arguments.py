"""Whether a method can be called as its hook will call it; said at registration, in one sentence.

A method is passed those of its hook's arguments that it names, and the others in its ``**info``
if it has one. Whatever would get nothing, or a default for ever, is refused here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import FunctionType, MethodType
from typing import Any, Final

from pegbox._plugins.bindings import Role, arguments_of
from pegbox._plugins.naming import Label
from pegbox._plugins.tune_names import ARGUMENTS
from pegbox._plugins.wording import listed, sentences
from pegbox.errors import PluginError
from pegbox.nearest import did_you_mean, nearest_name

__all__ = ["check_arguments"]

_BY_POSITION: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)
#: From this likeness on an argument with a default counts as a misspelt one.
_LIKENESS: Final = 0.75


def check_arguments(role: Role, hook: str, function: Callable[..., Any], label: Label) -> None:
    """Refuse a method whose arguments do not fit its hook.

    An argument with a default may be unknown here: that is how a plugin asks for one that a later
    pegbox passes.

    Raises:
        PluginError: Names plugin, hook, what was found and the hook's arguments.
    """
    known = arguments_of(role.specs, hook)
    if complaint := _complaint(function, known):
        name = getattr(function, "__qualname__", repr(function))
        raise PluginError(
            f"{role.name} {label}: {name} {complaint[0]}",
            plugin=str(label),
            hook=hook,
            hint=sentences([complaint[1], f"{hook} has the arguments {listed(known)}."]),
        )


def _complaint(function: Callable[..., Any], known: Sequence[str]) -> tuple[str, str] | None:
    """What is wrong, and what would do; None where all is well."""
    if not isinstance(function, FunctionType | MethodType):
        return f"is a {type(function).__name__}", "Make it a plain method."
    if inspect.iscoroutinefunction(function):
        return "is async, and nobody would await it", "Make it a plain method."
    parameters = list(inspect.signature(function).parameters.values())
    for parameter in parameters:
        if complaint := _parameter_complaint(parameter, parameters, known):
            return complaint
    return None


def _parameter_complaint(
    parameter: inspect.Parameter, all_of_them: Sequence[inspect.Parameter], known: Sequence[str]
) -> tuple[str, str] | None:
    name = parameter.name
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"hides its arguments behind *{name}", "Name them, or use functools.wraps."
    if parameter.kind is parameter.VAR_KEYWORD:
        return None
    if parameter.kind not in _BY_POSITION:
        return f"has the keyword-only argument {name!r}", "Leave the bare * out."
    if name in known:
        return None
    if parameter.default is parameter.empty:
        return f"has the unknown argument {name!r}", ARGUMENTS.get(name) or did_you_mean(
            name, known
        )
    taken = {other.name for other in all_of_them}
    free = [argument for argument in known if argument not in taken]
    if nearest_name(name, free, _LIKENESS) is not None:
        return f"has the argument {name!r}, which nobody passes", did_you_mean(name, free)
    return None
