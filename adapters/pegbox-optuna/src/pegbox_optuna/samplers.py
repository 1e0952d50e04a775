"""Optuna's samplers: made by name, and seeded anew for every ask."""

from __future__ import annotations

import difflib
import inspect
import logging
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from optuna.samplers import BaseSampler, CmaEsSampler, RandomSampler, TPESampler
from pegbox.errors import ConfigError, MissingDependency
from pegbox.text import shown

__all__ = ["SAMPLERS", "make_sampler", "seed_generators"]

#: The samplers that have a name here.
SAMPLERS: Final[Mapping[str, type[BaseSampler]]] = {
    "cmaes": CmaEsSampler,
    "random": RandomSampler,
    "tpe": TPESampler,
}


#: Sampler to the package that it needs beside Optuna.
_NEEDS: Final[Mapping[str, str]] = {"cmaes": "cmaes"}


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
    if not any(_generators(sampler)):
        logging.getLogger("pegbox").warning(
            "sampler %r has no random generator that pegbox can seed: its points will not repeat",
            sampler,
        )
    return sampler


def seed_generators(sampler: BaseSampler, seed: int) -> None:
    """Seed all generators of a sampler, so that its next draws follow from ``seed`` alone.

    Optuna's public `reseed_rng` takes no seed. All its samplers keep generators in the same way,
    some in samplers of their own, so they are looked up rather than named.
    """
    words = [seed >> shift & 0xFFFFFFFF for shift in range(0, max(seed.bit_length(), 1), 32)]
    for index, generator in enumerate(_generators(sampler)):
        generator.seed([*words, index])


def _generators(sampler: BaseSampler) -> Iterator[np.random.RandomState]:
    for value in vars(sampler).values():
        if isinstance(value, BaseSampler):
            yield from _generators(value)
        elif isinstance(rng := getattr(value, "rng", None), np.random.RandomState):
            yield rng


def _by_name(name: str, options: Mapping[str, Any]) -> BaseSampler:
    if name not in SAMPLERS:
        raise ConfigError(f"unknown sampler {shown(name)}", hint=_nearest(name, SAMPLERS))
    known = set(inspect.signature(SAMPLERS[name]).parameters) - {"seed"}
    for option in options:
        if option not in known:
            raise ConfigError(
                f"sampler {name!r} has no option {option!r}", hint=_nearest(option, known)
            )
    package = _NEEDS.get(name)
    if package is not None and find_spec(package) is None:
        raise MissingDependency(
            f"sampler {name!r} of Optuna needs the package {package!r}, which is not installed",
            hint=f"Run `pip install {package}`.",
        )
    return SAMPLERS[name](**options)


def _nearest(name: str, known: Mapping[str, Any] | set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    question = f"Did you mean {near[0]!r}? " if near else ""
    return f"{question}There are: {', '.join(sorted(known)) or 'none'}."
