"""`Space`: flattens, draws, checks and puts back.

The one module in which points become configurations. It proposes nothing (searchers do), and it
keeps no state from one trial to the next.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Mapping
from typing import Any

from pegbox.errors import ConfigError
from pegbox.space import description as descriptions
from pegbox.space import encoding
from pegbox.space.derived import Resolution
from pegbox.space.domains import Domain, Grid, product_point, product_size
from pegbox.space.tree import Constant, DictNode, Parameter, leaves, parse

__all__ = ["Space"]


class Space:
    """What a user wrote as ``param_space``, checked and ready.

    Args:
        param_space: Nested dicts, lists and tuples of constants, domains, grids (also in the form
            ``{"grid_search": [...]}``) and ``sample_from``.

    Attributes:
        domains: Flat path to domain, grids included, in the user's order. Not to be changed.
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

    def sample(self, rng: random.Random) -> dict[str, float | int]:
        """Draw a value for every domain that is not a grid."""
        return {path: draw(rng) for path, draw in self._draws}

    def grid_point(self, index: int) -> dict[str, int]:
        """The indices of one combination of the grids; the first grid turns fastest.

        Args:
            index: From 0 to ``grid_size - 1``; it goes round beyond.
        """
        return {path: int(at) for path, at in product_point(self._grids, index).items()}

    def conform(self, point: Mapping[str, Any]) -> dict[str, float | int]:
        """A point with plain Python values of the right types, in the space's order.

        Raises:
            ConfigError: A value is missing, unknown or outside; path, value and bounds are named.
        """
        if len(point) != len(self.domains):
            self._check_paths(point)
        plain: dict[str, float | int] = {}
        for path, domain in self.domains.items():
            try:
                plain[path] = domain.conform(point[path])
            except KeyError:
                self._check_paths(point)
            except ConfigError as error:
                raise ConfigError(f"parameter {path!r}: {error.message}", hint=error.hint) from None
        return plain

    def config(self, point: Mapping[str, float | int], seed: int = 0) -> dict[str, Any]:
        """The configuration of a point, in fresh containers; categories are the very objects.

        Args:
            point: As `conform` gives it, grids included.
            seed: Seeds the generator of ``sample_from`` functions that take one.

        Raises:
            ConfigError: A ``sample_from`` function raised, is missing, or needs its own value.
        """
        values = {path: domain.value(point[path]) for path, domain in self.domains.items()}
        return self._root.build(Resolution(self._root, values, seed))

    def varied(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Path to value of everything in a configuration that is not constant."""
        found = {path: _pick(config, keys) for path, keys in self._varying}
        return {path: value for path, value in found.items() if value is not _ABSENT}

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
            self._root, config, encoding.Origin(point or {}, seed)
        )
        return encoded

    def decode_config(self, encoded: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration that `encode_config` encoded.

        Objects are taken from this space; where it was restored without them, a stand-in shows
        their text. A derived object is derived again from the stored values.

        Raises:
            ConfigError: A ``sample_from`` function whose object was not stored raised.
        """
        return encoding.decode_config(self._root, self._leaves, encoded)

    def _adopt(self, root: DictNode) -> None:
        self._root = root
        self._leaves = {leaf.path: leaf for leaf in leaves(root)}
        self.domains: Mapping[str, Domain] = {
            leaf.path: leaf.domain for leaf in leaves(root) if isinstance(leaf, Parameter)
        }
        self._grids = {p: domain for p, domain in self.domains.items() if isinstance(domain, Grid)}
        self._draws = tuple(
            (path, domain.sample)
            for path, domain in self.domains.items()
            if not isinstance(domain, Grid)
        )
        self._varying = tuple(
            (path, tuple(path.split("/")))
            for path, leaf in self._leaves.items()
            if not isinstance(leaf, Constant)
        )
        self.grid_size = product_size(self._grids)

    def _check_paths(self, point: Mapping[str, Any]) -> None:
        for path in point:
            if path not in self.domains:
                near = difflib.get_close_matches(str(path), list(self.domains), 1)
                raise ConfigError(
                    f"a point has {path!r}, which is no parameter of the space",
                    hint=f"Did you mean {near[0]!r}?" if near else f"It has {list(self.domains)}.",
                )
        lacking = [path for path in self.domains if path not in point]
        if lacking:
            raise ConfigError(
                f"a point lacks a value for {', '.join(map(repr, lacking))}",
                hint="A point has a value for every parameter of the space.",
            )


_ABSENT = object()


def _pick(config: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if isinstance(config, list | tuple):
            config = config[int(key)] if int(key) < len(config) else _ABSENT
        else:
            config = config.get(key, _ABSENT) if isinstance(config, Mapping) else _ABSENT
    return config
