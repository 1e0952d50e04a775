"""pegbox's domains as Optuna's distributions; categories by index."""

from __future__ import annotations

from typing import Any, Final

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from pegbox.errors import UnsupportedSpace

__all__ = ["to_distribution"]

_LARGEST_INT: Final = 2**53


def to_distribution(path: str, domain: Any) -> BaseDistribution:
    """Optuna's distribution for a domain.

    Args:
        path: The parameter's flat path, for messages.
        domain: One of `pegbox.space`.

    Raises:
        UnsupportedSpace: Optuna has nothing like it.
    """
    if domain.kind == "choice":
        return CategoricalDistribution(range(domain.size))
    if domain.kind not in ("float", "int"):
        raise UnsupportedSpace(
            f"parameter {path!r}: Optuna takes no domain of the kind {domain.kind!r}",
            hint="It takes float, int and choice; write a grid as a choice, or use the searcher "
            '"grid" or "random".',
        )
    return _numeric(path, domain)


def _numeric(path: str, domain: Any) -> BaseDistribution:
    whole = domain.kind == "int"
    if domain.log and domain.step != (1 if whole else None):
        raise UnsupportedSpace(
            f"parameter {path!r}: Optuna cannot combine log with step={domain.step}",
            hint="Leave out one of them.",
        )
    if not whole:
        return FloatDistribution(domain.lower, domain.upper, log=domain.log, step=domain.step)
    if max(abs(domain.lower), abs(domain.upper)) > _LARGEST_INT:
        raise UnsupportedSpace(
            f"parameter {path!r}: Optuna computes with floats, which do not tell whole numbers "
            f"beyond 2**53 apart, got {domain.lower} to {domain.upper}",
            hint="Use a smaller range, or a float.",
        )
    return IntDistribution(domain.lower, domain.upper, log=domain.log, step=domain.step)
