"""How Ax is to search: the options of `AxSearch`, checked. Knows nothing of a run, nor of Ax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from pegbox.argument_checks import flag, named_value, one_of, positive, whole
from pegbox.errors import ConfigError, MissingDependency
from pegbox.nearest import did_you_mean
from pegbox.text import shown

__all__ = ["Settings", "objective_weights", "refuse_unknown_metrics", "standard_errors"]

_OWNER: Final = "AxSearch"

#: Ax's ways to search, by its own names.
_METHODS: Final = ("fast", "quality", "random_search")

#: What Ax's fully Bayesian models compute with.
_FULLY_BAYESIAN: Final = ("jax", "numpyro")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to search; `AxSearch` says what each means.

    Raises:
        ConfigError: A value that cannot be, named.
        MissingDependency: The method needs packages that are not installed.
    """

    method: str
    initialization_budget: int
    min_observed_initialization_trials: int
    initialize_with_center: bool
    torch_device: str | None
    verbose_logging: bool

    def __post_init__(self) -> None:
        one_of(_OWNER, "method", self.method, _METHODS)
        if self.method == "quality" and not all(map(find_spec, _FULLY_BAYESIAN)):
            raise MissingDependency(
                f'{_OWNER}(method="quality") needs {" and ".join(_FULLY_BAYESIAN)}, which are not '
                "both installed",
                hint="Run `pip install 'botorch[fully_bayesian]'`.",
            )
        for name in ("initialization_budget", "min_observed_initialization_trials"):
            whole(_OWNER, name, getattr(self, name), 0)
        for name in ("initialize_with_center", "verbose_logging"):
            flag(_OWNER, name, getattr(self, name))
        if self.torch_device is not None:
            named_value(_OWNER, "torch_device", self.torch_device, "cuda")


def standard_errors(given: object) -> dict[str, str]:
    """Metric to the name of the value that has its standard error.

    Raises:
        ConfigError: It is no dict of names.
    """
    return _by_metric("standard_errors", given, named_value, '{"loss": "loss_sem"}')


def objective_weights(given: object) -> dict[str, float]:
    """Metric to weight.

    Raises:
        ConfigError: It is no dict of numbers above 0.
    """
    return _by_metric("objective_weights", given, positive, '{"loss": 1.0, "latency": 0.2}')


def refuse_unknown_metrics(name: str, given: Mapping[str, Any], known: Set[str]) -> None:
    """Refuse names that are no metrics of the run.

    Args:
        name: Of the argument.
        given: By metric.
        known: The run's metrics.

    Raises:
        ConfigError: There is one.
    """
    for metric in given.keys() - known:
        hint = did_you_mean(metric, known, f"The run has {sorted(known)}.")
        raise ConfigError(
            f"{_OWNER}({name}=...) has {metric!r}, which is no metric of the run", hint=hint
        )


def _by_metric(
    name: str, given: Any, check: Callable[[str, str, object], None], example: str
) -> dict[str, Any]:
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise ConfigError(
            f"{_OWNER}({name}=...) must be a dict by names of metrics, got {shown(given)}",
            hint=f"Write e.g. {name}={example}.",
        )
    for metric, value in given.items():
        check(_OWNER, f"{name}[{metric!r}]", value)
    return dict(given)
