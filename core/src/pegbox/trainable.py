"""What a user hands over to be tuned: checked early, named, and with what it asks for."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.resources import Resources

__all__ = [
    "DEFAULT_RESOURCES",
    "check_trainable",
    "stated_resources",
    "trainable_function",
    "trainable_name",
    "trainable_resources",
    "with_resources",
]

#: What a trial asks for where nothing is said.
DEFAULT_RESOURCES: Final = Resources({"cpu": 1})

_MAX_NAME: Final = 40
#: Spellings that would wait for ever for a custom resource of that name.
_MISSPELT: Final = {
    "cpus": "cpu",
    "gpus": "gpu",
    "num_cpus": "cpu",
    "num_gpus": "gpu",
    "ncpus": "cpu",
    "ngpus": "gpu",
}


class _Resourced:
    """A function with what it asks for; calling it calls the function."""

    def __init__(self, function: Callable[..., Any], resources: Resources) -> None:
        self.function = function
        self.resources = resources

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


def with_resources(
    trainable: Callable[..., Any], resources: Mapping[str, float]
) -> Callable[..., Any]:
    """Say what each trial of a function asks for.

    Args:
        trainable: The function; it is not changed. An earlier answer of this function is
            replaced.
        resources: Amount by name: ``cpu`` in cores, ``gpu`` in devices, any other as workers
            advertise it. Without this a trial asks for one cpu.

    Raises:
        ConfigError: Not a dict, an amount that is negative or no number, a misspelt name, nothing
            at all, or a trainable that cannot be used.
    """
    check_trainable(trainable)
    if not isinstance(resources, Mapping):
        raise ConfigError(
            f"with_resources(resources=...) takes a dict, got {type(resources).__name__}",
            hint='Write e.g. {"cpu": 2, "gpu": 0.5}. Functions of the config and'
            " PlacementGroupFactory are not supported yet.",
        )
    for name in resources:
        right = _MISSPELT.get(str(name).lower(), str(name).lower())
        if right in ("cpu", "gpu") and name != right:
            raise ConfigError(f"unknown resource {name!r}", hint=f"Did you mean {right!r}?")
    asked = Resources(resources)
    if not asked:
        raise ConfigError(
            f"with_resources(..., {dict(resources)}) asks for nothing, so there would be no bound"
            " on the trials that run at once",
            hint='Ask for something, e.g. {"cpu": 0.1}.',
        )
    return _Resourced(trainable_function(trainable), asked)


def trainable_resources(trainable: Callable[..., Any]) -> Resources:
    """What a trial of it asks for; arguments bound later with functools.partial change nothing."""
    stated = stated_resources(trainable)
    return DEFAULT_RESOURCES if stated is None else stated


def stated_resources(trainable: Callable[..., Any]) -> Resources | None:
    """What `with_resources` said of it; None where nothing was said."""
    while isinstance(trainable, functools.partial):
        trainable = trainable.func
    return trainable.resources if isinstance(trainable, _Resourced) else None


def trainable_function(trainable: Callable[..., Any]) -> Callable[..., Any]:
    """The user's function itself: what is sent to workers."""
    return trainable.function if isinstance(trainable, _Resourced) else trainable


def trainable_name(trainable: Callable[..., Any]) -> str:
    """Its name as it stands in trial names and folders: letters, digits, ``_`` and ``-``."""
    function = trainable_function(trainable)
    while isinstance(function, functools.partial):
        function = trainable_function(function.func)
    name = getattr(function, "__name__", None) or type(function).__name__
    # Names become folders: nothing that a file system may read as more than a name.
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name.strip("<>")).strip("_-")
    return plain[:_MAX_NAME] or "trainable"


def check_trainable(trainable: object) -> None:
    """Refuse what cannot be run as ``trainable(config)``.

    Raises:
        ConfigError: Not a function, a class, a generator or coroutine function, or one that
            cannot be called with the configuration alone.
    """
    if not callable(trainable):
        raise ConfigError(
            f"the trainable must be a function of the config, got {type(trainable).__name__}"
        )
    function = trainable_function(trainable)
    name = trainable_name(function)
    if inspect.isclass(function):
        raise ConfigError(
            f"the trainable {name} is a class; only functions can be tuned so far",
            hint="Write a function of the config that calls pegbox.report.",
        )
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        raise ConfigError(
            f"the trainable {name} is a generator or coroutine function",
            hint="Use a plain function: pegbox.report takes the place of yield, and"
            " asyncio.run(...) inside it runs a coroutine.",
        )
    _check_arity(function, name)


def _check_arity(function: Callable[..., Any], name: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # Some builtins do not tell; the first call will.
    try:
        signature.bind({})
    except TypeError:
        raise ConfigError(
            f"the trainable {name}{signature} cannot be called with the config alone",
            hint="Write def train(config): ...; bind further arguments with functools.partial,"
            " and get the checkpoint from pegbox.get_checkpoint()."
            if signature.parameters
            else "Write def train(config): ...; the config is a dict with the parameters.",
        ) from None
