"""A ``param_space`` as a tree of nodes: parsed and checked once, built into configurations often.

Each node knows its flat path and builds its part of a configuration in fresh containers. How the
functions of ``sample_from`` read the other parameters is `pegbox.space.derived`.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol, TypeAlias

from pegbox.errors import ConfigError
from pegbox.space import functions
from pegbox.space.domains import Domain, Grid
from pegbox.space.functions import SampleFrom

__all__ = [
    "Builder",
    "Constant",
    "Derived",
    "DictNode",
    "Node",
    "Parameter",
    "SequenceNode",
    "fresh",
    "leaves",
    "parse",
]


class Builder(Protocol):
    """What nodes are built from."""

    @property
    def values(self) -> dict[str, Any]:
        """Path to value, for every parameter and every derived value that is known."""

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


Node: TypeAlias = Constant | Parameter | Derived | DictNode | SequenceNode


def parse(param_space: Any) -> DictNode:
    """Check a ``param_space`` and make its tree.

    Raises:
        ConfigError: It cannot be used; the path and what was found there are named.
    """
    if not isinstance(param_space, Mapping):
        raise ConfigError(
            f"param_space must be a dict, got {_named(param_space)}",
            hint='Name each parameter: {"lr": loguniform(1e-4, 1e-1)}.',
        )
    if "grid_search" in param_space and isinstance(param_space["grid_search"], list | tuple):
        raise ConfigError(
            "param_space is a grid_search itself",
            hint='Give the parameter a name: {"name": {"grid_search": [...]}}.',
        )
    try:
        return _dict_node(param_space, "")
    except RecursionError:
        raise ConfigError("param_space contains itself, or is nested too deeply") from None


def leaves(node: Node) -> Iterator[Constant | Parameter | Derived]:
    """All nodes without children, in the order in which they are written."""
    if isinstance(node, DictNode):
        for child in node.children.values():
            yield from leaves(child)
    elif isinstance(node, SequenceNode):
        for child in node.children:
            yield from leaves(child)
    else:
        yield node


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


def _node(value: Any, path: str) -> Node:
    if isinstance(value, Domain):
        return _parameter(value, path)
    if isinstance(value, SampleFrom):
        return Derived(path, value, repr(value.function))
    if isinstance(value, Mapping):
        if "grid_search" in value:
            return _parameter(_grid(value, path), path)
        return _dict_node(value, path) if _has_plain_keys(value) else _odd_dict(value, path)
    if type(value) is list or type(value) is tuple:
        children = tuple(_node(item, f"{path}/{i}") for i, item in enumerate(value))
        return SequenceNode(path, children, type(value))
    _check_constant(value, path)
    return Constant(path, value)


def _dict_node(value: Mapping[Any, Any], path: str) -> DictNode:
    children = {}
    for key, item in value.items():
        if not isinstance(key, str) or "/" in key:
            _refuse_key(key, path)
        name = str.__str__(key)
        children[name] = _node(item, f"{path}/{name}" if path else name)
    return DictNode(path, children)


def _odd_dict(value: Mapping[Any, Any], path: str) -> Constant:
    """A dict with keys that make no path, such as ``{0: 1.0, 1: 5.0}``: whole, or not at all."""
    for key, item in value.items():
        if _find(item) is not None:
            _refuse_key(key, path)
    return Constant(path, value)


def _parameter(domain: Domain, path: str) -> Parameter:
    for value in getattr(domain, "values", ()):
        found = _find(value)
        if found is None:
            continue
        what = "a grid" if isinstance(found, Grid) else f"{found!r}"
        raise ConfigError(
            f"{path!r} has {what} inside the values of a {domain.kind}",
            hint="Values of a choice or a grid are constants for now: write the inner parameter "
            "beside it, and combine the two with sample_from.",
        )
    return Parameter(path, domain)


def _find(value: Any) -> Domain | SampleFrom | None:
    """The first domain or function anywhere inside a value."""
    if isinstance(value, Domain | SampleFrom):
        return value
    if isinstance(value, Mapping):
        if len(value) == 1 and isinstance(value.get("grid_search"), list | tuple):
            return Grid(tuple(value["grid_search"]))
        items = iter(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        items = iter(value)
    else:
        return None
    return next((found for item in items if (found := _find(item)) is not None), None)


def _grid(value: Mapping[Any, Any], path: str) -> Grid:
    if len(value) > 1:
        others = [key for key in value if key != "grid_search"]
        raise ConfigError(
            f"{path!r} has the key 'grid_search' beside {others}",
            hint='{"grid_search": [...]} stands alone, in the place of the value.',
        )
    try:
        return functions.grid_search(value["grid_search"])
    except ConfigError as error:
        raise ConfigError(f"{path!r}: {error.message}", hint=error.hint) from None


def _check_constant(value: Any, path: str) -> None:
    if isinstance(value, type) and issubclass(value, Domain | SampleFrom):
        raise ConfigError(
            f"{path!r} is the class {value.__name__}, not a domain",
            hint=f"Give it its arguments: {value.__name__}(...).",
        )
    if isinstance(value, types.FunctionType) and value in _USER_FUNCTIONS:
        raise ConfigError(
            f"{path!r} is the function {value.__name__}, not a domain",
            hint=f"Call it: {value.__name__}(...).",
        )
    if isinstance(value, tuple | set | frozenset) and _find(value) is not None:
        raise ConfigError(
            f"{path!r} has a domain inside a {type(value).__name__}",
            hint="Domains may stand in dicts, lists and tuples.",
        )


def _has_plain_keys(value: Mapping[Any, Any]) -> bool:
    return all(isinstance(key, str) and "/" not in key for key in value)


def _refuse_key(key: object, path: str) -> NoReturn:
    where = f"in {path!r}" if path else "at the top of param_space"
    if isinstance(key, str):
        raise ConfigError(
            f"the key {key!r} {where} has a '/', which separates the names of nested parameters",
            hint="Nest a dict, or use another character.",
        )
    raise ConfigError(
        f"the key {key!r} {where} is of type {type(key).__name__}; parameters have names",
        hint=f"Use {str(key)!r}.",
    )


def _named(value: object) -> str:
    return f"{value!r} of type {type(value).__name__}"


_USER_FUNCTIONS: Final[frozenset[Any]] = frozenset(
    {
        functions.choice,
        functions.grid_search,
        functions.loguniform,
        functions.randint,
        functions.sample_from,
        functions.uniform,
    }
)
