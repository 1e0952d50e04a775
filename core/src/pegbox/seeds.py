"""One seed for a run, and a stream for each component and each trial derived from it."""

from __future__ import annotations

import hashlib

__all__ = ["derive_seed"]


def derive_seed(seed: int, *path: str | int) -> int:
    """A seed of 32 bits for one purpose, independent of all others.

    Args:
        seed: The run's seed.
        path: What it is for, e.g. ``("ask", 7)``; the same path gives the same seed.
    """
    text = "/".join([str(seed), *map(str, path)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
