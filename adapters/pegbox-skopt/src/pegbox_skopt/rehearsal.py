"""Whether skopt works as it is to be used, with what is installed beside it.

skopt 0.10 is older than scikit-learn's latest releases, and not all of it runs with each. So a
point is sought among three before a run begins, rather than judging by version numbers.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.text import shown
from skopt.space import Real

from pegbox_skopt.model import next_point, quiet
from pegbox_skopt.settings import OWNER, Settings

__all__ = ["rehearse"]

_POINTS: Final = [[0.1, 0.2], [0.9, 0.5], [0.4, 0.7]]
_LOSSES: Final = [0.5, 0.2, 0.3]
_UNDER_WAY: Final = [[0.3, 0.3]]

#: Characters of another library's message that are shown.
_MOST_SAID: Final = 120


def rehearse(settings: Settings) -> None:
    """Seek a point with these settings.

    Raises:
        ConfigError: They do not work; what is to blame is named.
    """
    given = shown(settings.estimator)
    # An object may change between two runs, and need not be hashable.
    look = _fault if isinstance(settings.estimator, str) else _fault.__wrapped__
    if not (fault := look(settings.estimator, settings.acq_func, settings.acq_optimizer)):
        return
    if bad := look(settings.estimator, "EI", "auto"):
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


@cache  # what is installed stays the same
def _fault(estimator: Any, acq_func: str, acq_optimizer: str) -> str:
    """What is raised when a point is sought so; empty where it is found."""
    settings = Settings(estimator, acq_func, acq_optimizer, 0.01, 1.96, 0, "random", "believer")
    square = [Real(0.0, 1.0), Real(0.0, 1.0)]
    try:
        with quiet():
            next_point(square, settings, estimator, _POINTS, _LOSSES, _UNDER_WAY, 1, n_points=20)
    except Exception as error:  # whatever an estimator of the user's raises
        return f"{type(error).__name__}: {_short(' '.join(str(error).split()))}"
    return ""


def _short(text: str) -> str:
    """What scikit-learn says: an estimator and all its arguments, or what to do, at length."""
    return text if len(text) <= _MOST_SAID else f"{text[:60]} ... {text[-50:]}"


def _instead(estimator: Any) -> str:
    if estimator == "dummy":
        return 'For points at random there is search_alg="random".'
    if isinstance(estimator, str):
        return 'Use estimator="gp", "rf" or "et".'
    return "It has to be a regressor whose predict takes return_std=True; skopt.learning has some."
