"""What Optuna prints about itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import optuna

__all__ = ["quiet"]


@contextmanager
def quiet() -> Iterator[None]:
    """Without Optuna's line about a new study; the user's verbosity stays as it was."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(verbosity, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
