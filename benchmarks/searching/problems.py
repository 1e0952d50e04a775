"""The problems: spaces with a loss whose least value is known.

Of the real one it is the least that a long search has found. Costs and durations are not theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox import choice, loguniform, randint, uniform

from searching import svr

__all__ = ["PROBLEMS", "Config", "Problem"]

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """A space and what is minimized in it.

    Attributes:
        kind: Of space, in a few words.
        about: What it is, for a reader.
        space: As a user writes it.
        loss: Of a configuration.
        best: A configuration with the least loss.
        least: That loss.
        floor: Smaller regrets count as this one: nobody tunes to the seventh digit, and where
            the least loss was searched for, it is not known better.
    """

    kind: str
    about: str
    space: Mapping[str, Any]
    loss: Callable[[Config], float]
    best: Config
    least: float
    floor: float = 1e-6

    def log_regret(self, loss: float) -> float:
        """The decimal logarithm of how much a loss is above the least one."""
        return math.log10(max(loss - self.least, self.floor))


def _branin(config: Config) -> float:
    """Branin (1972), in the usual form with three minima."""
    x, y = config["x"], config["y"]
    bent = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return float(bent**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


_HEIGHTS: Final = (1.0, 1.2, 3.0, 3.2)
_WIDTHS: Final = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_CENTRES: Final = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def _hartmann(config: Config) -> float:
    """Hartmann's function of six variables (Dixon and Szegö, 1978)."""
    place = [config[f"x{index}"] for index in range(6)]
    return -math.fsum(
        height
        * math.exp(
            -math.fsum(w * (x - c) ** 2 for w, x, c in zip(widths, place, centres, strict=True))
        )
        for height, widths, centres in zip(_HEIGHTS, _WIDTHS, _CENTRES, strict=True)
    )


#: Activation -> loss that it cannot go below, and where it does best: log10 of the rate, layers.
_ACTIVATIONS: Final = {
    "relu": (0.0, -3.0, 5),
    "gelu": (0.02, -3.5, 6),
    "tanh": (0.08, -2.0, 3),
    "sigmoid": (0.3, -1.5, 2),
}


def _mixed(config: Config) -> float:
    """A bowl with ripples for each activation; deeper nets want smaller rates and more dropout."""
    least, rate, layers = _ACTIVATIONS[config["activation"]]
    deeper = config["layers"] - layers
    off = math.log10(config["rate"]) - rate + 0.2 * deeper
    dropped = config["dropout"] - 0.05 * config["layers"]
    return float(least + _rippled(off) + 0.03 * deeper**2 + 2 * dropped**2)


def _conditional(config: Config) -> float:
    """Three kinds of models, one of them with two kernels; the best is not the easiest to tune."""
    model = config["model"]
    if model["kind"] == "linear":
        return 0.3 + _rippled(math.log10(model["penalty"]) + 1)
    if model["kind"] == "forest":
        return float(0.15 + 0.001 * (model["depth"] - 18) ** 2)
    kernel, hard = model["kernel"], math.log10(model["C"]) - 1
    if kernel["name"] == "poly":
        return float(0.2 + _rippled(hard) + 0.03 * (kernel["degree"] - 3) ** 2)
    return 0.03 * hard**2 + 0.5 * _rippled(math.log10(kernel["gamma"]) + 2 + 0.5 * hard)


def _rippled(off: float) -> float:
    """A bowl with its bottom at 0, and some more minima on its sides."""
    return 0.15 * off**2 + 0.04 * (1 - math.cos(6 * off))


PROBLEMS: Final = {
    "branin": Problem(
        "two floats",
        "Branin's function: two floats, three minima",
        {"x": uniform(-5, 10), "y": uniform(0, 15)},
        _branin,
        {"x": math.pi, "y": 2.275},
        0.39788735772973816,
    ),
    "hartmann6": Problem(
        "six floats",
        "Hartmann's function of six floats: six minima, of which one is the least",
        {f"x{index}": uniform(0, 1) for index in range(6)},
        _hartmann,
        {
            "x0": 0.20168951265373836,
            "x1": 0.15001069271431358,
            "x2": 0.47687397422890855,
            "x3": 0.27533243043640346,
            "x4": 0.31165161660001715,
            "x5": 0.65730053388202500,
        },
        -3.322368011415511,
    ),
    "mixed": Problem(
        "floats, an integer and a category",
        "a float, a float by its logarithm, an integer and a category, which act on each other",
        {
            "rate": loguniform(1e-6, 1.0),
            "dropout": uniform(0.0, 0.6),
            "layers": randint(1, 9),
            "activation": choice(list(_ACTIVATIONS)),
        },
        _mixed,
        {"rate": 1e-3, "dropout": 0.25, "layers": 5, "activation": "relu"},
        0.0,
    ),
    "conditional": Problem(
        "nested choices",
        "a choice of three models, each with parameters of its own, one with a choice inside it",
        {
            "model": choice(
                [
                    {"kind": "linear", "penalty": loguniform(1e-6, 1e2)},
                    {"kind": "forest", "depth": randint(2, 33)},
                    {
                        "kind": "svm",
                        "C": loguniform(1e-3, 1e3),
                        "kernel": choice(
                            [
                                {"name": "poly", "degree": randint(2, 7)},
                                {"name": "rbf", "gamma": loguniform(1e-5, 1e1)},
                            ]
                        ),
                    },
                ]
            )
        },
        _conditional,
        {"model": {"kind": "svm", "C": 10.0, "kernel": {"name": "rbf", "gamma": 0.01}}},
        0.0,
    ),
    "svr": Problem(
        "a real one: three floats and an integer",
        "a support vector regression on scikit-learn's diabetes data, four-fold cross-validated: "
        "`C`, `gamma` and `epsilon` by their logarithms, and how many principal components",
        {
            "C": loguniform(1e-2, 1e2),
            "gamma": loguniform(1e-4, 1.0),
            "epsilon": loguniform(1e-3, 1.0),
            "components": randint(1, 11),
        },
        svr.error,
        svr.BEST,
        svr.LEAST,
        floor=1e-4,
    ),
}
