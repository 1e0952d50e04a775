"""What is asked of skopt: a model of what is known, and the point that it promises most of.

An optimizer of skopt's is made for every ask: its own generator and its memory of points that it
proposed would make a run that was cut off go on differently.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import fmean
from typing import Any, Final

from pegbox.seeds import derive_seed
from sklearn.base import clone
from skopt import Optimizer
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import WhiteKernel
from skopt.space import Dimension, Space
from skopt.utils import cook_estimator, normalize_dimensions

from pegbox_skopt.settings import Settings

__all__ = ["next_point", "quiet", "settled"]

#: One made-up loss for all points under way, from the known ones.
_CONSTANT_LIARS: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "cl_min": min,
    "cl_mean": fmean,
    "cl_max": max,
}


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings: of a fit that has not converged, of a point that has been tried before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def next_point(
    dimensions: Sequence[Dimension],
    settings: Settings,
    estimator: Any,
    X: Sequence[Any],
    y: Sequence[float],
    under_way: Sequence[Any],
    seed: int,
    *,
    n_points: int = 10_000,
) -> list[Any]:
    """The point that is worth most, in the dimensions' terms.

    Args:
        dimensions: New ones: skopt changes them.
        settings: How to seek.
        estimator: In the place of the settings' own.
        X: Points with a loss.
        y: Their losses.
        under_way: Points without.
        seed: The point follows from this and the other arguments.
        n_points: Among how many random points it begins to look.
    """
    optimizer = Optimizer(
        dimensions,
        base_estimator=estimator,
        n_initial_points=0,
        acq_func=settings.acq_func,
        acq_optimizer=settings.acq_optimizer,
        acq_func_kwargs={"xi": settings.xi, "kappa": settings.kappa},
        acq_optimizer_kwargs={"n_points": n_points},
        random_state=derive_seed(seed, "optimizer"),
    )
    lies = _lies(settings.liar, optimizer, X, y, under_way) if under_way else []
    optimizer.tell([*X, *under_way], [*y, *lies])
    point: list[Any] = optimizer.ask()
    return point


def settled(
    estimator: Any, dimensions: Sequence[Dimension], X: Sequence[Any], y: Sequence[float], seed: int
) -> Any:
    """The estimator for all asks until the next tell: seeded, its kernel fitted where it has one.

    A kernel's search is what takes long. Points under way have no result that it could learn
    from, so it is done without them, once.

    Args:
        estimator: A name or an object.
        dimensions: New ones.
        X: Points, in the dimensions' terms.
        y: Their losses.
        seed: Of the search, and of what an object given by the user draws.
    """
    space = Space(normalize_dimensions(dimensions))
    if estimator == "gp":
        estimator = cook_estimator("GP", space=space, random_state=seed)
    elif not isinstance(estimator, str):
        estimator = _seeded(estimator, seed)
    if not isinstance(estimator, GaussianProcessRegressor):
        return estimator
    fitted = clone(estimator).fit(space.transform(X), y)
    kernel = clone(fitted.kernel_)
    for name, part in kernel.get_params().items():
        # After a fit it is 0 in skopt, and what was found lies aside.
        if isinstance(part, WhiteKernel) and fitted.noise_ is not None:
            kernel.set_params(**{name: WhiteKernel(noise_level=fitted.noise_)})
    return clone(fitted).set_params(kernel=kernel, optimizer=None)


def _lies(
    liar: str, optimizer: Optimizer, X: Sequence[Any], y: Sequence[float], under_way: Sequence[Any]
) -> list[float]:
    """Made-up losses for points under way."""
    if liar in _CONSTANT_LIARS:
        return [_CONSTANT_LIARS[liar](y)] * len(under_way)
    space = optimizer.space
    model = clone(optimizer.base_estimator_).fit(space.transform(X), y)
    lies: list[float] = model.predict(space.transform(under_way)).tolist()
    return lies


def _seeded(estimator: Any, seed: int) -> Any:
    """A copy that draws from a seed wherever it was given none."""
    copied = clone(estimator)
    parts = copied.get_params()
    unset = [name for name in parts if name.endswith("random_state") and parts[name] is None]
    return copied.set_params(**dict.fromkeys(unset, seed))
