"""hyperopt's distributions as pegbox's domains."""

from __future__ import annotations

import math
from typing import Any, Final

from hyperopt.pyll.base import Apply, Literal, MissingArgument
from pegbox.errors import ConfigError
from pegbox.space import Domain, Float, Int, Normal
from pegbox.space.numbers import as_int

__all__ = ["probabilities", "to_domain"]

#: How far an exponential may be off, of the number that the user took the logarithm of.
_ROUNDING: Final = 1e-14

#: Distribution to what would do in its place.
_INSTEAD: Final = {
    "lognormal": "Write hp.loguniform, or hp.normal and take the exponential in the trainable.",
    "qlognormal": "Write hp.qloguniform, or hp.qnormal and take the exponential in the trainable.",
}


def to_domain(label: str, node: Apply, *, whole: bool) -> Domain:
    """The domain of what a parameter is drawn from.

    hyperopt's rounding to multiples of a quantum can leave the bounds; here it does not.

    Args:
        label: The parameter's, for messages.
        node: The distribution.
        whole: Whether what is drawn is made a whole number.

    Raises:
        ConfigError: There is none, or its numbers are no numbers; the label is named.
    """
    try:
        return _whole(node) if whole else _real(node)
    except ConfigError as error:
        raise ConfigError(
            f"HyperOptSearch(space=...) cannot use {label!r}: {error.message}", hint=error.hint
        ) from None


def probabilities(node: Apply) -> list[Any]:
    """Of the values of a choice."""
    given = node.arg["p"]
    return [part.obj for part in given.pos_args]


def _whole(node: Apply) -> Domain:
    match node.name:
        case "randint" if node.arg["high"] is MissingArgument:
            return Int(0, as_int(_argument(node, "low"), "upper") - 1)
        case "randint":
            return Int(_argument(node, "low"), as_int(_argument(node, "high"), "high") - 1)
        case "quniform":
            return _steps(Float(_argument(node, "low"), _argument(node, "high")), node)
        case "qloguniform":
            return _steps(_logarithmic(node), node)
    raise ConfigError(
        f"it is a whole number made of hyperopt's {node.name!r}",
        hint="Write hp.randint or hp.uniformint.",
    )


def _real(node: Apply) -> Domain:
    match node.name:
        case "uniform":
            return Float(_argument(node, "low"), _argument(node, "high"))
        case "quniform":
            range_ = Float(_argument(node, "low"), _argument(node, "high"))
            return range_.quantized(_argument(node, "q"))
        case "loguniform":
            return _logarithmic(node)
        case "qloguniform":
            return _logarithmic(node).quantized(_argument(node, "q"))
        case "normal":
            return Normal(_argument(node, "mu"), _argument(node, "sigma"))
        case "qnormal":
            return Normal(*(_argument(node, name) for name in ("mu", "sigma", "q")))
    raise ConfigError(
        f"pegbox has no domain like hyperopt's {node.name!r}",
        hint=_INSTEAD.get(node.name, "Write hp.uniform, hp.loguniform or hp.normal."),
    )


def _logarithmic(node: Apply) -> Float:
    return Float(_exp(_argument(node, "low")), _exp(_argument(node, "high")), log=True)


def _steps(bounds: Float, node: Apply) -> Int:
    """The whole numbers between bounds that are multiples of a quantum."""
    return Int(math.ceil(bounds.lower), math.floor(bounds.upper), log=bounds.log).quantized(
        _argument(node, "q")
    )


def _argument(node: Apply, name: str) -> Any:
    given = node.arg[name]
    if isinstance(given, Literal):
        return given.obj
    raise ConfigError(
        f"its {name!r} is computed from what is drawn",
        hint="Write a number, and compute in the trainable or with sample_from.",
    )


def _exp(logarithm: Any) -> float:
    """The number that the user took the logarithm of: 0.1, where the exponential says 0.1 + 1e-17.

    Raises:
        ConfigError: It is no number, or too large.
    """
    try:
        exact = math.exp(logarithm)
    except (TypeError, OverflowError):
        raise ConfigError(
            f"hyperopt takes the logarithms of the bounds of this range, got {logarithm!r}",
            hint="Write e.g. np.log(1e-4).",
        ) from None
    short = float(f"{exact:.12g}")
    return short if abs(short - exact) <= _ROUNDING * exact else exact
