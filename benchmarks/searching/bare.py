"""The optimizers without pegbox: each in the loop that its own documentation shows.

A space is written as a user of the optimizer would write it: with conditions where it has them,
else flat; with logarithms where it has them, else as a range of the exponent.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from pegbox.space import Choice, Domain, Space, is_active

from searching.measured import Measured

__all__ = ["BARE", "SHIPPED", "Loop", "minimize"]

#: Minimizes a loss, with a seed.
Loop = Callable[[Measured, int], None]


def minimize(loop: Loop, loss: Measured, seed: int) -> None:
    """Run a loop, without what the optimizer says meanwhile."""
    with _quiet():
        loop(loss, seed)


@contextmanager
def _quiet() -> Iterator[None]:
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


# --------------------------------------------------------------------------- Optuna


def _optuna(sampler: str, loss: Measured, seed: int) -> None:
    import optuna

    study = optuna.create_study(sampler=getattr(optuna.samplers, sampler)(seed=seed))
    study.optimize(lambda trial: loss.at(_suggested(trial, loss.space)), n_trials=loss.trials)


def _suggested(trial: Any, space: Space) -> dict[str, float | int]:
    point: dict[str, float | int] = {}
    for path, domain in space.domains.items():
        if is_active(path, point, space.conditions):
            point[path] = _suggest(trial, path, domain)
    return point


def _suggest(trial: Any, path: str, domain: Any) -> float | int:
    if domain.kind == "choice":
        return int(trial.suggest_categorical(path, range(domain.size)))
    if domain.kind == "int":
        return int(trial.suggest_int(path, domain.lower, domain.upper, log=domain.log))
    return float(trial.suggest_float(path, domain.lower, domain.upper, log=domain.log))


# --------------------------------------------------------------------------- hyperopt


def _hyperopt(loss: Measured, seed: int) -> None:
    import hyperopt
    import numpy as np

    hyperopt.fmin(
        lambda found: loss.at(_joined(found)),
        _expressions(loss.space, None),
        algo=hyperopt.tpe.suggest,
        max_evals=loss.trials,
        rstate=np.random.default_rng(seed),
        show_progressbar=False,
        verbose=False,
    )


def _expressions(space: Space, within: tuple[str, int] | None) -> dict[str, Any]:
    """What exists always, or within one value of a choice, with all below."""
    found = {}
    for path, domain in space.domains.items():
        condition = space.conditions.get(path)
        if (condition and (condition.parent, condition.index)) == within:
            found[path] = _expression(space, path, domain)
    return found


def _expression(space: Space, path: str, domain: Any) -> Any:
    from hyperopt import hp

    if domain.kind == "choice":
        values = range(domain.size)
        return hp.choice(
            path, [{path: n, "inside": _expressions(space, (path, n))} for n in values]
        )
    if domain.kind == "int":
        return hp.uniformint(path, domain.lower, domain.upper)
    if domain.log:
        return hp.loguniform(path, math.log(domain.lower), math.log(domain.upper))
    return hp.uniform(path, domain.lower, domain.upper)


def _joined(found: Mapping[str, Any]) -> dict[str, float | int]:
    """The point in what `_expressions` gave."""
    point: dict[str, float | int] = {}
    for path, value in found.items():
        if isinstance(value, Mapping):
            point[path] = int(value[path])
            point |= _joined(value["inside"])
        else:
            point[path] = value
    return point


# --------------------------------------------------------------------------- skopt


def _skopt(acq_func: str, loss: Measured, seed: int) -> None:
    import skopt

    space = loss.space
    skopt.gp_minimize(
        lambda values: loss.at(_plain(space, dict(zip(space.domains, values, strict=True)))),
        [_dimension(domain) for domain in space.domains.values()],
        acq_func=acq_func,
        n_calls=loss.trials,
        n_initial_points=min(10, loss.trials),
        random_state=seed,
    )


def _dimension(domain: Any) -> Any:
    from skopt.space import Categorical, Integer, Real

    if domain.kind == "choice":
        return Categorical(range(domain.size))
    prior = "log-uniform" if domain.log else "uniform"
    return (Integer if domain.kind == "int" else Real)(domain.lower, domain.upper, prior=prior)


# --------------------------------------------------------------------------- bayes_opt


def _bayesopt(kappa: float, initial: int, loss: Measured, seed: int) -> None:
    from bayes_opt import BayesianOptimization
    from bayes_opt.acquisition import UpperConfidenceBound

    domains = loss.space.domains

    def score(**found: Any) -> float:
        return -loss.at(_plain(loss.space, {p: _value(domains[p], v) for p, v in found.items()}))

    optimizer = BayesianOptimization(
        score,
        {path: _bounds(domain) for path, domain in domains.items()},
        UpperConfidenceBound(kappa=kappa),
        random_state=seed,
        verbose=0,
    )
    initial = min(initial, loss.trials)
    optimizer.maximize(init_points=initial, n_iter=loss.trials - initial)


def _bounds(domain: Any) -> Any:
    if domain.kind == "choice":
        return tuple(map(str, range(domain.size)))
    if domain.log:
        return math.log10(domain.lower), math.log10(domain.upper)
    return domain.lower, domain.upper, int if domain.kind == "int" else float


def _value(domain: Any, value: Any) -> Any:
    return 10.0**value if domain.kind != "choice" and domain.log else value


# --------------------------------------------------------------------------- Ax


def _ax(loss: Measured, seed: int) -> None:
    from ax.api.client import Client

    space = loss.space
    names = {path: f"p{index}" for index, path in enumerate(space.domains)}
    client = Client(random_seed=seed)
    client.configure_experiment([_parameter(space, names, path) for path in names])
    client.configure_optimization("-loss")
    for _ in range(loss.trials):
        [(index, found)] = client.get_next_trials(1).items()
        point = {path: found[name] for path, name in names.items() if name in found}
        client.complete_trial(index, {"loss": loss.at(_plain(space, point))})


def _parameter(space: Space, names: Mapping[str, str], path: str) -> Any:
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    domain: Any = space.domains[path]
    if domain.kind != "choice":
        scaling = "log" if domain.log else "linear"
        return RangeParameterConfig(
            names[path], (domain.lower, domain.upper), domain.kind, scaling=scaling
        )
    inside: dict[Any, list[str]] = {}
    for child, condition in space.conditions.items():
        if condition.parent == path:
            inside.setdefault(str(condition.index), []).append(names[child])
    return ChoiceParameterConfig(
        names[path],
        list(map(str, range(domain.size))),
        "str",
        is_ordered=False,
        dependent_parameters=inside or None,
    )


def _plain(space: Space, found: Mapping[str, Any]) -> dict[str, float | int]:
    """A point of the optimizer's, in plain numbers that lie within their domains."""
    return {path: _within(space.domains[path], value) for path, value in found.items()}


def _within(domain: Domain, value: Any) -> float | int:
    if isinstance(domain, Choice):
        return int(value)
    nearest: float | int = domain.nearest(float(value))  # type: ignore[attr-defined]
    return nearest


#: Optimizer -> its loop, with the settings of its adapter.
BARE: Final[Mapping[str, Loop]] = {
    "optuna-tpe": partial(_optuna, "TPESampler"),
    "optuna-gp": partial(_optuna, "GPSampler"),
    "optuna-cmaes": partial(_optuna, "CmaEsSampler"),
    "hyperopt": _hyperopt,
    "skopt": partial(_skopt, "EI"),
    "bayesopt": partial(_bayesopt, 1.0, 10),
    "ax": _ax,
}

#: Optimizer -> its loop with its own defaults, where the adapter's are others.
SHIPPED: Final[Mapping[str, Loop]] = {
    "skopt": partial(_skopt, "gp_hedge"),
    "bayesopt": partial(_bayesopt, 2.576, 5),
}
