"""What is thought of points under way: results are pretended for them, so that they repel.

The library's own `ConstantLiar` does so in a copy of the space in which every parameter has become
a real number (3.4.0), and keeps notes from ask to ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from bayes_opt.acquisition import AcquisitionFunction
from bayes_opt.target_space import TargetSpace
from numpy.typing import NDArray

__all__ = ["LIES", "Liar"]

#: What a point under way is taken to give: what the model expects there (Kriging believer), or of
#: the results known so far the best, the mean or the worst (constant liar). Both by Ginsbourger,
#: Le Riche and Carraro (2010), https://doi.org/10.1007/978-3-642-10701-6_6.
LIES: Final = ("believer", "max", "mean", "min")


class Liar(AcquisitionFunction):
    """An acquisition function as it is with points under way.

    Args:
        base: How a point is chosen then.
        lie: One of `LIES`, or a number: a loss with its sign turned.
        pending: Places of points under way.
    """

    def __init__(
        self, base: AcquisitionFunction, lie: str | float, pending: Iterable[tuple[float, ...]]
    ) -> None:
        super().__init__()
        self._base = base
        self._lie = lie
        self._pending = list(pending)

    def base_acq(self, *args: Any, **kwargs: Any) -> NDArray[np.float64]:
        """That of the acquisition function inside."""
        return np.asarray(self._base.base_acq(*args, **kwargs))

    def suggest(
        self,
        gp: Any,
        target_space: TargetSpace,
        n_random: int = 10_000,
        n_smart: int = 10,
        fit_gp: bool = True,
        random_state: int | np.random.RandomState | None = None,
    ) -> NDArray[np.float64]:
        """A place to try next; ``target_space`` then holds what was pretended, too.

        ``gp`` is a Gaussian process of scikit-learn's.
        """
        if new := [place for place in self._pending if np.array(place) not in target_space]:
            targets = self._pretended(gp, target_space, new)
            for place, target in zip(new, targets, strict=True):
                target_space.register(np.array(place), target)
        self._fit_gp(gp, target_space)
        return np.asarray(
            self._base.suggest(gp, target_space, n_random, n_smart, False, random_state)
        )

    def _pretended(
        self, gp: Any, known: TargetSpace, places: list[tuple[float, ...]]
    ) -> list[float]:
        if self._lie == "believer":
            self._fit_gp(gp, known)
            # What it expects itself teaches it nothing, so the kernel stays as it is.
            gp.set_params(kernel=gp.kernel_, optimizer=None)
            return [float(target) for target in gp.predict(np.array(places))]
        constants = {"max": known.target.max, "mean": known.target.mean, "min": known.target.min}
        lie = constants[self._lie]() if isinstance(self._lie, str) else self._lie
        return [float(lie)] * len(places)
