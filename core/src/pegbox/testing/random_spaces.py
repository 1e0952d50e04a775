"""Spaces of every kind, drawn by a seed: what the kit asks a searcher for points of."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from pegbox.space import (
    choice,
    lograndint,
    loguniform,
    qlograndint,
    qloguniform,
    qrandint,
    qrandn,
    quniform,
    randint,
    randn,
    uniform,
)

__all__ = ["random_space"]

#: How deep choices lie within values of choices.
_DEEPEST: Final = 2


def random_space(seed: int, *, conditions: bool = True) -> dict[str, Any]:
    """A ``param_space`` with two to six parameters, nested, conditional and quantized at will.

    Args:
        seed: The same gives the same space.
        conditions: Whether values of choices may have parameters of their own.
    """
    rng = random.Random(f"space {seed}")
    return _level(rng, rng.randint(2, 4), _DEEPEST if conditions else 0)


def _level(rng: random.Random, width: int, depth: int) -> dict[str, Any]:
    return {f"p{at}": _entry(rng, depth) for at in range(width)}


def _entry(rng: random.Random, depth: int) -> Any:
    kind = rng.choice(_DOMAINS)
    if depth and rng.random() < 0.3:
        return choice([_branch(rng, depth, at) for at in range(rng.randint(2, 3))])
    if depth and rng.random() < 0.2:
        return {"constant": 3, "inner": kind(rng)}
    return kind(rng)


def _branch(rng: random.Random, depth: int, at: int) -> Any:
    if rng.random() < 0.3:
        return f"branch {at}"
    return {"name": at, **_level(rng, rng.randint(1, 2), depth - 1)}


def _uniform(rng: random.Random) -> Any:
    lower = rng.choice([-1e6, -3.5, 0.0, 1e-7, 12.0])
    return uniform(lower, lower + rng.choice([1e-6, 1.0, 7.25, 1e6]))


def _quniform(rng: random.Random) -> Any:
    q = rng.choice([0.1, 0.3, 0.25, 5.0])
    lower = rng.randint(-20, 20)
    return quniform(lower * q, (lower + rng.randint(1, 40)) * q, q)


def _loguniform(rng: random.Random) -> Any:
    lower = 10.0 ** rng.randint(-9, 2)
    return loguniform(lower, lower * 10.0 ** rng.randint(1, 6))


def _qloguniform(rng: random.Random) -> Any:
    q = rng.choice([0.5, 0.05])
    return qloguniform(q * rng.randint(1, 4), q * rng.randint(20, 400), q)


def _randint(rng: random.Random) -> Any:
    lower = rng.choice([-1000, -1, 0, 5])
    return randint(lower, lower + rng.choice([2, 3, 17, 10**6]))


def _qrandint(rng: random.Random) -> Any:
    q = rng.randint(2, 9)
    lower = rng.randint(-5, 5) * q
    return qrandint(lower, lower + rng.randint(1, 30) * q, q)


def _lograndint(rng: random.Random) -> Any:
    return lograndint(rng.randint(1, 9), 10 ** rng.randint(2, 6))


def _qlograndint(rng: random.Random) -> Any:
    q = rng.randint(2, 8)
    return qlograndint(q, q * rng.randint(3, 100), q)


def _randn(rng: random.Random) -> Any:
    return randn(rng.uniform(-10, 10), rng.choice([0.01, 1.0, 50.0]))


def _qrandn(rng: random.Random) -> Any:
    return qrandn(rng.uniform(-10, 10), 2.0, rng.choice([0.5, 0.1]))


def _choice(rng: random.Random) -> Any:
    values: list[Any] = ["relu", None, 3, 0.5, True, (1, 2), [8, 8], {"a": 1}]
    return choice(rng.sample(values, rng.randint(1, 5)))


_DOMAINS: Final[list[Callable[[random.Random], Any]]] = [
    _uniform,
    _quniform,
    _loguniform,
    _qloguniform,
    _randint,
    _qrandint,
    _lograndint,
    _qlograndint,
    _randn,
    _qrandn,
    _choice,
]
