"""What Optuna prints about itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import optuna

__all__ = ["quiet"]


@contextmanager
def quiet(least: int = optuna.logging.WARNING) -> Iterator[None]:
    """Without Optuna's lines below a level, as the one about a new study.

    The user's verbosity stays as it was.
    """
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(verbosity, least))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
