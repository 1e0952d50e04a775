"""What users say a trial asks for, as `Resources`: dicts, bundles, and functions of the config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.resources import WHOLE, Resources
from pegbox.text import shown

__all__ = ["DEFAULT_RESOURCES", "asked_for", "requested"]

#: What a trial asks for where nothing is said.
DEFAULT_RESOURCES: Final = Resources({"cpu": 1})

#: Spellings that would wait for ever for a custom resource of that name.
_MISSPELT: Final = {
    "cpus": "cpu",
    "gpus": "gpu",
    "num_cpus": "cpu",
    "num_gpus": "gpu",
    "ncpus": "cpu",
    "ngpus": "gpu",
}


def requested(resources: object, owner: str) -> Resources:
    """A request that a user wrote.

    Args:
        resources: A dict, or a `PlacementGroupFactory`.
        owner: Where it was written, at the start of a sentence.

    Raises:
        ConfigError: It cannot be used.
    """
    if not isinstance(resources, Mapping):
        raise ConfigError(
            f"{owner} must be a dict of amounts, got {type(resources).__name__}",
            hint='Write e.g. {"cpu": 2, "gpu": 0.5}, or a function of the config that gives one.',
        )
    for name in resources:
        if not isinstance(name, str) or not name:
            raise ConfigError(
                f"{owner} must have names of resources as keys, got {shown(name)}",
                hint='Write e.g. {"cpu": 2, "gpu": 0.5}.',
            )
        right = _MISSPELT.get(name.lower(), name.lower())
        if right in ("cpu", "gpu") and name != right:
            raise ConfigError(f"unknown resource {shown(name)}", hint=f"Did you mean {right!r}?")
    asked = resources if isinstance(resources, Resources) else Resources(resources)
    if not asked:
        raise ConfigError(
            f"{owner} asks for nothing, got {shown(dict(resources))}, so there would be no bound"
            " on the trials that run at once",
            hint='Ask for something, e.g. {"cpu": 0.1}.',
        )
    gpu = asked.units("gpu")
    if gpu > WHOLE and gpu % WHOLE:
        raise ConfigError(
            f"{owner} asks for gpu={asked['gpu']:g}, and a trial has whole devices or a share of"
            " one",
            hint="Ask for a whole number, e.g. 2, or for less than 1, e.g. 0.5.",
        )
    return asked


def asked_for(ask: Callable[..., Any], who: str, config: Mapping[str, Any]) -> Resources:
    """What a user's function says that a trial asks for.

    Args:
        ask: The function. ``who``: its name.
        config: The trial's configuration.

    Raises:
        ConfigError: It raised, or its answer cannot be used.
    """
    called = f"{who}() for the config {shown(dict(config))}"
    try:
        answer = ask(dict(config))
    except Exception as error:
        raise ConfigError(
            f"{called} raised {type(error).__name__}: {error}",
            hint="It is called with configurations of the space, to see what trials will ask for.",
        ) from error
    if answer is None:
        return DEFAULT_RESOURCES
    try:
        return requested(answer, "its answer")
    except ConfigError as error:
        raise ConfigError(f"{called}: {error.message}", hint=error.hint) from None
