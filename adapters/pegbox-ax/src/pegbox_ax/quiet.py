"""Ax at work: with its own random numbers, on one thread, and without its lines on each ask.

Owns what is set around every call of Ax, and put back after it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["at_work", "import_quietly"]

#: Says at its import that it has found SQLAlchemy.
_TALKER: Final = "ax.storage.sqa_store.with_db_settings_base"


def import_quietly() -> None:
    """Import Ax without the line on storage that it logs then."""
    talker = logging.getLogger(_TALKER)
    talker.addFilter(_nothing)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ax  # noqa: F401
    finally:
        talker.removeFilter(_nothing)


@contextmanager
def at_work(seed: int, verbose: bool) -> Iterator[None]:
    """Surround calls of Ax.

    One thread of torch: the sums, and so the points, are then the same on any number of cores,
    and for what a study is like it is no slower.

    Args:
        seed: Of the generators of Python, numpy and torch, which then go on as they were.
        verbose: Leave Ax's logging and the warnings of what it uses as the user has set them.
    """
    import torch
    from ax.utils.common.logger import ROOT_STREAM_HANDLER
    from ax.utils.common.random import with_rng_seed

    threads, level = torch.get_num_threads(), ROOT_STREAM_HANDLER.level
    torch.set_num_threads(1)
    try:
        with with_rng_seed(seed), warnings.catch_warnings():
            if not verbose:
                warnings.simplefilter("ignore")
                ROOT_STREAM_HANDLER.setLevel(logging.CRITICAL)
            yield
    finally:
        torch.set_num_threads(threads)
        ROOT_STREAM_HANDLER.setLevel(level)


def _nothing(record: logging.LogRecord) -> bool:
    return False
