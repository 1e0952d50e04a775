"""What is known of plugins that are not installed: who brings them, and Ray Tune's names for them.

Only for sentences. Strangers' packages need no entry: they are found by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["KNOWN_CLASSES", "KNOWN_PACKAGES", "NOT_YET"]

#: Role to name to distribution.
KNOWN_PACKAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "searcher": {
        "optuna": "pegbox-optuna",
        "hyperopt": "pegbox-hyperopt",
        "skopt": "pegbox-skopt",
        "scikit_optimize": "pegbox-skopt",
        "bayesopt": "pegbox-bayesopt",
        "ax": "pegbox-ax",
    },
    "scheduler": {"pb2": "pegbox-pb2"},
    "syncer": {},
    "callback": {"tensorboard": "pegbox-tensorboard", "mlflow": "pegbox-mlflow"},
}

#: Role to name of what Ray Tune has, and this release has not.
NOT_YET: Final[Mapping[str, frozenset[str]]] = {
    "searcher": frozenset({"bohb", "hebo", "nevergrad", "zoopt"}),
    "scheduler": frozenset(
        {
            *("hyperband", "hb_bohb", "median_stopping_rule", "medianstopping"),
            *("pbt", "pbt_replay", "resource_changing"),
        }
    ),
    "syncer": frozenset(),
    "callback": frozenset({"wandb", "comet", "aim"}),
}

#: Role to the name of a class, as Ray Tune's users import it, to the name of the plugin.
KNOWN_CLASSES: Final[Mapping[str, Mapping[str, str]]] = {
    "searcher": {
        "OptunaSearch": "optuna",
        "HyperOptSearch": "hyperopt",
        "SkOptSearch": "skopt",
        "BayesOptSearch": "bayesopt",
        "AxSearch": "ax",
        "TuneBOHB": "bohb",
        "HEBOSearch": "hebo",
        "NevergradSearch": "nevergrad",
        "ZOOptSearch": "zoopt",
    },
    "scheduler": {
        "HyperBandScheduler": "hyperband",
        "HyperBandForBOHB": "hb_bohb",
        "MedianStoppingRule": "median_stopping_rule",
        "PopulationBasedTraining": "pbt",
        "PopulationBasedTrainingReplay": "pbt_replay",
        "PB2": "pb2",
        "ResourceChangingScheduler": "resource_changing",
        "DistributeResources": "resource_changing",
        "DistributeResourcesToTopJob": "resource_changing",
    },
    "callback": {
        "TBXLoggerCallback": "tensorboard",
        "MLflowLoggerCallback": "mlflow",
        "WandbLoggerCallback": "wandb",
        "CometLoggerCallback": "comet",
        "AimLoggerCallback": "aim",
    },
}
