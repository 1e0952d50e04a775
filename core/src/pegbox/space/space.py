"""`Space`: flattens, draws, checks and puts back.

The one module in which points become configurations. It proposes nothing (searchers do), and it
keeps no state from one trial to the next.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NoReturn

from pegbox import jsonvalue
from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.space import description as descriptions
from pegbox.space import encoding
from pegbox.space.conditions import Condition, draw_point, is_active
from pegbox.space.derived import Resolution
from pegbox.space.domain import Domain
from pegbox.space.listed import Grid
from pegbox.space.matching import branches_in, partial_point
from pegbox.space.nodes import (
    Branches,
    Constant,
    Derived,
    DictNode,
    Leaf,
    Node,
    Parameter,
    SequenceNode,
    all_leaves,
    conditions_in,
    join,
    leaves,
)
from pegbox.space.parse import parse
from pegbox.space.places import ABSENT, pick, placed
from pegbox.space.product import product_point, product_size

__all__ = ["Space"]


class Space:
    """What a user wrote as ``param_space``, checked and ready.

    Args:
        param_space: Nested dicts, lists and tuples of constants, domains, grids (also in the form
            ``{"grid_search": [...]}``) and ``sample_from``.

    Attributes:
        domains: Flat path to domain, grids included, in the user's order; a parameter inside the
            value of a choice comes after the choice. Not to be changed.
        conditions: Path to condition of every parameter inside the value of a choice or a grid.
        names: The names in a configuration, outside of all nesting.
        columns: Where the values that vary stand in a configuration, joined by ``/``: how tables
            name them.
        grid_size: How many combinations the grids have; 1 without grids.

    Raises:
        ConfigError: It cannot be used; the path and what was found there are named.
    """

    def __init__(self, param_space: Mapping[str, Any]) -> None:
        self._adopt(parse(param_space))

    @classmethod
    def from_description(
        cls, description: Mapping[str, Any], param_space: Mapping[str, Any] | None = None
    ) -> Space:
        """A space as it was stored.

        Args:
            description: What `describe` gave.
            param_space: The user's, passed again; needed for what `pegbox.space.missing` names.
                Without it, stand-ins that only show their text are in the place of objects.

        Raises:
            ConfigError: ``param_space`` is not the one that was described.
        """
        if param_space is not None:
            space = cls(param_space)
            descriptions.check_same(description, space.describe())
            return space
        space = cls.__new__(cls)
        space._adopt(descriptions.tree_from_description(description))
        return space

    def describe(self) -> dict[str, Any]:
        """The space as JSON data (`pegbox.jsonvalue`); objects and functions by their text."""
        return descriptions.describe(self._root)

    def sample(
        self, rng: random.Random, given: Mapping[str, float | int] | None = None
    ) -> dict[str, float | int]:
        """Draw a point: a value for every parameter that exists in it.

        Args:
            rng: Drawn from for each parameter in turn.
            given: Values that are not drawn, by path; of a grid, as `grid_point` has them.
        """
        return draw_point(self.domains, self.conditions, rng, given or {})

    def grid_point(self, index: int) -> dict[str, int]:
        """The indices of one combination of the grids; the first grid turns fastest.

        Args:
            index: From 0 to ``grid_size - 1``; it goes round beyond.
        """
        return {path: int(at) for path, at in product_point(self._grids, index).items()}

    def point(self, config: Mapping[str, Any]) -> dict[str, float | int]:
        """The point of a configuration, or of a part of one.

        Args:
            config: Nested as the space is, with the values that a trial would get. What is left
                out is not in the point either. Nested names may be joined: ``{"model/lr": 0.1}``.
                Constants may be there if they are the space's; what stands for a ``sample_from``
                does not count, since it is computed.

        Raises:
            ConfigError: A name is unknown, or a value lies outside its domain.
        """
        return partial_point(self._root, config)

    def seen(self, point: Mapping[str, float | int], *, conditions: bool) -> dict[str, float | int]:
        """A point as another searcher expects it.

        Args:
            point: As `conform` gave it.
            conditions: Whether to leave out the parameters that do not exist in it; otherwise
                those that are missing get a value that stands for nothing, always the same.
        """
        if not self.conditions:
            return dict(point)
        if conditions:
            return {p: v for p, v in point.items() if is_active(p, point, self.conditions)}
        return {path: point.get(path, filler) for path, filler in self._fillers.items()}

    def conform(self, point: Mapping[str, Any]) -> dict[str, float | int]:
        """A ``point`` with plain Python values of the right types, in the space's order.

        Parameters that do not exist in the point may be in it or not; they count for nothing.

        Raises:
            ConfigError: A value is missing, unknown or outside; path, value and bounds are named.
        """
        plain: dict[str, float | int] = {}
        for path, domain in self.domains.items():
            if path not in point:
                if is_active(path, plain, self.conditions):
                    self._refuse_paths(point)
                continue
            try:
                plain[path] = domain.conform(point[path])
            except ConfigError as error:
                raise ConfigError(f"parameter {path!r}: {error.message}", hint=error.hint) from None
        if len(plain) != len(point):
            self._refuse_paths(point)
        return plain

    def is_whole(self, point: Mapping[str, float | int]) -> bool:
        """Whether a ``point`` has a value for every parameter that exists in it."""
        return all(path in point or not self._exists(path, point) for path in self.domains)

    def config(self, point: Mapping[str, float | int], seed: int = 0) -> dict[str, Any]:
        """The configuration of a point, in fresh containers; categories are the very objects.

        Args:
            point: As `conform` gives it, grids included.
            seed: Seeds the generator of ``sample_from`` functions that take one.

        Raises:
            ConfigError: A ``sample_from`` function raised, is missing, or needs its own value.
        """
        if self.conditions:
            paths = [path for path in self._readers if self._exists(path, point)]
            values = {path: self._readers[path](point[path]) for path in paths}
        else:
            values = {path: read(point[path]) for path, read in self._readers.items()}
        return self._root.build(Resolution(self._root, values, seed))

    def added(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What a configuration has beside the space: the JSON data among it, by name.

        Args:
            config: As `config` gave it, with what a searcher added or a scheduler changed.
        """
        found: dict[str, Any] = {}
        for name in config:
            if name not in self._root.children:
                with contextlib.suppress(ConfigError):  # an object: no searcher added that
                    found[name] = jsonvalue.plain(config[name])
        return found

    def try_out(self, seed: int) -> None:
        """Put one drawn configuration together, so that mistakes in functions are heard early.

        Args:
            seed: Of the draw.

        Raises:
            ConfigError: A ``sample_from`` function raised, needs its own value by way of others,
                or gave what cannot be a value.
        """
        point = self.sample(random.Random(seed))
        self.encode_config(self.config(point, seed), point, seed)

    def varied(
        self, config: Mapping[str, Any], point: Mapping[str, float | int] | None = None
    ) -> dict[str, Any]:
        """Column to value of everything in a configuration that is not the same in every trial.

        Args:
            config: As `config` gave it, or changed by a scheduler.
            point: Where it came from; tells apart values of a choice that look the same.
        """
        found: dict[str, Any] = {}
        branches = self._branches(config, point or {})
        for leaf, keys in self._varying:
            value = pick(config, keys)
            if value is ABSENT:
                continue
            if isinstance(leaf, Branches):
                _spread(leaf, value, leaf.path, branches, found)
            else:
                found[leaf.path] = value
        return found

    def encode_config(
        self,
        config: Mapping[str, Any],
        point: Mapping[str, float | int] | None = None,
        seed: int = 0,
    ) -> dict[str, Any]:
        """A configuration as JSON data (`pegbox.jsonvalue`), for the store.

        JSON data stands as it is; a tuple, a dict with keys that are no strings, and an object
        become markers (`pegbox.space.values`).

        Args:
            config: As `config` gave it, or changed by a scheduler.
            point: Where it came from; tells apart categories that are one object.
            seed: As given to `config`; kept with derived objects, to derive them again.
        """
        encoded: dict[str, Any] = encoding.encode_config(
            self._root,
            config,
            encoding.Origin(point or {}, seed, self._branches(config, point or {})),
        )
        return encoded

    def decode_config(self, encoded: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration of what `encode_config` gave, ``encoded``.

        Objects are taken from this space; where it was restored without them, a stand-in shows
        their text. A derived object is derived again from the stored values.

        Raises:
            ConfigError: A ``sample_from`` function whose object was not stored raised.
        """
        return encoding.decode_config(self._root, self._leaves, encoded)

    @cached_property
    def places(self) -> Mapping[str, Sequence[Leaf]]:
        """Where values stand in a configuration, joined by ``/`` -> all that may stand there."""
        found: dict[str, list[Leaf]] = {}
        for place, leaf in placed(self._root):
            found.setdefault(place, []).append(leaf)
        return found

    def _adopt(self, root: DictNode) -> None:
        self._root = root
        self.names = frozenset(root.children)
        self._leaves = {leaf.path: leaf for leaf in all_leaves(root)}
        parameters = [p for p in self._leaves.values() if isinstance(p, Parameter | Branches)]
        self.domains: Mapping[str, Domain] = {each.path: each.domain for each in parameters}
        self.conditions: Mapping[str, Condition] = conditions_in(root)
        #: What a configuration is built from: the value of a parameter, the index of a branch.
        self._readers: Mapping[str, Callable[[float | int], Any]] = {
            each.path: int if isinstance(each, Branches) else each.domain.value
            for each in parameters
        }
        self._grids = {p: domain for p, domain in self.domains.items() if isinstance(domain, Grid)}
        self._varying = tuple(
            (leaf, tuple(leaf.path.split("/")))
            for leaf in leaves(root)
            if not isinstance(leaf, Constant)
        )
        self._has_branches = any(isinstance(each, Branches) for each in parameters)
        self.columns: tuple[str, ...] = tuple(
            dict.fromkeys(
                place for leaf, _ in self._varying for place, _ in placed(leaf, leaf.path)
            )
        )
        self.grid_size = product_size(self._grids)

    @property
    def derived(self) -> tuple[str, ...]:
        """Paths of the ``sample_from`` functions, which no searcher sees."""
        return tuple(path for path, leaf in self._leaves.items() if isinstance(leaf, Derived))

    @cached_property
    def _fillers(self) -> Mapping[str, float | int]:
        return {path: domain.draw(random.Random(0)) for path, domain in self.domains.items()}

    def _exists(self, path: str, point: Mapping[str, float | int]) -> bool:
        return is_active(path, point, self.conditions)

    def _branches(
        self, config: Mapping[str, Any], point: Mapping[str, float | int]
    ) -> dict[str, int]:
        return branches_in(self._root, config, point) if self._has_branches else {}

    def _refuse_paths(self, point: Mapping[str, Any]) -> NoReturn:
        for path in point:
            if path not in self.domains:
                raise ConfigError(
                    f"a point has {path!r}, which is no parameter of the space",
                    hint=did_you_mean(path, self.domains, f"It has {list(self.domains)}."),
                )
        lacking = [p for p in self.domains if p not in point and self._exists(p, point)]
        raise ConfigError(
            f"a point lacks a value for {', '.join(map(repr, lacking))}",
            hint="A point has a value for every parameter that exists in it.",
        )


def _spread(
    node: Node, value: Any, place: str, branches: Mapping[str, int], found: dict[str, Any]
) -> None:
    """Put into ``found`` what a value of a choice consists of, constants too: they vary with it."""
    if isinstance(node, Branches) and node.path in branches:
        _spread(node.children[branches[node.path]], value, place, branches, found)
    elif isinstance(node, DictNode) and isinstance(value, Mapping):
        for key, item in value.items():
            _spread(node.children.get(key, node), item, join(place, key), branches, found)
    elif isinstance(node, SequenceNode) and len(value) == len(node.children):
        for i, item in enumerate(value):
            _spread(node.children[i], item, join(place, i), branches, found)
    else:
        found[place] = value
