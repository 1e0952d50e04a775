"""How points are sought: the options of `SkOptSearch`, checked. It imports nothing of skopt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox.argument_checks import one_of, whole
from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["OWNER", "Settings"]

OWNER: Final = "SkOptSearch"

#: The estimators that have a name in skopt. Whether one works depends on scikit-learn's release.
_ESTIMATORS: Final = ("gp", "rf", "et", "gbrt", "dummy")

_ACQUISITIONS: Final = ("EI", "LCB", "PI", "gp_hedge")
#: What skopt has beside them, and why it is not taken.
_NOT_TAKEN: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("EIps", "PIps"),
        "weighs a trial's result by the seconds that it took, which are no part of a result",
    ),
    **dict.fromkeys(
        ("MES", "PVRS"),
        "draws from numpy's global generator, so that its points would not repeat",
    ),
}
_ACQUISITION_OPTIMIZERS: Final = ("auto", "sampling", "lbfgs")
_GENERATORS: Final = ("random", "sobol", "halton", "hammersly", "lhs", "grid")
_LIARS: Final = ("believer", "cl_min", "cl_mean", "cl_max")


@dataclass(frozen=True, slots=True)
class Settings:
    """See the arguments of `pegbox_skopt.SkOptSearch`, which have these names.

    Raises:
        ConfigError: One that there is not, named with the nearest.
    """

    estimator: Any
    acq_func: str
    acq_optimizer: str
    xi: float
    kappa: float
    n_initial_points: int
    initial_point_generator: str
    liar: str

    def __post_init__(self) -> None:
        if isinstance(self.estimator, str):
            object.__setattr__(self, "estimator", self.estimator.lower())
            one_of(OWNER, "estimator", self.estimator, _ESTIMATORS)
        elif not hasattr(self.estimator, "predict"):
            raise ConfigError(
                f"{OWNER}(estimator=...) must be a name or a regressor, got "
                f"{shown(self.estimator)}",
                hint='Write e.g. estimator="gp".',
            )
        _check_acquisition(self.acq_func)
        one_of(OWNER, "acq_optimizer", self.acq_optimizer, _ACQUISITION_OPTIMIZERS)
        _check_from_zero("xi", self.xi)
        _check_from_zero("kappa", self.kappa)
        whole(OWNER, "n_initial_points", self.n_initial_points, 0)
        one_of(OWNER, "initial_point_generator", self.initial_point_generator, _GENERATORS)
        one_of(OWNER, "liar", self.liar, _LIARS)


def _check_acquisition(name: object) -> None:
    if isinstance(name, str) and name in _NOT_TAKEN:
        raise ConfigError(
            f"{OWNER}(acq_func={name!r}) is not taken: it {_NOT_TAKEN[name]}",
            hint="There are EI, LCB, PI and gp_hedge.",
        )
    one_of(OWNER, "acq_func", name, _ACQUISITIONS)


def _check_from_zero(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigError(
            f"{OWNER}({name}=...) must be a number from 0, got {shown(value)}",
            hint=f"Leave {name} out for skopt's own.",
        )
