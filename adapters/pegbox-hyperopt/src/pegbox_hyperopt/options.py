"""The algorithms by name, and what each of them can be told. It does not import hyperopt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from pegbox.argument_checks import nearest, one_of, positive, whole
from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["INITIAL_POINTS", "GAMMA", "Algorithm", "make_algorithm"]

_OWNER: Final = "HyperOptSearch"

#: hyperopt's defaults, and Ray Tune's.
INITIAL_POINTS: Final = 20
GAMMA: Final = 0.25

#: Algorithm to the options that it has beside ``n_initial_points`` and ``gamma``.
_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "tpe": frozenset({"n_EI_candidates", "prior_weight"}),
    "anneal": frozenset({"avg_best_idx", "shrink_coef"}),
    "random": frozenset(),
}

#: Arguments that are no algorithm's, for who misspells them.
_SHARED: Final = ("algorithm", "points_to_evaluate", "evaluated_rewards", "random_state_seed")

#: What hyperopt and others call some arguments.
_OTHER_NAMES: Final = {"n_startup_jobs": "n_initial_points", "seed": "random_state_seed"}

_EXAMPLES: Final = {"prior_weight": 1.0, "shrink_coef": 0.1}


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One of hyperopt's algorithms with its options.

    Attributes:
        initial_points: How many results it waits for before it learns from them.
        gamma: Of TPE: ``gamma * sqrt(n)`` of ``n`` trials count as good.
        options: What hyperopt's ``suggest`` is given beside that, by its own names.
    """

    name: Literal["tpe", "anneal", "random"]
    initial_points: int
    gamma: float
    options: Mapping[str, Any]


def make_algorithm(
    name: str, initial_points: int, gamma: float, options: Mapping[str, Any]
) -> Algorithm:
    """The algorithm of a name, with its options checked.

    Raises:
        ConfigError: An unknown name, an option that the algorithm does not have, or a value that
            it cannot use.
    """
    one_of(_OWNER, "algorithm", name, tuple(_OPTIONS))
    whole(_OWNER, "n_initial_points", initial_points, 1)
    positive(_OWNER, "gamma", gamma, "Write e.g. gamma=0.25.")
    if name != "tpe":
        _refuse_tpes(name, n_initial_points=initial_points != INITIAL_POINTS, gamma=gamma != GAMMA)
    for option, value in options.items():
        if option not in _OPTIONS[name]:
            _refuse_option(name, option)
        _check(option, value)
    kind = cast(Literal["tpe", "anneal", "random"], name)
    return Algorithm(kind, initial_points, gamma, dict(options))


def _refuse_tpes(name: str, **given: bool) -> None:
    for option, changed in given.items():
        if changed:
            _refuse_option(name, option)


def _refuse_option(name: str, option: str) -> None:
    known = _known(name)
    if option in _OTHER_NAMES:
        hint = f"It is called {_OTHER_NAMES[option]} here, as in Ray Tune."
    elif owner := next((other for other in _OPTIONS if option in _known(other)), None):
        hint = f"It is an option of algorithm={owner!r}."
    else:
        hint = nearest(option, known, _SHARED)
    raise ConfigError(f"{_OWNER}: algorithm {name!r} has no option {option!r}", hint=hint)


def _known(name: str) -> Iterable[str]:
    return _OPTIONS[name] | ({"n_initial_points", "gamma"} if name == "tpe" else set())


def _check(option: str, value: Any) -> None:
    if option == "n_EI_candidates":
        whole(_OWNER, option, value, 1)
    elif option == "avg_best_idx":
        # The mean of a geometric distribution that begins with 1; NaN is refused, too.
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 1 <= value < 2**63:
            raise ConfigError(
                f"{_OWNER}(avg_best_idx=...) must be a number from 1, got {shown(value)}",
                hint="Write e.g. avg_best_idx=2.0; 1 stays with the best trial.",
            )
    else:
        positive(_OWNER, option, value, f"Write e.g. {option}={_EXAMPLES[option]}.")
