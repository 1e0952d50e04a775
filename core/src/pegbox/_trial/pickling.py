"""Pickling what a user handed over, and finding the object inside that cannot be pickled.

Pickle's own error names a type, but not where in a trainable an object of it is held.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pegbox._trial import out_of_band
from pegbox.errors import ConfigError

__all__ = ["dump", "find_culprit"]

_MAX_DEPTH: Final = 20
#: Elements of one container that are tried; a culprit beyond them is named by its container.
_MAX_ELEMENTS: Final = 1000
_MAX_LINE: Final = 200


def dump(
    value: object,
    what: str,
    buffers: Callable[[pickle.PickleBuffer], Any] | None = None,
    *,
    to: str = "workers",
) -> bytes:
    """Pickle a value with the code that workers cannot import.

    Args:
        value: Anything.
        what: Its name at the start of a sentence.
        buffers: Takes large memory apart from the answer, see `pickle.Pickler`.
        to: Whom it is sent to.

    Raises:
        ConfigError: It cannot be pickled; the object inside is named.
    """
    try:
        return _pickled(value, buffers)
    except Exception as error:  # objects pickle themselves as they like, and may raise anything
        where, culprit, own = find_culprit(value, error)
        line = f"{type(own).__name__}: {own}".splitlines()[0][:_MAX_LINE]
        raise ConfigError(
            f"{what} cannot be sent to {to}: {where} is {_in_words(culprit)}, which cannot be"
            f" pickled ({line})",
            hint="Make it inside the trainable, from things that can be pickled.",
        ) from error


def _pickled(value: object, buffers: Callable[[pickle.PickleBuffer], Any] | None = None) -> bytes:
    if buffers is not None:
        return out_of_band.dumps(value, buffers)
    # Late: a run that sends nothing to workers needs none of it.
    import cloudpickle

    return bytes(cloudpickle.dumps(value, protocol=5))


def find_culprit(value: object, error: Exception) -> tuple[str, object, Exception]:
    """The innermost object in a value that cannot be pickled.

    Args:
        value: What could not be pickled. ``error``: why not.

    Returns:
        Where it is, in words; the object; and what pickling it alone raises.
    """
    way: list[str] = []
    seen = {id(value)}
    for _ in range(_MAX_DEPTH):
        step = _failing_part(value, seen)
        if step is None:
            break
        label, value, error = step
        way.append(label)
    return f"its {', in it the '.join(way)}" if way else "it", value, error


def _failing_part(value: object, seen: set[int]) -> tuple[str, object, Exception] | None:
    for label, part in _parts(value):
        if id(part) in seen:
            continue
        seen.add(id(part))
        try:
            _pickled(part)
        except Exception as error:
            return label, part, error
    return None


def _parts(value: Any) -> Iterator[tuple[str, object]]:
    """What a value consists of, each with its name in words."""
    if isinstance(value, Mapping):
        for key, item in _some(value.items()):
            yield f"entry {key!r}", item
    elif isinstance(value, list | tuple | set | frozenset):
        for number, item in enumerate(_some(value)):
            yield f"element {number}", item
    elif isinstance(value, functools.partial):
        yield "function", value.func
        yield from ((f"argument {i}", item) for i, item in enumerate(value.args))
        yield from ((f"argument {name!r}", item) for name, item in value.keywords.items())
    elif isinstance(value, types.MethodType):
        yield "object", value.__self__
        yield "function", value.__func__
    elif isinstance(value, types.FunctionType):
        yield from _parts_of_function(value)
    else:
        yield from _parts_of_object(value)


def _some(items: Any) -> Iterator[Any]:
    return (item for item, _ in zip(items, range(_MAX_ELEMENTS), strict=False))


def _parts_of_function(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # not assigned yet
            yield f"closure variable {name!r}", cell.cell_contents
    for name in _names_used(code):
        if name in function.__globals__:
            yield f"global variable {name!r}", function.__globals__[name]
    defaults = {**_positional_defaults(function), **(function.__kwdefaults__ or {})}
    yield from ((f"default value of {name!r}", item) for name, item in defaults.items())
    yield from ((f"attribute {name!r}", item) for name, item in vars(function).items())


def _names_used(code: types.CodeType) -> Iterator[str]:
    """Names that a function and those inside it may look up among the globals."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names_used(inner)


def _positional_defaults(function: types.FunctionType) -> dict[str, object]:
    defaults = function.__defaults__ or ()
    code = function.__code__
    names = code.co_varnames[: code.co_argcount][-len(defaults) :] if defaults else ()
    return dict(zip(names, defaults, strict=True))


def _parts_of_object(value: Any) -> Iterator[tuple[str, object]]:
    """The attributes of an object, or of a class that is sent by its code."""
    what = "class attribute" if isinstance(value, type) else "attribute"
    for name, item in list(getattr(value, "__dict__", {}).items()):
        if not (isinstance(value, type) and _is_machinery(name, item)):
            yield f"{what} {name!r}", item
    for name in _slots(type(value)):
        if hasattr(value, name):
            yield f"attribute {name!r}", getattr(value, name)
    if not isinstance(value, type):
        yield "class", type(value)


def _is_machinery(name: str, item: object) -> bool:
    """Descriptors that no class can be pickled with, and that cloudpickle leaves out."""
    kinds = (types.GetSetDescriptorType, types.MemberDescriptorType)
    return name in ("__dict__", "__weakref__", "_abc_impl") or isinstance(item, kinds)


def _slots(kind: type) -> Iterator[str]:
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def _in_words(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__qualname__}"
    if isinstance(value, types.FunctionType):
        return f"the function {value.__qualname__}"
    kind = type(value)
    return f"of type {kind.__module__}.{kind.__qualname__}".replace(" builtins.", " ")
