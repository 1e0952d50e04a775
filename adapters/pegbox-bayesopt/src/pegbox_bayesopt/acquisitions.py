"""Acquisition functions of bayesian-optimization: made by name, by Ray Tune's words, or given.

An acquisition function of the library changes from suggestion to suggestion. Here each ask has a
fresh copy, brought to where that ask stands, so that a restore finds it as it was.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bayes_opt.acquisition import (
    AcquisitionFunction,
    ConstantLiar,
    ExpectedImprovement,
    GPHedge,
    ProbabilityOfImprovement,
    UpperConfidenceBound,
)
from pegbox.argument_checks import nearest, one_of
from pegbox.errors import ConfigError
from pegbox.text import shown

from pegbox_bayesopt.pending import LIES, Liar

__all__ = ["ACQUISITIONS", "Acquisition", "make_acquisition"]

#: Arguments that are no acquisition function's, for who misspells them.
_SHARED: Final = (
    *("acquisition", "bounds_transformer", "evaluated_rewards", "liar", "patience"),
    *("points_to_evaluate", "random_search_steps", "random_state", "space", "utility_kwargs"),
)

#: The acquisition functions that have a name here.
ACQUISITIONS: Final[Mapping[str, type[AcquisitionFunction]]] = {
    "ei": ExpectedImprovement,
    "poi": ProbabilityOfImprovement,
    "ucb": UpperConfidenceBound,
}

#: Where the library has none, or a ``kappa`` of 2.576, which explores for most of a short run: with
#: 40 trials of Branin it ended at 0.2 above the least value, in the median of 11 runs, and with 1.0
#: at 0.0004. These do not depend on the unit of what is reported.
_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ei": {"xi": 0.0},
    "poi": {"xi": 0.0},
    "ucb": {"kappa": 1.0},
}

#: Ray Tune's words in ``utility_kwargs`` to the options they are for, by the kind.
_UCB_WORDS: Final = {
    "kappa": "kappa",
    "kappa_decay": "exploration_decay",
    "kappa_decay_delay": "exploration_decay_delay",
}
_WORDS: Final = {"ucb": _UCB_WORDS, "ei": {"xi": "xi"}, "poi": {"xi": "xi"}}
_ALL_WORDS: Final = ("kind", *_UCB_WORDS, "xi")


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a point is chosen, and what is thought of those under way.

    Attributes:
        function: Never used itself.
        lie: One of `pending.LIES`, or a number: a loss with its sign turned.
    """

    function: AcquisitionFunction
    lie: str | float

    def after(self, suggestions: int, pending: Iterable[tuple[float, ...]]) -> Liar:
        """As it stands when it has made so many suggestions, with these places under way.

        Exploration may decay with suggestions.
        """
        function = copy.deepcopy(self.function)
        decay = getattr(function, "decay_exploration", None)
        for number in range(1, suggestions + 1):
            function.i = number
            if decay is not None:
                decay()
        return Liar(function, self.lie, pending)


def make_acquisition(
    acquisition: object,
    liar: str,
    options: Mapping[str, Any],
    utility_kwargs: object = None,
) -> Acquisition:
    """The acquisition function of a name (None: ``"ucb"``) with options, or the one given.

    Raises:
        ConfigError: An unknown name, option or value, options beside an object, or an object that
            cannot be used.
    """
    one_of("BayesOptSearch", "liar", liar, LIES)
    if utility_kwargs is not None:
        acquisition, options = _from_words(acquisition, options, utility_kwargs)
    if acquisition is None or isinstance(acquisition, str):
        return Acquisition(_by_name("ucb" if acquisition is None else acquisition, options), liar)
    if options:
        raise ConfigError(
            f"options {sorted(options)} were given beside the acquisition function {acquisition!r}",
            hint="Give them to its own constructor.",
        )
    return _given(acquisition, liar)


def _given(acquisition: Any, liar: str) -> Acquisition:
    lie: str | float = liar
    if isinstance(acquisition, ConstantLiar):
        acquisition, lie = acquisition.base_acquisition, acquisition.strategy
    if isinstance(acquisition, GPHedge):
        raise ConfigError(
            "BayesOptSearch(acquisition=...) was given GPHedge, which weighs by all candidates "
            "that it ever had; a restore could not bring them back",
            hint=f"Take one of its acquisition functions; names: {', '.join(ACQUISITIONS)}.",
        )
    if not isinstance(acquisition, AcquisitionFunction):
        raise ConfigError(
            "BayesOptSearch(acquisition=...) must be a name or an acquisition function of "
            f"bayesian-optimization, got {shown(acquisition)}",
            hint=f"Names: {', '.join(ACQUISITIONS)}.",
        )
    return Acquisition(acquisition, lie)


def _by_name(name: str, options: Mapping[str, Any]) -> AcquisitionFunction:
    if name not in ACQUISITIONS:
        raise ConfigError(
            f"unknown acquisition function {shown(name)}", hint=nearest(name, ACQUISITIONS)
        )
    known = set(inspect.signature(ACQUISITIONS[name]).parameters) - {"random_state"}
    for option, value in options.items():
        if option not in known:
            raise ConfigError(
                f"acquisition function {name!r} has no option {option!r}",
                hint=nearest(option, known, _SHARED),
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(
                f"acquisition function {name!r} computes with {option!r}, which is {value}",
                hint="Give a finite number.",
            )
    try:
        return ACQUISITIONS[name](**{**_DEFAULTS[name], **options})
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"acquisition function {name!r} refuses {shown(dict(options))}: {error}",
            hint=f"Its options are numbers: {', '.join(sorted(known))}.",
        ) from None


def _from_words(
    acquisition: object, options: Mapping[str, Any], words: object
) -> tuple[str, dict[str, Any]]:
    """Name and options of Ray Tune's ``utility_kwargs``."""
    if acquisition is not None or options:
        raise ConfigError(
            "BayesOptSearch has utility_kwargs and an acquisition function of its own",
            hint="Give acquisition= with its options, and leave utility_kwargs out.",
        )
    if not isinstance(words, Mapping):
        raise ConfigError(
            f"BayesOptSearch(utility_kwargs=...) must be a dict, got {shown(words)}",
            hint='Write e.g. utility_kwargs={"kind": "ucb", "kappa": 2.5}.',
        )
    for word in words:
        if word not in _ALL_WORDS:
            raise ConfigError(
                f"BayesOptSearch(utility_kwargs=...) has {shown(word)}, which is no word of "
                "Ray Tune's",
                hint=nearest(str(word), _ALL_WORDS),
            )
    kind = words.get("kind", "ucb")
    one_of("BayesOptSearch", "utility_kwargs['kind']", kind, tuple(ACQUISITIONS))
    taken = {option: words[word] for word, option in _WORDS[kind].items() if word in words}
    if taken.get("exploration_decay") == 1:  # how the words say that there is none
        del taken["exploration_decay"]
    return kind, taken
