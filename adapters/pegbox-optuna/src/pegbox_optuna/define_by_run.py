"""A space that a function says while it runs: ``trial.suggest_float("lr", 1e-4, 1e-1, log=True)``.

Owns how the function is called, and from what it suggests the values of a trial's configuration.
What it will suggest is not known before, so its values are no part of the run's space: they are
added to each configuration, and at a restore the function is run again on them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FixedTrial
from pegbox import jsonvalue
from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.text import shown

from pegbox_optuna.verbosity import quiet

__all__ = ["DefineByRun", "Suggested"]

#: How often a function is tried out before the run.
_TRIES: Final = 8

#: What Optuna only warns of, and what is refused here.
_WARNED: Final = ("Inconsistent parameter values", "The value .* out of", "Fixed parameter .* out")

_Category = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a function has suggested to one trial.

    Attributes:
        params: By the names that it gave.
        distributions: Likewise.
        config: What the trial's configuration gets: ``params`` and constants, nested at ``/``.
    """

    params: Mapping[str, Any]
    distributions: Mapping[str, BaseDistribution]
    config: Mapping[str, Any]


class DefineByRun:
    """A user's function of a trial.

    Args:
        function: Called with a trial of Optuna's; it may return a dict of constants.

    Attributes:
        names: Top-level names of the values that it gave when it was tried out.
        branches: Names of what it suggested in some of the tries only.
        tried: What it suggested there, by name.

    Raises:
        ConfigError: It raised, returned something else, or suggested what cannot be kept.
    """

    def __init__(self, function: Callable[[optuna.Trial], Mapping[str, Any] | None]) -> None:
        self._function = function
        self._label = f"OptunaSearch(space={getattr(function, '__name__', 'function')})"
        self._elsewhere: Collection[str] = ()
        study = _study()
        tries = [self.suggest(study.ask()) for _ in range(_TRIES)]
        self.names = tuple(dict.fromkeys(name for each in tries for name in each.config))
        self.tried: dict[str, BaseDistribution] = {
            name: distribution
            for each in tries
            for name, distribution in each.distributions.items()
        }
        self.branches = [n for n in self.tried if any(n not in each.params for each in tries)]
        self._known = set(self.tried)

    def refuse_endless(self) -> None:
        """Refuse what has no end of values.

        Raises:
            ConfigError: The function suggests a float without a step.
        """
        for name, tried in self.tried.items():
            if isinstance(tried, FloatDistribution) and tried.step is None:
                raise ConfigError(
                    f"{self._label} suggests the float {name!r} without a step, and brute force "
                    "goes through all values",
                    hint="Give it a step, or take another sampler.",
                )

    def keep_apart(self, names: Collection[str]) -> None:
        """Refuse names that ``param_space`` has, too.

        Args:
            names: Those at its top.

        Raises:
            ConfigError: The function gave one of them when it was tried out.
        """
        self._elsewhere = names
        self._refuse_twice(self.names)

    def suggest(self, trial: optuna.Trial) -> Suggested:
        """Run the function for a new trial.

        Raises:
            ConfigError: As in the constructor.
        """
        before = set(trial.params)
        constants = self._call(trial)
        params = {name: value for name, value in trial.params.items() if name not in before}
        distributions = {name: trial.distributions[name] for name in params}
        return self._suggested(params, distributions, constants)

    def recall(self, config: Mapping[str, Any], number: int) -> Suggested:
        """Run the function again for a trial that it was run for before.

        Args:
            config: What it added to the trial's configuration then; more may be in it.
            number: The trial's.

        Raises:
            ConfigError: The values are not those of the function as it is now.
        """
        trial = FixedTrial(_flat(config), number)
        constants = self._call(trial)
        return self._suggested(trial.params, trial.distributions, constants)

    def check_point(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """A part of a configuration that the user wants to have tried, by the function's names.

        Raises:
            ConfigError: A name is none of the function's, or a value is none of its range.
        """
        flat = _flat(point)
        study = _study()
        study.enqueue_trial(flat)
        suggested = self.suggest(study.ask())
        if strange := [name for name in flat if name not in suggested.params]:
            raise ConfigError(
                f"{self._label} suggests no {strange[0]!r} with {shown(dict(point))}",
                hint=did_you_mean(strange[0], self._known, "Leave it out."),
            )
        return flat

    # ------------------------------------------------------------------ inside

    def _call(self, trial: Any) -> Mapping[str, Any]:
        try:
            with warnings.catch_warnings():
                for begin in _WARNED:
                    warnings.filterwarnings("error", message=begin)
                constants = self._function(trial)
        except Exception as error:
            first_line = str(error).partition("\n")[0]
            raise ConfigError(
                f"{self._label} raised {type(error).__name__}: {first_line}",
                hint="The function says the space and nothing else: what is suggested, each name "
                "once, and a dict of constants.",
            ) from error
        if constants is None:
            return {}
        if not isinstance(constants, Mapping) or not all(isinstance(key, str) for key in constants):
            raise ConfigError(
                f"{self._label} must return a dict of constants or nothing, got {shown(constants)}",
                hint="The function says the space; results come from the trainable.",
            )
        return constants

    def _suggested(
        self,
        params: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
        constants: Mapping[str, Any],
    ) -> Suggested:
        for name, distribution in distributions.items():
            self._check_categories(name, distribution)
        for name in constants:
            if name in params:
                raise ConfigError(
                    f"{self._label} both suggests {name!r} and returns it as a constant",
                    hint="Leave one of them out.",
                )
        try:
            plain = jsonvalue.plain(constants)
        except ConfigError as error:
            raise ConfigError(
                f"{self._label} returned a constant that is no JSON data: {error.message}",
                hint=error.hint,
            ) from None
        config = self._nested({**params, **plain})
        self._refuse_twice(config)
        return Suggested(dict(params), dict(distributions), config)

    def _check_categories(self, name: str, distribution: BaseDistribution) -> None:
        if isinstance(distribution, CategoricalDistribution):
            for category in distribution.choices:
                if not isinstance(category, _Category):
                    raise ConfigError(
                        f"{self._label} suggests among categories of {name!r} {shown(category)}, "
                        "which cannot be stored",
                        hint="Categories are None, bool, int, float or str: suggest a name for "
                        "each, and look up in the trainable what it stands for.",
                    )

    def _nested(self, values: Mapping[str, Any]) -> dict[str, Any]:
        config: dict[str, Any] = {}
        for name, value in values.items():
            *parents, last = name.split("/")
            inner: Any = config
            for parent in parents:
                inner = inner.setdefault(parent, {}) if isinstance(inner, dict) else None
            if not isinstance(inner, dict) or last in inner:
                raise ConfigError(
                    f"{self._label} has {name!r} where another of its names lies already",
                    hint="A / in a name stands for nesting: rename one of them.",
                )
            inner[last] = value
        return config

    def _refuse_twice(self, names: Collection[str]) -> None:
        if twice := [name for name in names if name in self._elsewhere]:
            raise ConfigError(
                f"param_space and {self._label} both have {', '.join(map(repr, twice))}",
                hint="Write each parameter in one of them.",
            )


def _study() -> optuna.Study:
    with quiet():
        return optuna.create_study(sampler=RandomSampler(seed=0))


def _flat(config: Mapping[str, Any], begin: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{begin}{name}/"))
        else:
            found[f"{begin}{name}"] = value
    return found
