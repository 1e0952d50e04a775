"""Which of our own packages brings which name, for the sentence that says how to install it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["KNOWN_PACKAGES"]

#: Role to name to distribution. Strangers' packages need no entry: they are found by themselves.
KNOWN_PACKAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "searcher": {
        "optuna": "pegbox-optuna",
        "hyperopt": "pegbox-hyperopt",
        "skopt": "pegbox-skopt",
        "scikit-optimize": "pegbox-skopt",
        "bayesopt": "pegbox-bayesopt",
        "ax": "pegbox-ax",
    },
    "scheduler": {"pb2": "pegbox-pb2"},
    "syncer": {},
    "callback": {"tensorboard": "pegbox-tensorboard", "mlflow": "pegbox-mlflow"},
}
