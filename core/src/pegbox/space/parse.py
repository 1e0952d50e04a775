"""From a ``param_space`` as users write it to the tree of `pegbox.space.nodes`, checked once."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from pegbox.errors import ConfigError
from pegbox.jsonvalue import MOST_LEVELS
from pegbox.space import functions
from pegbox.space.domain import Domain
from pegbox.space.functions import SampleFrom
from pegbox.space.listed import Grid, Listed
from pegbox.space.nodes import (
    Branches,
    Constant,
    Derived,
    DictNode,
    Node,
    Parameter,
    SequenceNode,
    all_leaves,
    join,
)
from pegbox.text import shown

__all__ = ["parse"]


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
        raise ConfigError(
            f"param_space contains itself, or is nested more than {MOST_LEVELS} levels deep",
            hint="Write it flatter, or hand large objects over with pegbox.with_parameters.",
        ) from None


def _node(value: Any, path: str) -> Node:
    if path.count("/") > MOST_LEVELS:
        raise RecursionError
    if isinstance(value, Domain):
        return _parameter(value, path)
    if isinstance(value, SampleFrom):
        return Derived(path, value, shown(value.function))
    if isinstance(value, Mapping):
        if "grid_search" in value:
            return _parameter(_grid(value, path), path)
        return _dict_node(value, path) if all(map(_is_plain_key, value)) else _odd_dict(value, path)
    if type(value) is list or type(value) is tuple:
        children = tuple(_node(item, join(path, i)) for i, item in enumerate(value))
        return SequenceNode(path, children, type(value))
    _check_constant(value, path)
    return Constant(path, value)


def _dict_node(value: Mapping[Any, Any], path: str) -> DictNode:
    children = {}
    for key, item in value.items():
        if not _is_plain_key(key):
            _refuse_key(key, path)
        name = str.__str__(key)
        children[name] = _node(item, join(path, name))
    return DictNode(path, children)


def _odd_dict(value: Mapping[Any, Any], path: str) -> Constant:
    """A dict with keys that make no path, such as ``{0: 1.0, 1: 5.0}``: whole, or not at all."""
    for key, item in value.items():
        if _find(item) is not None:
            _refuse_key(key, path)
    return Constant(path, value)


def _parameter(domain: Domain, path: str) -> Parameter | Branches:
    if not isinstance(domain, Listed) or not any(_find(value) for value in domain.values):
        return Parameter(path, domain)
    children = tuple(
        _node(value, join(path, i)) if _find(value) else Constant(join(path, i), value)
        for i, value in enumerate(domain.values)
    )
    for leaf in (leaf for child in children for leaf in all_leaves(child)):
        if isinstance(leaf, Parameter | Branches) and isinstance(leaf.domain, Grid):
            raise ConfigError(
                f"{path!r} has a grid inside the values of a {domain.kind}",
                hint="A grid is gone through in every trial: write it beside, or a choice inside.",
            )
    return Branches(path, domain, children)


def _find(value: Any, level: int = 0) -> Domain | SampleFrom | None:
    """The first domain or function anywhere inside a value."""
    if isinstance(value, Domain | SampleFrom):
        return value
    if level > MOST_LEVELS:
        raise RecursionError
    if isinstance(value, Mapping):
        if len(value) == 1 and isinstance(value.get("grid_search"), list | tuple):
            return Grid(tuple(value["grid_search"]))
        items = iter(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        items = iter(value)
    else:
        return None
    return next((found for item in items if (found := _find(item, level + 1)) is not None), None)


def _grid(value: Mapping[Any, Any], path: str) -> Grid:
    if len(value) > 1:
        others = [key for key in value if key != "grid_search"]
        raise ConfigError(
            f"{path!r} has the key 'grid_search' beside {shown(others)}",
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


def _is_plain_key(key: object) -> bool:
    return isinstance(key, str) and key != "" and "/" not in key


def _refuse_key(key: object, path: str) -> NoReturn:
    where = f"in {path!r}" if path else "at the top of param_space"
    if key == "":
        raise ConfigError(f"a key {where} is empty", hint="Parameters have names: use one.")
    if isinstance(key, str):
        raise ConfigError(
            f"the key {shown(key)} {where} has a '/', which separates the names of nested "
            "parameters",
            hint="Nest a dict, or use another character.",
        )
    raise ConfigError(
        f"the key {shown(key)} {where} is of type {type(key).__name__}; parameters have names",
        hint=f"Use '{shown(key)}'.",
    )


def _named(value: object) -> str:
    return f"{shown(value)} of type {type(value).__name__}"


_USER_FUNCTIONS: Final[frozenset[Any]] = frozenset(
    getattr(functions, name) for name in functions.__all__ if name != "SampleFrom"
)
