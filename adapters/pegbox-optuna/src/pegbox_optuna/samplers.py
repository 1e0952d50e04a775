"""Optuna's samplers: made by name, and seeded anew for every ask."""

from __future__ import annotations

import inspect
import logging
import math
import warnings
from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, GridSampler, QMCSampler
from pegbox.argument_checks import nearest
from pegbox.errors import ConfigError, MissingDependency
from pegbox.seeds import derive_seed
from pegbox.space import Domain
from pegbox.text import shown

from pegbox_optuna.sampler_table import SAMPLERS, Kind, kind_of

__all__ = [
    "check_sampler",
    "generators",
    "make_sampler",
    "report_unmodelled",
    "seed_for_ask",
    "seed_for_run",
]

_logger = logging.getLogger("pegbox")

#: Arguments that are no sampler's, for who misspells them.
_SHARED: Final = ("evaluated_rewards", "points_to_evaluate", "sampler", "seed", "space")

#: What stands where an option's type is written, and what may be given for it.
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
}

#: Options that tell of Optuna's own trials and parameters -> why not, and what does the same here.
_INSTEAD: Final[Mapping[str, tuple[str, str]]] = {
    "constraints_func": (
        "is called with Optuna's trials and does not see what pegbox's report",
        'Write TuneConfig(outcome_constraints=["latency <= 0.2"]).',
    ),
    "source_trials": (
        "takes trials of another of Optuna's studies",
        "Give what is known to Tuner(..., warm_start=...).",
    ),
    "x0": (
        "is a point in Optuna's parameters",
        "Give points of your own space as points_to_evaluate=[...].",
    ),
}

#: From where on Optuna can use options that it does not look at before it computes with them.
_LEAST: Final = {"n_ei_candidates": 1, "n_startup_trials": 0, "popsize": 2}


def make_sampler(sampler: object, options: Mapping[str, Any]) -> BaseSampler:
    """The sampler of a name (None: TPE) with options, or the sampler given.

    Raises:
        ConfigError: An unknown name or option, options beside an object, or no sampler at all.
        MissingDependency: The sampler needs a package that is not installed.
    """
    if sampler is None or isinstance(sampler, str):
        return _by_name("tpe" if sampler is None else sampler, options)
    if not isinstance(sampler, BaseSampler):
        raise ConfigError(
            f"sampler must be a name or one of Optuna's samplers, got {shown(sampler)}",
            hint=f"Names: {', '.join(SAMPLERS)}.",
        )
    if options:
        raise ConfigError(
            f"options {sorted(options)} were given beside the sampler {sampler!r}",
            hint="Give them to the sampler's own constructor.",
        )
    check_sampler(sampler)
    return sampler


def check_sampler(sampler: BaseSampler) -> None:
    """Refuse an object that cannot do its work here, and say what will not repeat.

    Raises:
        ConfigError: It is Optuna's grid, or has a ``constraints_func``.
        MissingDependency: It needs a package that is not installed.
    """
    _require(type(sampler).__name__, kind_of(sampler))
    if isinstance(sampler, GridSampler):
        raise ConfigError(
            "Optuna's GridSampler knows which points it has tried by notes in its own study, which "
            "a restore does not have",
            hint='Use sampler="brute_force", or search_alg="grid" with grid_search([...]).',
        )
    if getattr(sampler, "_constraints_func", None) is not None:
        raise ConfigError(
            f"the sampler {sampler!r} was given a constraints_func, which is called with Optuna's "
            "trials and does not see what pegbox's report",
            hint='Write TuneConfig(outcome_constraints=["latency <= 0.2"]).',
        )
    if not any(generators(sampler)):
        _logger.warning(
            "sampler %r has no random generator that pegbox can seed: its points will not repeat",
            sampler,
        )


def report_unmodelled(
    sampler: BaseSampler, space: Mapping[str, Domain], branches: Collection[str] = ()
) -> None:
    """Say once which parameters a sampler draws at random; Optuna would say it at every ask.

    Args:
        sampler: Of the run.
        space: Flat path to domain.
        branches: What the function of a space suggests to some trials only.
    """
    if branches and not kind_of(sampler).traits.conditions:
        _logger.warning(
            "%s draws at random what is not suggested to every trial: %s",
            *(type(sampler).__name__, ", ".join(map(repr, branches))),
        )
    categories = [path for path, domain in space.items() if domain.kind == "choice"]
    if isinstance(sampler, CmaEsSampler) and categories:
        verb = "is" if len(categories) == 1 else "are"
        named = ", ".join(map(repr, categories))
        _logger.warning("CMA-ES knows no categories: %s %s drawn at random", named, verb)


