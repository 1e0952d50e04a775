"""How a ``sample_from`` function reads the other parameters: on demand, in any order.

A function is handed a read-only view of the configuration. What it reads is resolved at that
moment, so the order in which parameters are written does not matter; a circle is refused.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pegbox.errors import ConfigError
from pegbox.jsonvalue import MOST_LEVELS
from pegbox.nearest import nearest_name
from pegbox.scalars import unpacked
from pegbox.space.domain import Domain
from pegbox.space.functions import SampleFrom
from pegbox.space.nodes import Branches, Constant, Derived, DictNode, Parameter, SequenceNode
from pegbox.text import shown

__all__ = ["Resolution"]


class Resolution:
    """One configuration in the making; a `pegbox.space.nodes.Builder`.

    Args:
        root: The whole space.
        values: Path to value of what is known; derived values are added to it.
        seed: Seeds the generator of functions that take one.
    """

    __slots__ = ("_open", "_root", "_seed", "values")

    def __init__(self, root: DictNode, values: dict[str, Any], seed: int) -> None:
        self.values = values
        self._root = root
        self._seed = seed
        self._open: dict[str, None] = {}

    def derive(self, node: Derived) -> Any:
        """The value of a ``sample_from``, computed once.

        Raises:
            ConfigError: The function raised, is missing, or needs its own value.
        """
        if node.path in self.values:
            return self.values[node.path]
        if node.path in self._open:
            self._refuse_circle(node.path)
        self._open[node.path] = None
        try:
            value = _settled(self._call(node), 0)
        except RecursionError:
            raise ConfigError(
                f"the sample_from function of {node.path!r} gave a value that contains itself, or "
                f"is nested more than {MOST_LEVELS} levels deep",
                hint="Return what the trial needs, in fewer levels.",
            ) from None
        finally:
            del self._open[node.path]
        _check_derived(value, node.path)
        self.values[node.path] = value
        return value

    def shown(self, part: Any) -> Any:
        """A part of the configuration as functions see it: dicts and lists as lazy views."""
        if isinstance(part, DictNode):
            return _View(self, part.children)
        if isinstance(part, SequenceNode):
            return _ListView(self, part)
        if isinstance(part, Branches):
            return self.shown(part.children[self.values[part.path]])
        if isinstance(part, Constant | Parameter | Derived):
            part = part.build(self)
        return _View(self, part) if type(part) is dict else part

    def _call(self, node: Derived) -> Any:
        source = node.source
        if source is None:
            raise ConfigError(
                f"the function of {node.path!r} ({node.text}) is not stored",
                hint="Pass param_space again.",
            )
        view = _Spec(self, self._root.children)
        arguments = (view, random.Random(f"{self._seed}/{node.path}"))[: source.arity]
        try:
            return source.function(*arguments)
        except ConfigError:
            raise
        except Exception as error:
            raise ConfigError(
                f"the sample_from function of {node.path!r} raised {type(error).__name__}: {error}",
                hint="It is called with the other parameters of the trial; the traceback above "
                "shows where it stopped.",
            ) from error

    def _refuse_circle(self, path: str) -> None:
        waiting = list(self._open)
        circle = [*waiting[waiting.index(path) :], path]
        raise ConfigError(
            f"sample_from functions need each other's values: {' -> '.join(circle)}",
            hint="Compute one of them from parameters that do not depend on it.",
        )


class _View(Mapping[str, Any]):
    """A dict of the configuration, read by key or by attribute."""

    __slots__ = ("_children", "_resolution")

    def __init__(self, resolution: Resolution, children: Mapping[str, Any]) -> None:
        self._resolution = resolution
        self._children = children

    def __getitem__(self, key: str) -> Any:
        if key not in self._children:
            raise KeyError(self._unknown(key))
        return self._resolution.shown(self._children[key])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._children:
            raise AttributeError(self._unknown(name))
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._children)

    def __len__(self) -> int:
        return len(self._children)

    def __repr__(self) -> str:
        return f"<parameters {', '.join(map(str, self._children))}>"

    def _unknown(self, name: object) -> str:
        near = nearest_name(name, self._children)
        known = f"did you mean {near!r}?" if near else f"there are {list(self._children)}"
        return f"no parameter {name!r}; {known}"


class _Spec(_View):
    """The whole configuration: ``config["a"]``, and Tune's older ``spec.config.a``."""

    __slots__ = ()

    @property
    def config(self) -> _View:
        return _View(self._resolution, self._children)

    def __getitem__(self, key: str) -> Any:
        if key == "config" and key not in self._children:
            return self.config
        return super().__getitem__(key)


class _ListView(Sequence[Any]):
    """A list of the configuration, whose items are resolved when they are read."""

    __slots__ = ("_node", "_resolution")

    def __init__(self, resolution: Resolution, node: SequenceNode) -> None:
        self._resolution = resolution
        self._node = node

    def __getitem__(self, index: Any) -> Any:
        picked = self._node.children[index]
        if isinstance(index, slice):
            return [self._resolution.shown(item) for item in self._node.children[index]]
        return self._resolution.shown(picked)

    def __len__(self) -> int:
        return len(self._node.children)

    def __add__(self, other: Sequence[Any]) -> list[Any]:
        return [*self, *other]

    def __radd__(self, other: Sequence[Any]) -> list[Any]:
        return [*other, *self]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"<list of {len(self)} parameters>"


def _settled(value: Any, level: int) -> Any:
    """What a function gave: views and containers as fresh plain ones, numpy scalars as Python's."""
    if level > MOST_LEVELS:
        raise RecursionError
    if isinstance(value, _View) or type(value) is dict:
        return {key: _settled(item, level + 1) for key, item in value.items()}
    if isinstance(value, _ListView):
        return value._node.make([_settled(item, level + 1) for item in value])
    if type(value) is list or type(value) is tuple:
        return type(value)(_settled(item, level + 1) for item in value)
    return unpacked(value) if type(value).__module__ == "numpy" else value


def _check_derived(value: Any, path: str) -> None:
    grid = type(value) is dict and len(value) == 1 and "grid_search" in value
    if grid or isinstance(value, Domain | SampleFrom):
        raise ConfigError(
            f"the sample_from function of {path!r} gave {shown(value)}, which is not a value",
            hint="Draw from a domain with .sample(), or write it into param_space beside the "
            "function; a grid can only stand there.",
        )
