"""Values inside a space as JSON data, and back.

JSON data stands as it is. Beyond it, three markers, each a dict with one key:

- ``{"$tuple": [...]}`` for a tuple;
- ``{"$pairs": [[key, value], ...]}`` for a dict with keys that are no strings, or one that could
  be mistaken for a marker;
- ``{"$object": {...}}`` for anything else: where it stands in the space, its ``repr``, and, where
  it is made of numpy scalars, its plain ``value``. The object itself is never written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from pegbox.jsonvalue import MOST_BITS, MOST_LEVELS
from pegbox.scalars import unpacked
from pegbox.text import shown

__all__ = [
    "ATOMS",
    "Missing",
    "decode_value",
    "encode_value",
    "index_of",
    "is_atom",
    "join_pairs",
    "lacks_object",
    "same_value",
]

#: Types whose values are the same in Python and in JSON.
ATOMS: Final = frozenset({type(None), bool, int, float, str})

_TUPLE: Final = "$tuple"
_PAIRS: Final = "$pairs"
_OBJECT: Final = "$object"
_MARKS: Final = (_TUPLE, _PAIRS, _OBJECT)


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands where an object was that only the user's code can make again."""

    text: str

    def __repr__(self) -> str:
        return self.text

    @staticmethod
    def from_marker(marker: Mapping[str, Any]) -> Any:
        """The marker's plain value where it has one, else a stand-in."""
        if "value" in marker:
            return decode_value(marker["value"], Missing.from_marker)
        return Missing(str(marker.get("repr", "")))


class _NotJson(Exception):
    """A value has no exact form as JSON data."""


def is_atom(value: Any) -> bool:
    """Whether a value is the same in Python and in JSON; an integer of absurd length is not."""
    kind = type(value)
    return kind in ATOMS and (kind is not int or value.bit_length() <= MOST_BITS)


def index_of(value: Any, values: Sequence[Any]) -> int | None:
    """Where a value stands among others, or None: by identity, else equal in type, else equal."""
    alike = [i for i, known in enumerate(values) if same_value(known, value)]
    kind = type(value)
    alike.sort(key=lambda i: (values[i] is not value, type(values[i]) is not kind))
    return alike[0] if alike else None


def same_value(left: Any, right: Any) -> bool:
    """Whether two values of any types are equal; a list equals a tuple, as JSON has no tuples."""
    if left is right:
        return True
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same_value, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_value(left[k], right[k]) for k in left)
    try:
        if isinstance(left, bool) is not isinstance(right, bool) or _shape(left) != _shape(right):
            return False
        equal: Any = left == right
        if callable(every := getattr(equal, "all", None)):  # arrays compare item by item
            # An empty list and a number of numpy's have an empty array of answers.
            equal = _shape(equal) == _shape(left) and every()
        return bool(equal)
    except Exception:  # a user's own __eq__ may fail in any way; then they are not equal
        return False


def _shape(value: Any) -> Any:
    return getattr(value, "shape", ())


def encode_value(value: Any, where: Mapping[str, Any]) -> Any:
    """A value as JSON data; what has no exact form becomes an ``$object`` marker.

    Args:
        value: Any object.
        where: What goes into the marker, so that the object can be found again.
    """
    if is_atom(value):
        return value
    try:
        return _encode(value, unpack=False, level=0)
    except (_NotJson, RecursionError):
        marker = {**where, "repr": shown(value)}
    with suppress(_NotJson, RecursionError):
        marker["value"] = _encode(value, unpack=True, level=0)
    return {_OBJECT: marker}


def decode_value(encoded: Any, find: Callable[[Mapping[str, Any]], Any]) -> Any:
    """The value of `encode_value`, with fresh containers.

    Args:
        encoded: JSON data.
        find: Gives the object that a marker stands for.
    """
    if type(encoded) is list:
        return [item if type(item) in ATOMS else decode_value(item, find) for item in encoded]
    if type(encoded) is not dict:
        return encoded
    if len(encoded) == 1:
        ((key, inner),) = encoded.items()
        if key in _MARKS:
            return _decode_marked(key, inner, find)
    return {
        key: item if type(item) in ATOMS else decode_value(item, find)
        for key, item in encoded.items()
    }


def join_pairs(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Encoded entries of a dict as a dict; as ``$pairs`` where it could be mistaken."""
    joined = dict(pairs)
    strings = all(type(key) is str for key in joined)
    if strings and not (len(joined) == 1 and next(iter(joined)) in _MARKS):
        return joined
    encoded = [[_encode(key, unpack=False, level=0), item] for key, item in joined.items()]
    return {_PAIRS: encoded}


def lacks_object(encoded: Any) -> bool:
    """Whether encoded data holds an object that only the user's code can make again."""
    if isinstance(encoded, list):
        return any(lacks_object(item) for item in encoded)
    if not isinstance(encoded, dict):
        return False
    if len(encoded) == 1 and isinstance(marker := encoded.get(_OBJECT), dict):
        return "value" not in marker
    return any(lacks_object(item) for item in encoded.values())


def _decode_marked(mark: str, inner: Any, find: Callable[[Mapping[str, Any]], Any]) -> Any:
    if mark == _OBJECT:
        return find(inner)
    if mark == _TUPLE:
        return tuple(decode_value(item, find) for item in inner)
    return {decode_value(key, find): decode_value(item, find) for key, item in inner}


def _encode(value: Any, *, unpack: bool, level: int) -> Any:
    if is_atom(value):
        return value
    if level > MOST_LEVELS:
        raise _NotJson
    kind = type(value)
    if kind is dict:
        return join_pairs(
            (key, _encode(item, unpack=unpack, level=level + 1)) for key, item in value.items()
        )
    if kind is list or kind is tuple:
        items = [_encode(item, unpack=unpack, level=level + 1) for item in value]
        return items if kind is list else {_TUPLE: items}
    if unpack and (plain := unpacked(value)) is not value:
        return _encode(plain, unpack=False, level=level)
    raise _NotJson
