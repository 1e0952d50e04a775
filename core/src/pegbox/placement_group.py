"""Ray Tune's way to write what a trial asks for: bundles, of which there is one here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegbox.argument_checks import one_of
from pegbox.errors import ConfigError
from pegbox.resources import Resources
from pegbox.text import shown

__all__ = ["PlacementGroupFactory"]

_STRATEGIES: Final = ("PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD")
#: Bundles are written in Ray's capitals.
_OURS: Final = {"CPU": "cpu", "GPU": "gpu"}
_RAYS: Final = {ours: rays for rays, ours in _OURS.items()}


class PlacementGroupFactory(Resources):
    """What a trial asks for, as one bundle; it is what `Resources` is.

    Args:
        bundles: One dict of amounts by name; ``CPU`` and ``GPU`` mean ``cpu`` and ``gpu``.
        strategy: Where several bundles would be placed. With one bundle it makes no difference.
        *args: Further arguments are refused. ``kwargs``: likewise.

    Raises:
        ConfigError: No bundle or several, an amount that cannot be used, an unknown strategy, or
            further arguments.
    """

    __slots__ = ("_strategy",)

    def __init__(
        self,
        bundles: Sequence[Mapping[str, float]],
        strategy: str = "PACK",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if args or kwargs:
            further = ", ".join([*map(shown, args), *kwargs])
            raise ConfigError(
                f"PlacementGroupFactory takes bundles and strategy, got {further}",
                hint='Write PlacementGroupFactory([{"CPU": 2, "GPU": 1}]).',
            )
        one_of("PlacementGroupFactory", "strategy", strategy, _STRATEGIES)
        super().__init__(_only_bundle(bundles))
        self._strategy = strategy

    @property
    def bundles(self) -> list[dict[str, float]]:
        """The one bundle, in Ray's spelling."""
        return [self.required_resources]

    @property
    def required_resources(self) -> dict[str, float]:
        """Amount by name, in Ray's spelling: ``CPU``, ``GPU``, and custom names as they are."""
        return {_RAYS.get(name, name): amount for name, amount in self.items()}

    @property
    def strategy(self) -> str:
        """As it was given."""
        return self._strategy

    @property
    def head_bundle_is_empty(self) -> bool:
        """Whether the bundle asks for nothing."""
        return not self

    @property
    def head_cpus(self) -> float:
        """Cores that the bundle asks for."""
        return self.get("cpu", 0.0)

    def __reduce__(self) -> tuple[object, tuple[Any, ...]]:
        return PlacementGroupFactory, (self.bundles, self._strategy)

    def __repr__(self) -> str:
        return f"PlacementGroupFactory({self.bundles})"


def _only_bundle(bundles: object) -> dict[str, float]:
    whole = isinstance(bundles, Sequence) and not isinstance(bundles, str)
    if not whole or not all(isinstance(bundle, Mapping) for bundle in bundles):  # type: ignore[attr-defined]
        raise ConfigError(
            f"PlacementGroupFactory takes a list of bundles, got {shown(bundles)}",
            hint='Write e.g. PlacementGroupFactory([{"CPU": 2, "GPU": 1}]).',
        )
    listed: list[Mapping[str, float]] = list(bundles)  # type: ignore[call-overload]
    if len(listed) != 1:
        raise ConfigError(
            f"PlacementGroupFactory takes one bundle for now, got {len(listed)}: {shown(listed)}",
            hint="A trial runs in one process on one worker: put what it needs together into one"
            " bundle, what its child processes use included.",
        )
    return {_ours(name): amount for name, amount in listed[0].items()}


def _ours(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise ConfigError(
            f"a bundle has names of resources as keys, got {shown(name)}",
            hint='Write e.g. PlacementGroupFactory([{"CPU": 2, "GPU": 1}]).',
        )
    return _OURS.get(name, name)
