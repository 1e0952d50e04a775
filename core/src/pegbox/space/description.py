"""A space as JSON data, so that a run can be taken up again without the user's code.

Objects and functions are described by their ``repr`` alone; `missing` names those that have to be
passed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pegbox import jsonvalue
from pegbox.errors import ConfigError
from pegbox.space.domain_json import LISTED, domain_from_json
from pegbox.space.nodes import (
    Branches,
    Constant,
    Derived,
    DictNode,
    Node,
    Parameter,
    SequenceNode,
    join,
)
from pegbox.space.values import Missing, decode_value, encode_value, lacks_object

__all__ = ["check_same", "describe", "missing", "tree_from_description"]

#: Goes up when the form of a description changes. 2: `Branches`, and domains of the kind normal.
_FORMAT: Final = 2
#: Forms that can be read: what is new in 2 is missing in 1, and nothing else is different.
_READABLE: Final = (1, 2)


def describe(root: DictNode) -> dict[str, Any]:
    """The space as JSON data (`pegbox.jsonvalue`)."""
    return {"format": _FORMAT, "space": _describe(root)}


def tree_from_description(description: Mapping[str, Any]) -> DictNode:
    """The tree of a description; stand-ins where objects and functions were.

    Raises:
        ConfigError: It has another format.
    """
    if description.get("format") not in _READABLE:
        raise ConfigError(
            f"the stored space has format {description.get('format')!r}; "
            f"this version of pegbox reads up to format {_FORMAT}",
            hint="Open it with the version of pegbox that wrote it.",
        )
    node = _tree(description["space"], "")
    assert isinstance(node, DictNode)
    return node


def missing(description: Mapping[str, Any]) -> list[str]:
    """Paths whose objects or functions only the user's code can make again."""
    return [
        path
        for path, leaf in _leaves(description["space"], "")
        if "derived" in leaf or lacks_object(leaf.get("constant", leaf.get("domain")))
    ]


def check_same(stored: Mapping[str, Any], passed: Mapping[str, Any]) -> None:
    """Refuse a ``param_space`` that is not the one that was stored.

    Args:
        stored: The description in the store.
        passed: The description of what the user passed now.

    Raises:
        ConfigError: They differ in more than the objects and functions, which cannot be
            compared; every path is named.
    """
    before = {path: _comparable(leaf) for path, leaf in _leaves(stored["space"], "")}
    now = {path: _comparable(leaf) for path, leaf in _leaves(passed["space"], "")}
    lines = [
        f"{path}: stored {before.get(path, 'nothing')}, passed {now.get(path, 'nothing')}"
        for path in dict.fromkeys([*before, *now])
        if before.get(path) != now.get(path)
    ]
    if lines:
        raise ConfigError(
            "param_space is not the one this experiment was started with:\n    "
            + "\n    ".join(lines),
            hint="Pass the same space, or start a new experiment under another name.",
        )


def _describe(node: Node) -> dict[str, Any]:
    if isinstance(node, DictNode):
        return {"dict": {key: _describe(child) for key, child in node.children.items()}}
    if isinstance(node, SequenceNode):
        kind = "list" if node.make is list else "tuple"
        return {kind: [_describe(child) for child in node.children]}
    if isinstance(node, Parameter):
        return {"domain": node.domain.to_json()}
    if isinstance(node, Branches):
        described = [_describe(child) for child in node.children]
        return {"branches": {"kind": node.domain.kind, "values": described}}
    if isinstance(node, Derived):
        return {"derived": node.text}
    return {"constant": encode_value(node.value, {})}


def _tree(data: Mapping[str, Any], path: str) -> Node:
    ((kind, inner),) = data.items()
    if kind == "dict":
        return DictNode(path, {key: _tree(item, join(path, key)) for key, item in inner.items()})
    if kind in ("list", "tuple"):
        return SequenceNode(path, _trees(inner, path), list if kind == "list" else tuple)
    if kind == "branches":
        children = _trees(inner["values"], path)
        return Branches(path, LISTED[inner["kind"]](tuple(map(_written, children))), children)
    if kind == "domain":
        return Parameter(path, domain_from_json(inner))
    if kind == "derived":
        return Derived(path, None, inner)
    return Constant(path, decode_value(inner, Missing.from_marker))


def _trees(described: Sequence[Mapping[str, Any]], path: str) -> tuple[Node, ...]:
    return tuple(_tree(item, join(path, i)) for i, item in enumerate(described))


def _written(node: Node) -> Any:
    """The value of a choice as the user wrote it, nearly: with the domains that it holds."""
    match node:
        case DictNode():
            return {key: _written(child) for key, child in node.children.items()}
        case SequenceNode():
            return node.make([_written(child) for child in node.children])
        case Parameter() | Branches():
            return node.domain
        case Derived():
            return Missing(node.text)
        case Constant():
            return node.value


def _leaves(data: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    ((kind, inner),) = data.items()
    if kind == "dict" and inner:
        for key, item in inner.items():
            yield from _leaves(item, join(path, key))
    elif kind in ("list", "tuple") and inner:
        for i, item in enumerate(inner):
            yield from _leaves(item, join(path, i))
    elif kind == "branches":
        yield path, {"domain": {"kind": inner["kind"], "size": len(inner["values"])}}
        for i, item in enumerate(inner["values"]):
            yield from _leaves(item, join(path, i))
    else:
        yield path, data


def _comparable(leaf: Mapping[str, Any]) -> str:
    """Text of a leaf without what differs from process to process."""
    return "a function" if "derived" in leaf else jsonvalue.dumps(_without_repr(leaf))


def _without_repr(data: Any) -> Any:
    if isinstance(data, list):
        return [_without_repr(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1 and isinstance(marker := data.get("$object"), dict):
        # The plain value of an object may come from a space that was restored without it.
        return marker.get("value", "an object")
    return {key: _without_repr(item) for key, item in data.items()}
