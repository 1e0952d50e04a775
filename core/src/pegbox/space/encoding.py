"""Configurations as JSON data for the store, and back into the very objects of the space.

What values look like is `pegbox.space.values`. An ``$object`` marker here holds the ``path`` of
the parameter, constant or function that the object belongs to, and the ``index`` of a category.
That of a function's object has the ``seed`` and the ``branches`` that it was derived with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pegbox.space.derived import Resolution
from pegbox.space.nodes import (
    Branches,
    Constant,
    Derived,
    DictNode,
    Leaf,
    Node,
    Parameter,
    SequenceNode,
    fresh,
)
from pegbox.space.values import Missing, decode_value, encode_value, is_atom, join_pairs

__all__ = ["Origin", "decode_config", "encode_config"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a configuration came from.

    Attributes:
        branches: Path to index of the choices made in it (`pegbox.space.matching.branches_in`).
    """

    point: Mapping[str, float | int]
    seed: int
    branches: Mapping[str, int]


def encode_config(root: DictNode, config: Mapping[str, Any], origin: Origin) -> Any:
    """A configuration as JSON data; see `pegbox.space.Space.encode_config`."""
    return _encode(root, config, origin)


def decode_config(root: DictNode, leaves: Mapping[str, Leaf], encoded: Any) -> dict[str, Any]:
    """The configuration of `encode_config`; see `pegbox.space.Space.decode_config`.

    Args:
        root: The whole space.
        leaves: Its leaves by path.
        encoded: JSON data.
    """
    derived: list[Mapping[str, Any]] = []

    def find(marker: Mapping[str, Any]) -> Any:
        node = leaves.get(marker.get("path", ""))
        if isinstance(node, Derived) and node.source is not None:
            derived.append(marker)
            return node
        return _object(node, marker)

    config = decode_value(encoded, find)
    if derived:
        config = _derive_again(root, config, derived[0])
    assert isinstance(config, dict)
    return config


def _encode(node: Node | None, value: Any, origin: Origin) -> Any:
    if is_atom(value):
        return value
    if isinstance(node, DictNode) and isinstance(value, Mapping):
        children = node.children
        return join_pairs(
            (key, _encode(children.get(key), item, origin)) for key, item in value.items()
        )
    if isinstance(node, SequenceNode) and type(value) is node.make:
        nodes = node.children if len(node.children) == len(value) else (None,) * len(value)
        items = [_encode(child, item, origin) for child, item in zip(nodes, value, strict=True)]
        return items if node.make is list else {"$tuple": items}
    if isinstance(node, Branches) and node.path in origin.branches:
        return _encode(node.children[origin.branches[node.path]], value, origin)
    return encode_value(value, _where(node, value, origin))


def _where(node: Node | None, value: Any, origin: Origin) -> dict[str, Any]:
    """What lets `decode_config` find the object again."""
    if node is None:
        return {}
    if isinstance(node, Derived):
        where = {"path": node.path, "seed": origin.seed}
        return {**where, "branches": dict(origin.branches)} if origin.branches else where
    if not isinstance(node, Parameter):
        return {"path": node.path}
    values = getattr(node.domain, "values", ())
    coded = origin.point.get(node.path)
    if isinstance(coded, int) and 0 <= coded < len(values) and values[coded] is value:
        return {"path": node.path, "index": coded}
    # A scheduler may have put another category in; objects are told apart by identity.
    index = next((i for i, known in enumerate(values) if known is value), None)
    return {"path": node.path} if index is None else {"path": node.path, "index": index}


def _object(node: Leaf | None, marker: Mapping[str, Any]) -> Any:
    if isinstance(node, Constant) and not isinstance(node.value, Missing):
        return fresh(node.value)
    if isinstance(node, Parameter) and "index" in marker:
        values = getattr(node.domain, "values", ())
        if marker["index"] < len(values):
            return values[marker["index"]]
    return Missing.from_marker(marker)


def _derive_again(root: DictNode, config: Any, marker: Mapping[str, Any]) -> Any:
    """Call the functions whose objects were not stored, on the values that were."""
    known: dict[str, Any] = dict(marker.get("branches", {}))
    _collect(root, config, known)
    return _filled(config, Resolution(root, known, marker.get("seed", 0)))


def _collect(node: Node, value: Any, known: dict[str, Any]) -> None:
    """Path to value of what is known; the indices of branches are there already."""
    if isinstance(node, DictNode):
        for key, child in node.children.items():
            _collect(child, value[key], known)
    elif isinstance(node, SequenceNode):
        for child, item in zip(node.children, value, strict=True):
            _collect(child, item, known)
    elif isinstance(node, Branches):
        _collect(node.children[known[node.path]], value, known)
    elif not isinstance(node, Constant) and not isinstance(value, Derived):
        known[node.path] = value


def _filled(value: Any, resolution: Resolution) -> Any:
    if isinstance(value, Derived):
        return resolution.derive(value)
    if type(value) is dict:
        return {key: _filled(item, resolution) for key, item in value.items()}
    if type(value) is list or type(value) is tuple:
        return type(value)(_filled(item, resolution) for item in value)
    return value
