"""JSON with a stated encoding of NaN and infinity, and what counts as JSON data.

JSON data is None, bool, int, float (NaN and infinity included), str, lists of these, and dicts
of these with string keys. As text, the floats that JSON lacks are written ``{"$float": "nan"}``,
``"inf"`` or ``"-inf"``; a user's own dict that could be mistaken for that is written inside
``{"$dict": ...}``. Everything else is ordinary JSON, which any SQLite tool reads.

It does not know what the values mean; see `pegbox.space` for objects inside a configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

from pegbox.errors import ConfigError
from pegbox.scalars import unpacked
from pegbox.text import shown

__all__ = ["MOST_BITS", "MOST_LEVELS", "chosen", "dumps", "flatten", "loads", "plain"]

_ABSENT: Final = object()
_FLOAT: Final = "$float"
_DICT: Final = "$dict"
_OURS: Final = (_FLOAT, _DICT)
_NAMES: Final = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
_ATOMS: Final = frozenset({type(None), bool, float, str})

# One for all calls: json.dumps would make one each time.
_ENCODER: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":"))

#: Lists and dicts inside each other. Who reads may have less of the stack left than who wrote.
MOST_LEVELS: Final = 100

#: Integers that are also floats, as whatever compares or averages them takes them to be.
MOST_BITS: Final = 1_023


def dumps(value: Any) -> str:
    """Compact JSON text of a value.

    Args:
        value: JSON data, as `plain` gives it.

    Raises:
        ConfigError: The value is not JSON data; the place and type are named.
    """
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError):
        value = plain(value)
    else:
        # Only a dict whose first key starts with "$" could be mistaken for one of ours.
        if '{"$' not in text:
            return text
    return _ENCODER.encode(_encode(value))


def loads(text: str | bytes) -> Any:
    """The value of a text that `dumps` wrote.

    Raises:
        ValueError: The text is not JSON.
    """
    value = json.loads(text)
    marked = b'"$' in text if isinstance(text, bytes) else '"$' in text
    return _decode(value) if marked else value


def plain(value: Any, path: str = "") -> Any:
    """The value as plain Python: numpy scalars and 0-d arrays unpacked, tuples as lists.

    Args:
        value: What a user handed in. It is not changed; containers are copied.
        path: Where it stands, for the message.

    Raises:
        ConfigError: Something inside is not JSON data; the place and type are named.
    """
    try:
        return _plain(value, path, 0)
    except RecursionError:
        raise ConfigError(
            f"{path or 'the value'} contains itself, or is nested more than {MOST_LEVELS} levels "
            "deep",
            hint="Store what is needed of it, in fewer levels.",
        ) from None


def flatten(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Nested dicts as one, with their keys joined by ``/``; an empty dict stays as it is.

    Raises:
        ConfigError: Two entries come to stand under one name.
    """
    flat: dict[str, Any] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping) and value:
            for key, item in flatten(value).items():
                _put(flat, f"{name}/{key}", item)
        else:
            _put(flat, name, value)
    return flat


def chosen(config: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """The values at flat paths such as ``"model/layers/0"``, as far as there are any.

    A conditional choice leaves some out. Of a dict or a list whose parts have paths among these,
    only the parts are given.
    """
    values = ((path, _look_up(config, path)) for path in paths)
    found = {path: value for path, value in values if value is not _ABSENT}
    return {path: value for path, value in found.items() if not _is_in_parts(path, value, found)}


def _is_in_parts(path: str, value: object, found: Iterable[str]) -> bool:
    holds_others = isinstance(value, Mapping | list | tuple)
    return holds_others and any(other.startswith(f"{path}/") for other in found)


def _look_up(config: Mapping[str, Any], path: str) -> object:
    value: object = config
    for part in path.split("/"):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return _ABSENT
    return value


def _put(flat: dict[str, Any], name: str, value: Any) -> None:
    if name in flat:
        raise ConfigError(
            f"two values have the name {shown(name)} once nested dicts are joined",
            hint="Rename one of them.",
        )
    flat[name] = value


def _plain(value: Any, path: str, level: int) -> Any:
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is int:
        return value if value.bit_length() <= MOST_BITS else _refuse_integer(value, path)
    if level > MOST_LEVELS:
        raise RecursionError
    if isinstance(value, Mapping):
        return {
            _key(key, path): _plain(item, _join(path, key), level + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, _join(path, i), level + 1) for i, item in enumerate(value)]
    return _plain_scalar(value, path)


def _plain_scalar(value: Any, path: str) -> Any:
    """Scalars of numpy and their like, without importing any of them, and subclasses."""
    item = unpacked(value)
    if item is not value:
        if type(item) is int or type(item) in _ATOMS:
            return _plain(item, path, 0)
    elif isinstance(value, str):
        return str.__str__(value)
    elif isinstance(value, int):
        return _plain(int.__int__(value), path, 0)
    elif isinstance(value, float):
        return float.__float__(value)
    _refuse(value, path)


def _refuse(value: Any, path: str) -> NoReturn:
    array = hasattr(value, "tolist")
    raise ConfigError(
        f"{path or 'the value'} is of type {_type_name(value)}, which cannot be stored as JSON",
        hint="Use .tolist() for a small array, or save a large one in a checkpoint."
        if array
        else "Use numbers, strings, booleans, None, and lists and dicts of these.",
    )


def _refuse_integer(value: int, path: str) -> NoReturn:
    bits = value.bit_length()
    raise ConfigError(
        f"{path or 'the value'} is an integer of {bits} bits; at most {MOST_BITS} can be stored",
        hint="Pass it as a float or a string.",
    )


def _key(key: Any, path: str) -> str:
    if type(key) is str:
        return key
    if isinstance(key, str):
        return str.__str__(key)
    where = f"in {path}" if path else "at the top"
    raise ConfigError(
        f"the key {shown(key)} {where} is of type {_type_name(key)}; JSON has only strings as keys",
        hint=f"Use '{shown(key)}'.",
    )


def _join(path: str, key: object) -> str:
    return f"{path}/{key}" if path else str(key)


def _type_name(value: object) -> str:
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _encode(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0.0 else {_FLOAT: str(float(value))}
    if isinstance(value, dict):
        inner = {key: _encode(item) for key, item in value.items()}
        return {_DICT: inner} if _is_ours(value) else inner
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if not _is_ours(value):
        return {key: _decode(item) for key, item in value.items()}
    ((mark, inner),) = value.items()
    if mark == _FLOAT:
        return _NAMES[inner]
    return {key: _decode(item) for key, item in inner.items()}


def _is_ours(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in _OURS