def seed_for_run(sampler: BaseSampler, seed: int) -> None:
    """Give a sampler the seed of what it draws once for all asks: a scrambled sequence."""
    if isinstance(sampler, QMCSampler):
        sampler._seed = derive_seed(seed, "sequence") % 2**32


def seed_for_ask(sampler: BaseSampler, seed: int) -> None:
    """Seed all generators of a sampler, so that its next draws follow from ``seed`` alone.

    Optuna's public `reseed_rng` takes no seed. All its samplers keep generators in the same way,
    some in samplers of their own, so they are looked up rather than named. A Gaussian process
    begins its fit where the one before has ended, which a restore does not know: it begins anew.
    """
    words = [seed >> shift & 0xFFFFFFFF for shift in range(0, max(seed.bit_length(), 1), 32)]
    for index, generator in enumerate(generators(sampler)):
        generator.seed([*words, index])
    if isinstance(sampler, GPSampler):
        sampler._gprs_cache_list = sampler._constraints_gprs_cache_list = None


def generators(sampler: BaseSampler) -> Iterator[np.random.RandomState]:
    """Every random generator of a sampler and of the samplers in it."""
    for value in vars(sampler).values():
        if isinstance(value, BaseSampler):
            yield from generators(value)
        elif isinstance(rng := getattr(value, "rng", None), np.random.RandomState):
            yield rng


def _by_name(name: str, options: Mapping[str, Any]) -> BaseSampler:
    if name == "grid":
        raise ConfigError(
            'sampler "grid" of Optuna is not taken',
            hint='Use sampler="brute_force", or search_alg="grid" with grid_search([...]).',
        )
    if name not in SAMPLERS:
        raise ConfigError(f"unknown sampler {shown(name)}", hint=nearest(name, SAMPLERS))
    kind = SAMPLERS[name]
    _check_options(name, kind, options)
    _require(name, kind)
    # Where some parameters may be drawn at random, setup says it, once.
    silent = kind.cls in (CmaEsSampler, GPSampler, QMCSampler)
    unsaid = {"warn_independent_sampling": False} if silent else {}
    try:
        with warnings.catch_warnings():
            # Who names a sampler has chosen it.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return kind.cls(**{**unsaid, **options})
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"sampler {name!r} of Optuna refuses {shown(dict(options))}: {error}",
            hint="Its documentation says what each option may be.",
        ) from error


def _check_options(name: str, kind: Kind, options: Mapping[str, Any]) -> None:
    known = dict(inspect.signature(kind.cls).parameters)
    known.pop("seed", None)
    for option, value in options.items():
        if option in known.keys() & _INSTEAD.keys():
            why, instead = _INSTEAD[option]
            raise ConfigError(f"sampler {name!r}: {option} {why}", hint=instead)
        if option not in known:
            raise ConfigError(
                f"sampler {name!r} has no option {option!r}", hint=nearest(option, known, _SHARED)
            )
        what = f"sampler {name!r}: {option}"
        _check_type(what, str(known[option].annotation), value)
        _check_size(what, value, _LEAST.get(option))
        if option == "sigma0" and value is not None and not 0 < value < math.inf:
            raise ConfigError(
                f"{what} must be a finite number above 0, got {value}",
                hint="It is the first standard deviation, each range being 1 wide; 0.17 is usual.",
            )


def _check_type(what: str, written: str, value: Any) -> None:
    """Refuse what Optuna would stumble over only when it is asked."""
    kinds = [kind.strip() for kind in written.split("|")]
    if value is None and "None" in kinds:
        return
    allowed = tuple(each for kind in kinds for each in _TYPES.get(kind, ()))
    known = [kind for kind in kinds if kind != "None"]
    if not allowed or len(known) > 1:
        return
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise ConfigError(
            f"{what} must be {written.replace(' | ', ' or ')}, got {shown(value)}",
            hint="Its documentation says what each option may be.",
        )


def _check_size(what: str, value: Any, least: int | None) -> None:
    if least is not None and isinstance(value, int) and value < least:
        raise ConfigError(
            f"{what} must be a whole number from {least}, got {value}",
            hint="Its documentation says what each option may be.",
        )


def _require(name: str, kind: Kind) -> None:
    if missing := [package for package in kind.needs if find_spec(package) is None]:
        packages = " and ".join(repr(package) for package in missing)
        plural = len(missing) > 1
        raise MissingDependency(
            f"sampler {name!r} of Optuna needs the package{'s' * plural} {packages}, which "
            f"{'are' if plural else 'is'} not installed",
            hint=f"Run `pip install {' '.join(missing)}`.",
        )
