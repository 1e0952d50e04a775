"""skopt's estimators: whether one works with what is installed, and one whose kernel is settled.

skopt 0.10 is older than scikit-learn's latest releases, and not all of it runs with each. So an
estimator is tried on three points before a run begins, rather than judged by version numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from typing import Any

from pegbox.errors import ConfigError
from pegbox.seeds import derive_seed
from pegbox.text import shown
from sklearn.base import clone
from skopt import Optimizer
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import WhiteKernel
from skopt.space import Space
from skopt.utils import cook_estimator, normalize_dimensions

from pegbox_skopt.settings import OWNER, Settings

__all__ = ["make_optimizer", "quiet", "rehearse", "settled"]

_SQUARE = [(0.0, 1.0), (0.0, 1.0)]
_TRIED = [[0.1, 0.2], [0.9, 0.5], [0.4, 0.7]]


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings: of a fit that has not converged, of a point that has been tried before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def make_optimizer(
    dimensions: Any, settings: Settings, estimator: Any, seed: int, n_points: int = 10_000
) -> Optimizer:
    """An optimizer that proposes by its model from the first tell on.

    Args:
        dimensions: New ones.
        settings: How to seek.
        estimator: In the place of the settings' own.
        seed: All its points follow from this and what it is told.
        n_points: Among how many random points it begins to look.
    """
    return Optimizer(
        dimensions,
        base_estimator=estimator,
        n_initial_points=0,
        acq_func=settings.acq_func,
        acq_optimizer=settings.acq_optimizer,
        acq_func_kwargs={"xi": settings.xi, "kappa": settings.kappa},
        random_state=derive_seed(seed, "optimizer"),
        acq_optimizer_kwargs={"n_points": n_points},
    )


def rehearse(settings: Settings) -> None:
    """Seek a point with these settings, to see whether they work with what is installed.

    Raises:
        ConfigError: They do not; what is to blame is named.
    """
    given = shown(settings.estimator)
    if not (fault := _fault(settings.estimator, settings.acq_func, settings.acq_optimizer)):
        return
    if bad := _fault(settings.estimator, "EI", "auto"):
        raise ConfigError(
            f"{OWNER}(estimator={given}) does not work with scikit-learn "
            f"{metadata.version('scikit-learn')} and scikit-optimize "
            f"{metadata.version('scikit-optimize')}: {bad}",
            hint=_instead(settings.estimator),
        )
    raise ConfigError(
        f"{OWNER}(acq_func={settings.acq_func!r}, acq_optimizer={settings.acq_optimizer!r}) "
        f"does not work with estimator={given}: {fault}",
        hint='Write acq_func="EI" and acq_optimizer="auto", which work with it.',
    )


def settled(
    estimator: Any, dimensions: Any, X: Sequence[Any], y: Sequence[float], seed: int
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


def _seeded(estimator: Any, seed: int) -> Any:
    """A copy that draws from a seed wherever it was given none."""
    copied = clone(estimator)
    parts = copied.get_params()
    unset = [name for name in parts if name.endswith("random_state") and parts[name] is None]
    return copied.set_params(**dict.fromkeys(unset, seed))


@cache  # what is installed stays the same
def _fault(estimator: Any, acq_func: str, acq_optimizer: str) -> str:
    """What is raised when a point is sought so; empty where it is found."""
    settings = Settings(estimator, acq_func, acq_optimizer, 0.01, 1.96, 0, "random", "cl_mean")
    try:
        with quiet():
            optimizer = make_optimizer(_SQUARE, settings, estimator, 1, n_points=20)
            optimizer.tell(_TRIED, [0.5, 0.2, 0.3])
            optimizer.ask()
    except Exception as error:  # whatever an estimator of the user's raises
        first = next(iter(str(error).splitlines()), "")
        return f"{type(error).__name__}: {first}" if first else type(error).__name__
    return ""


def _instead(estimator: Any) -> str:
    if estimator == "dummy":
        return 'For points at random there is search_alg="random".'
    if isinstance(estimator, str):
        return 'Use estimator="gp", "rf" or "et".'
    return "It has to be a regressor whose predict takes return_std=True; skopt.learning has some."
