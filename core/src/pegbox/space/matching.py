"""The way back: from a configuration, whole or in part, to the point that gives it.

For configurations that users write down themselves, such as points to evaluate first, and for
those that a scheduler changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pegbox.errors import ConfigError
from pegbox.nearest import nearest_name
from pegbox.space.listed import Listed
from pegbox.space.nodes import Branches, Constant, DictNode, Node, Parameter, SequenceNode, join
from pegbox.space.numbers import number
from pegbox.space.values import Missing, same_value
from pegbox.text import shown

__all__ = ["branch_of", "branches_in", "partial_point"]

_Point = dict[str, float | int]


def partial_point(root: DictNode, config: Mapping[str, Any]) -> _Point:
    """The point of a configuration; see `pegbox.space.Space.point`."""
    point: _Point = {}
    _take(root, config, "", point)
    return point


def branch_of(node: Branches, value: Any) -> int | None:
    """Which value of a choice a part of a configuration is; None for none of them.

    One whose bounds the numbers keep; of these, the one that leaves the least out; and of these,
    one that gives the very same numbers back.
    """

    def misses(i: int) -> tuple[bool, int, bool]:
        child = node.children[i]
        inside = _is_inside(child, value)
        return not inside, _left_out(child, value), not (inside and _gives_back(child, value))

    fitting = [i for i, child in enumerate(node.children) if _fits(child, value)]
    return min(fitting, key=misses, default=None)


def branches_in(node: Node, config: Any, point: Mapping[str, float | int]) -> dict[str, int]:
    """Path to index of every choice that is made in a configuration, where it is one of `Branches`.

    Args:
        node: Where to begin.
        config: What was built from it, or changed since.
        point: Where it came from, as far as that is known; the rest is found by its form.
    """
    found: dict[str, int] = {}
    _find_branches(node, config, point, found)
    return found


def _find_branches(
    node: Node, config: Any, point: Mapping[str, float | int], found: dict[str, int]
) -> None:
    if isinstance(node, DictNode) and isinstance(config, Mapping):
        for key, child in node.children.items():
            if key in config:
                _find_branches(child, config[key], point, found)
    elif isinstance(node, SequenceNode) and isinstance(config, list | tuple):
        for child, item in zip(node.children, config, strict=False):
            _find_branches(child, item, point, found)
    elif isinstance(node, Branches):
        index = point[node.path] if node.path in point else branch_of(node, config)
        if index is not None:
            found[node.path] = int(index)
            _find_branches(node.children[int(index)], config, point, found)


def _take(node: Node, value: Any, place: str, point: _Point) -> None:
    """Put what a part of a configuration says into the point; ``place`` is for messages."""
    match node:
        case DictNode():
            for key, item in _entries(node, value, place).items():
                _take(node.children[key], item, join(place, key), point)
        case SequenceNode():
            for i, item in _items(node, value, place).items():
                _take(node.children[i], item, join(place, i), point)
        case Parameter():
            point[node.path] = _coded(node, value, place)
        case Branches():
            index = branch_of(node, value)
            if index is None:
                _refuse_value(node, value, place)
            point[node.path] = index
            _take(node.children[index], value, place, point)
        case Constant() if not _is(node, value):
            raise ConfigError(
                f"{place!r} is {shown(value)}, but the space has {shown(node.value)} "
                "there, which does not vary",
                hint="Leave it out, or write a domain into the space.",
            )


def _coded(node: Parameter, value: Any, place: str) -> float | int:
    try:
        return node.domain.coded(value)
    except ConfigError as error:
        raise ConfigError(f"parameter {place!r}: {error.message}", hint=error.hint) from None


def _entries(node: DictNode, value: Any, place: str) -> dict[str, Any]:
    """The entries of a dict, nested where flat names such as ``model/lr`` were given."""
    if not isinstance(value, Mapping):
        what = repr(place) if place else "a configuration"
        raise ConfigError(
            f"{what} must be a dict, got {shown(value)}",
            hint="Write it nested as in param_space, with values in the places of domains.",
        )
    entries = _nested(value)
    for key in entries:
        if key not in node.children:
            near = nearest_name(key, node.children)
            raise ConfigError(
                f"{join(place, key)!r} is no parameter of the space",
                hint=f"Did you mean {join(place, near)!r}?"
                if near is not None
                else f"There are {list(node.children)}.",
            )
    return entries


def _nested(value: Mapping[Any, Any]) -> dict[Any, Any]:
    entries: dict[Any, Any] = {}
    for key, item in value.items():
        first, slash, rest = key.partition("/") if isinstance(key, str) else (key, "", "")
        inner = entries.get(first, {})
        if slash and isinstance(inner, Mapping):
            entries[first] = {**inner, rest: item}
        else:
            entries[key] = item
    return entries


def _items(node: SequenceNode, value: Any, place: str) -> dict[int, Any]:
    """The items of a list by their places; some of them only, where flat names were given."""
    if isinstance(value, Mapping):
        names = {str(i): i for i in range(len(node.children))}
        if all(key in names for key in _nested(value)):
            return {names[key]: item for key, item in _nested(value).items()}
    elif isinstance(value, list | tuple) and len(value) == len(node.children):
        return dict(enumerate(value))
    raise ConfigError(
        f"{place!r} must be a list of {len(node.children)} values, got {shown(value)}",
        hint="Write it as in param_space, with values in the places of domains.",
    )


def _refuse_value(node: Branches, value: Any, place: str) -> NoReturn:
    raise ConfigError(
        f"parameter {place!r}: {shown(value)} fits none of the {len(node.children)} values",
        hint=f"They are {shown(list(node.domain.values))}.",
    )


def _fits(node: Node, value: Any) -> bool:
    """Whether a value has the form of a node, and its constants; numbers may lie outside."""
    match node:
        case DictNode():
            if not isinstance(value, Mapping):
                return False
            entries = _nested(value)
            children = node.children
            return all(key in children and _fits(children[key], entries[key]) for key in entries)
        case SequenceNode():
            return (
                isinstance(value, list | tuple)
                and len(value) == len(node.children)
                and all(map(_fits, node.children, value))
            )
        case Parameter():
            return _can_take(node, value)
        case Branches():
            return any(_fits(child, value) for child in node.children)
        case Constant():
            return _is(node, value)
        case _:
            return True


def _can_take(node: Parameter, value: Any) -> bool:
    try:
        if isinstance(node.domain, Listed):
            node.domain.coded(value)
        else:
            number(value, "the value")
    except ConfigError:
        return False
    return True


def _is(node: Constant, value: Any) -> bool:
    return isinstance(node.value, Missing) or same_value(value, node.value)


def _is_inside(node: Node, value: Any) -> bool:
    try:
        _take(node, value, node.path, {})
    except ConfigError:
        return False
    return True


def _gives_back(node: Node, value: Any) -> bool:
    """Whether the numbers of a value, which are inside, are none that a step of a domain moves."""
    match node:
        case DictNode():
            return all(_gives_back(node.children[k], each) for k, each in _nested(value).items())
        case SequenceNode():
            return all(map(_gives_back, node.children, value))
        case Parameter():
            return same_value(node.domain.value(node.domain.coded(value)), value)
        case Branches():
            index = branch_of(node, value)
            return index is not None and _gives_back(node.children[index], value)
        case _:
            return True


def _left_out(node: Node, value: Any) -> int:
    """How many parts of a node a value does not mention."""
    if isinstance(node, DictNode) and isinstance(value, Mapping):
        given: Mapping[Any, Any] = _nested(value)
        inner = sum(_left_out(node.children[key], item) for key, item in given.items())
        return len(node.children) - len(given) + inner
    if isinstance(node, SequenceNode) and isinstance(value, Sequence):
        return sum(map(_left_out, node.children, value))
    if isinstance(node, Branches) and (index := branch_of(node, value)) is not None:
        return _left_out(node.children[index], value)
    return 0
