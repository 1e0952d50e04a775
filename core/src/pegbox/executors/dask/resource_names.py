"""What the engine and Dask call the same resource: amounts by the names of either."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["dask_names", "engine_names"]


def engine_names(amounts: Mapping[str, float]) -> dict[str, float]:
    """Amounts by the engine's names of resources, from those that Dask has for them."""
    return {("gpu" if name == "GPU" else name): amount for name, amount in amounts.items()}


def dask_names(amounts: Mapping[str, float]) -> dict[str, float]:
    """The same the other way."""
    return {("GPU" if name == "gpu" else name): amount for name, amount in amounts.items()}
