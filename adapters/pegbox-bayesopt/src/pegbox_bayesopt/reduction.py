"""Domain reduction: the bounds of real-valued parameters close in on the best point known.

The library's transformer changes its bounds with each result. Here it is led through all results
anew for every ask, in the order of the trials, so that a restore finds the bounds as they were.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from bayes_opt.domain_reduction import DomainTransformer, SequentialDomainReductionTransformer
from bayes_opt.target_space import TargetSpace
from pegbox.argument_checks import nearest, positive
from pegbox.errors import ConfigError
from pegbox.searcher import Point
from pegbox.space import Domain, Float
from pegbox.text import shown

from pegbox_bayesopt.parameters import Range

__all__ = ["Reduction", "make_transformer"]

_OPTIONS: Final = frozenset(inspect.signature(SequentialDomainReductionTransformer).parameters) - {
    "parameters"
}


def make_transformer(given: object) -> DomainTransformer | None:
    """The transformer that ``bounds_transformer`` asks for.

    Raises:
        ConfigError: It is neither a flag, nor options of the library's own one, nor one itself.
    """
    if given is None or given is False:
        return None
    if isinstance(given, DomainTransformer):
        return given
    options = {} if given is True else given
    if not isinstance(options, Mapping):
        raise ConfigError(
            "BayesOptSearch(bounds_transformer=...) must be True, a dict of options, or a "
            f"transformer of bayesian-optimization, got {shown(given)}",
            hint='Write e.g. bounds_transformer={"minimum_window": 0.5}.',
        )
    for option, value in options.items():
        if option not in _OPTIONS:
            raise ConfigError(
                f"BayesOptSearch(bounds_transformer=...) has no option {shown(option)}",
                hint=nearest(str(option), _OPTIONS),
            )
        if option != "minimum_window":
            example = f'Write e.g. bounds_transformer={{"{option}": 0.7}}.'
            positive("BayesOptSearch", f"bounds_transformer[{option!r}]", value, example)
    return SequentialDomainReductionTransformer(**options)


class Reduction:
    """The bounds of one space.

    Args:
        transformer: Never used itself. A ``minimum_window`` is in the units of the parameters;
            one that is mapped by its logarithm has those of the natural logarithm.
        space: Its parameters of real numbers are narrowed, the others stay as they are.
        random_steps: After as many results it begins.

    Raises:
        ConfigError: The transformer does not fit the space.
    """

    def __init__(
        self, transformer: DomainTransformer, space: Mapping[str, Domain], random_steps: int
    ) -> None:
        self._domains = {p: domain for p, domain in space.items() if isinstance(domain, Float)}
        self._random_steps = random_steps
        try:
            self._transformer = _in_unit_cube(transformer, self._domains)
            self._begun()
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"BayesOptSearch(bounds_transformer=...) does not fit the space: {error}",
                hint="A minimum_window is a number for all parameters of real numbers, or a dict "
                f"of name to number, each within its range. Here they are: "
                f"{', '.join(self._domains) or 'none'}.",
            ) from None

    def bounds(self, observed: Sequence[tuple[Point, float]]) -> dict[str, Range]:
        """The parameters of real numbers, each with the part of it to search now.

        Args:
            observed: Points with what is maximized, in the order of the trials.
        """
        if not self._domains:
            return {}
        space, transformer = self._begun()
        best = self._best(space, observed)
        for number, (point, _) in enumerate(observed):
            place = self._place(space, point)
            if np.array(place) not in space:
                space.register(np.array(place), best[place])
            if number >= self._random_steps:
                space.set_bounds(self._windows(transformer.transform(space)))
        return {path: space.params_config[path] for path in self._domains}

    def _begun(self) -> tuple[TargetSpace, DomainTransformer]:
        space = TargetSpace(None, self._windows({}))
        transformer = copy.deepcopy(self._transformer)
        transformer.initialize(space)
        return space, transformer

    def _windows(self, windows: Mapping[str, Any]) -> dict[str, Range]:
        found = {}
        for path, domain in self._domains.items():
            lower, upper = windows.get(path, (0.0, 1.0))
            found[path] = Range(path, domain, (float(lower), float(upper)))
        return found

    def _best(
        self, space: TargetSpace, observed: Sequence[tuple[Point, float]]
    ) -> dict[tuple[float, ...], float]:
        """Points that differ elsewhere may be the same here."""
        best: dict[tuple[float, ...], float] = {}
        for point, target in observed:
            place = self._place(space, point)
            best[place] = max(target, best.get(place, target))
        return best

    def _place(self, space: TargetSpace, point: Point) -> tuple[float, ...]:
        return tuple(space.params_to_array({path: point[path] for path in self._domains}))


def _in_unit_cube(transformer: DomainTransformer, domains: Mapping[str, Float]) -> Any:
    """A copy whose ``minimum_window`` is a share of each range."""
    own: Any = copy.deepcopy(transformer)
    if isinstance(own, SequentialDomainReductionTransformer):
        windows = _by_path(own.minimum_window_value, list(domains))
        own.minimum_window_value = [
            windows[path] / (domain.upper - domain.lower) for path, domain in domains.items()
        ]
    return own


def _by_path(given: Any, paths: Sequence[str]) -> dict[str, float]:
    if isinstance(given, Mapping):
        if unknown := sorted(set(given) - set(paths)):
            raise ValueError(f"minimum_window names {', '.join(map(repr, unknown))}")
        windows = {path: given.get(path, 0.0) for path in paths}
    else:
        each = [given] * len(paths) if np.ndim(given) == 0 else given
        windows = dict(zip(paths, each, strict=True))
    for path, window in windows.items():
        if not window >= 0:
            raise ValueError(f"minimum_window of {path!r} is {shown(window)}")
    return windows
