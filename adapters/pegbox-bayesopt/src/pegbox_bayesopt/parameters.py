"""pegbox's domains as parameters of bayesian-optimization, all in the unit cube.

Its Gaussian process has one length scale for all parameters, so ranges of different widths would
not be told apart; here each is 0 to 1 wide. Numbers that are not real and categories are rounded
inside the kernel (Garrido-Merchán and Hernández-Lobato, 2020, https://arxiv.org/abs/1805.03463),
as the library's own parameters do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from bayes_opt.parameter import BayesParameter, CategoricalParameter, FloatParameter
from numpy.typing import NDArray
from pegbox.errors import UnsupportedSpace
from pegbox.space import Choice, Domain, Float, Int
from pegbox.space.presented import form_of
from pegbox.space.unit_cube import from_unit, to_unit

__all__ = ["Categories", "Range", "Steps", "to_parameters"]

#: Where a float lies in its range is known to so many digits: what the core's own mappings lose
#: by rounding must not make a point another one.
_DIGITS: Final = 12

#: More steps than this are drawn as real numbers; numpy draws no larger integers.
_COUNTED: Final = 2**31


class Range(FloatParameter):
    """A range of real numbers.

    Args:
        name: Its path.
        domain: Without logarithm and step.
        window: The part of the unit interval that is searched.
    """

    def __init__(self, name: str, domain: Float, window: tuple[float, float] = (0.0, 1.0)) -> None:
        super().__init__(name, window)
        self._domain = domain

    def to_float(self, value: float) -> float:
        """A value's place in the range, 0 to 1."""
        return round(to_unit(self._domain, value), _DIGITS)

    def to_param(self, value: float | NDArray[Any]) -> float:
        """The value at a place."""
        return from_unit(self._domain, round(float(np.ravel(value)[0]), _DIGITS))


class Steps(BayesParameter):
    """Whole numbers, at even distances between 0 and 1."""

    def __init__(self, name: str, domain: Int) -> None:
        super().__init__(name, np.array([0.0, 1.0]))
        self._domain = domain
        self._steps = domain.upper - domain.lower

    @property
    def is_continuous(self) -> bool:
        """True, so that the acquisition function is climbed from its best samples.

        For anything else the library takes differential evolution over all parameters: for four
        of them 2 seconds an ask, for nine 15, and no better a point (measured, 3.4.0).
        """
        return True

    @property
    def dim(self) -> int:
        """One number."""
        return 1

    def random_sample(
        self, n_samples: int, random_state: np.random.RandomState | int | None
    ) -> NDArray[np.float64]:
        """Places of numbers, each as likely as another."""
        if self._steps > _COUNTED:
            return np.asarray(super().random_sample(n_samples, random_state))
        assert isinstance(random_state, np.random.RandomState)
        return random_state.randint(0, self._steps + 1, n_samples) / self._steps

    def to_float(self, value: int) -> float:
        """A number's place."""
        return to_unit(self._domain, value)

    def to_param(self, value: float | NDArray[Any]) -> int:
        """The number nearest to a place."""
        return int(from_unit(self._domain, float(np.ravel(self.kernel_transform(value))[0])))

    def kernel_transform(self, value: float | NDArray[Any]) -> NDArray[np.float64]:
        """Each place as that of the nearest number."""
        return np.asarray(np.round(np.asarray(value) * self._steps) / self._steps)


class Categories(CategoricalParameter):
    """Categories by index, one number for each of them."""

    @property
    def is_continuous(self) -> bool:
        """True, as for `Steps`."""
        return True


def to_parameters(space: Mapping[str, Domain]) -> dict[str, BayesParameter]:
    """Path to parameter, for those that have more than one value.

    Raises:
        UnsupportedSpace: A domain that is no plain range and no choice, named.
    """
    return {path: _to_parameter(path, domain) for path, domain in space.items() if domain.size != 1}


def _to_parameter(path: str, domain: Domain) -> BayesParameter:
    match domain:
        case Float() if form_of(domain) is None:
            return Range(path, domain)
        case Int() if form_of(domain) is None:
            return Steps(path, domain)
        case Choice():
            return Categories(path, range(domain.size))
    raise UnsupportedSpace(
        f"parameter {path!r}: bayesian-optimization has nothing like {domain}",
        hint="It takes float and int without logarithm or step, and choice.",
    )
