"""A ``param_space`` as a tree of nodes, from which configurations are built.

Each node knows its flat path and builds its part of a configuration in fresh containers. How the
tree is made is `pegbox.space.parse`, how the functions of ``sample_from`` read the other
parameters `pegbox.space.derived`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pegbox.space.conditions import Condition
from pegbox.space.domain import Domain
from pegbox.space.functions import SampleFrom
from pegbox.space.listed import Listed

__all__ = [
    "Branches",
    "Builder",
    "Constant",
    "Derived",
    "DictNode",
    "Leaf",
    "Node",
    "Parameter",
    "SequenceNode",
    "all_leaves",
    "conditions_in",
    "fresh",
    "join",
    "leaves",
]


class Builder(Protocol):
    """What nodes are built from."""

    @property
    def values(self) -> dict[str, Any]:
        """Path to value, for every parameter and every derived value that is known.

        For `Branches` it is the index of the value.
        """

    def derive(self, node: Derived) -> Any:
        """The value of a ``sample_from``."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is the same in every trial; containers of Python's own are copied."""

    path: str
    value: Any

    def build(self, builder: Builder) -> Any:
        return fresh(self.value)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A domain."""

    path: str
    domain: Domain

    def build(self, builder: Builder) -> Any:
        return builder.values[self.path]


@dataclass(frozen=True, slots=True)
class Branches:
    """A choice or a grid of which some value holds domains: a node for each of its values.

    The path of a value is the path of the choice and the value's index: ``model/0``. No other
    node can have it, for what stands in the place of a choice is a dict or a list only once the
    choice is made.
    """

    path: str
    domain: Listed
    children: tuple[Node, ...]

    def build(self, builder: Builder) -> Any:
        child = self.children[builder.values[self.path]]
        return child.value if isinstance(child, Constant) else child.build(builder)


@dataclass(frozen=True, slots=True)
class Derived:
    """A ``sample_from``. Its function is None in a space that was restored without it."""

    path: str
    source: SampleFrom | None
    text: str

    def build(self, builder: Builder) -> Any:
        return builder.derive(self)


@dataclass(frozen=True, slots=True)
class DictNode:
    """A dict, with a node for each of its values."""

    path: str
    children: Mapping[str, Node]

    def build(self, builder: Builder) -> dict[str, Any]:
        return {key: child.build(builder) for key, child in self.children.items()}


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list or a tuple, with a node for each of its items."""

    path: str
    children: tuple[Node, ...]
    make: Callable[[list[Any]], Any]

    def build(self, builder: Builder) -> Any:
        return self.make([child.build(builder) for child in self.children])


Leaf: TypeAlias = Constant | Parameter | Branches | Derived
Node: TypeAlias = Leaf | DictNode | SequenceNode


def leaves(node: Node) -> Iterator[Leaf]:
    """All nodes that are no dicts or lists, in the order in which they are written.

    It does not look into the values of a choice.
    """
    if isinstance(node, DictNode):
        for child in node.children.values():
            yield from leaves(child)
    elif isinstance(node, SequenceNode):
        for child in node.children:
            yield from leaves(child)
    else:
        yield node


def all_leaves(node: Node) -> Iterator[Leaf]:
    """As `leaves`, with those inside the values of a choice after the choice."""
    for leaf in leaves(node):
        yield leaf
        if isinstance(leaf, Branches):
            for child in leaf.children:
                yield from all_leaves(child)


def conditions_in(node: Node) -> dict[str, Condition]:
    """Path to condition of every parameter that exists only for some value of another."""
    return {
        inner.path: Condition(leaf.path, index)
        for leaf in all_leaves(node)
        if isinstance(leaf, Branches)
        for index, child in enumerate(leaf.children)
        for inner in leaves(child)
        if isinstance(inner, Parameter | Branches)
    }


def fresh(value: Any) -> Any:
    """A copy of dicts, lists and tuples; everything else is the very object."""
    kind = type(value)
    if kind is dict:
        return {key: fresh(item) for key, item in value.items()}
    if kind is list:
        return [fresh(item) for item in value]
    if kind is tuple:
        return tuple([fresh(item) for item in value])
    return value


def join(path: str, key: object) -> str:
    """The path of what stands in a dict or a list."""
    return f"{path}/{key}" if path else str(key)
