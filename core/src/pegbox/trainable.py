"""What a user hands over to be tuned: checked early, named, and with what it asks for."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from pegbox.class_trainable import Trainable, overrides
from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.resource_requests import asked_for, requested
from pegbox.resources import Resources
from pegbox.trainable_registry import register_trainable, resolve_trainable
from pegbox.wrapped_trainable import ResourcesOf, Unwrapped, is_class, unwrap, wrap

__all__ = [
    "check_trainable",
    "register_trainable",
    "resolve_trainable",
    "stated_resources",
    "trainable_name",
    "with_parameters",
    "with_resources",
]

_MAX_NAME: Final = 40

#: What pegbox calls of a class -> the one argument that it gives, if any.
_METHODS: Final = {
    "setup": "config",
    "step": "",
    "save_checkpoint": "checkpoint_dir",
    "load_checkpoint": "checkpoint",
    "reset_config": "new_config",
    "cleanup": "",
}

_T = TypeVar("_T", bound=Callable[..., Any])


def with_resources(
    trainable: _T | str,
    resources: Mapping[str, float] | Callable[[dict[str, Any]], Mapping[str, float]],
) -> _T:
    """Say what each trial of a function or class asks for.

    Args:
        trainable: The function or class, or its registered name; it is not changed. An earlier
            answer of this function is replaced.
        resources: Amount by name: ``cpu`` in cores, ``gpu`` in devices, any other as workers
            advertise it; or a `PlacementGroupFactory`; or a function of a trial's configuration
            that gives one of these, which is also called with sampled configurations before the
            first trial. Without this a trial asks for one cpu.

    Raises:
        ConfigError: Neither of these, an amount that is negative or no number, a misspelt name,
            nothing at all, or no trainable.
    """
    known = _check_callable(resolve_trainable(trainable))
    asked: Resources | ResourcesOf
    if callable(resources):
        asked = functools.partial(asked_for, resources, _name_of(resources))
    else:
        asked = requested(resources, "with_resources(resources=...)")
    wrapped: _T = wrap(replace(unwrap(known), resources=asked))
    return wrapped


def with_parameters(trainable: _T | str, **kwargs: Any) -> _T:
    """Give a function or class large objects beside the config, in memory once for each host.

    They are pickled once, kept out of the config, and arrive as keyword arguments: of the
    function, or of `Trainable.setup`. Arrays cannot be written to, since all processes of a host
    share their memory; all else is made anew for each trial.

    Args:
        trainable: The function or class, or its registered name; it is not changed.
        **kwargs: The objects by the names of arguments.

    Raises:
        ConfigError: No trainable, or one that does not take one of the names.
    """
    unwrapped = unwrap(_check_callable(resolve_trainable(trainable)))
    _check_names(unwrapped, kwargs)
    parameters = {**unwrapped.parameters, **kwargs}
    wrapped: _T = wrap(replace(unwrapped, parameters=parameters))
    return wrapped


def stated_resources(trainable: Callable[..., Any]) -> Resources | ResourcesOf | None:
    """What `with_resources` or the class said a trial asks for; None where nothing was said."""
    unwrapped = unwrap(trainable)
    target = unwrapped.target
    if unwrapped.resources is not None or not is_class(target):
        return unwrapped.resources
    if not overrides(target, "default_resource_request"):  # type: ignore[arg-type]
        return None
    who = f"{target.__name__}.default_resource_request"
    return functools.partial(asked_for, target.default_resource_request, who)  # type: ignore[attr-defined]


def trainable_name(trainable: Callable[..., Any]) -> str:
    """Its name as it stands in trial names and folders: letters, digits, ``_`` and ``-``."""
    function = unwrap(trainable).target
    while isinstance(function, functools.partial):
        function = unwrap(function.func).target
    name = _name_of(function)
    # Names become folders: nothing that a file system may read as more than a name.
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name.strip("<>")).strip("_-")
    return plain[:_MAX_NAME] or "trainable"


def check_trainable(trainable: object) -> None:
    """Refuse what cannot be run as ``trainable(config)``, nor as a class by steps.

    Raises:
        ConfigError: Neither a function nor a `Trainable`, a class without ``step``, a generator or
            coroutine function, or one that cannot be called with the configuration alone.
    """
    unwrapped = unwrap(_check_callable(trainable))
    function, name = unwrapped.target, trainable_name(unwrapped.target)
    if inspect.isclass(function):
        _check_class(function, name, unwrapped.parameters)
        return
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        raise ConfigError(
            f"the trainable {name} is a generator or coroutine function",
            hint="Use a plain function: pegbox.report takes the place of yield, and"
            " asyncio.run(...) inside it runs a coroutine.",
        )
    _check_arity(unwrapped, name)


def _check_callable(trainable: object) -> Callable[..., Any]:
    if not callable(trainable):
        raise ConfigError(
            "the trainable must be a function of the config or a class, got "
            f"{type(trainable).__name__}",
            hint="Write def train(config): ..., which returns a dict of metrics or calls "
            "pegbox.report.",
        )
    return trainable


def _check_class(kind: type, name: str, parameters: Mapping[str, Any]) -> None:
    if not issubclass(kind, Trainable):
        raise ConfigError(
            f"the trainable {name} is a class, but no pegbox.Trainable",
            hint=f"Write class {name}(pegbox.Trainable): ..., or a function of the config that"
            " calls pegbox.report.",
        )
    if not overrides(kind, "step"):
        raise ConfigError(
            f"the trainable {name} has no step()",
            hint="Write def step(self): ..., which runs one iteration and returns a dict of"
            " metrics.",
        )
    for method, taken in _METHODS.items():
        _check_method(kind, method, taken, parameters if method == "setup" else {})


def _check_method(kind: type, method: str, taken: str, parameters: Mapping[str, Any]) -> None:
    function = inspect.getattr_static(kind, method)
    if not inspect.isfunction(function):
        return  # a method of another kind: the first call will tell
    signature = inspect.signature(function)
    wanted = ["self", taken] if taken else ["self"]
    try:
        signature.bind(*wanted, **parameters)
    except TypeError:
        raise ConfigError(
            f"the trainable {kind.__name__} has {method}{signature}, which cannot be called as "
            f"{method}({', '.join([*wanted[1:], *parameters])})",
            hint=f"Write def {method}({', '.join([*wanted, *parameters])}): ..."
            + (" More arguments come from with_parameters." if method == "setup" else ""),
        ) from None


def _check_arity(unwrapped: Unwrapped, name: str) -> None:
    try:
        signature = inspect.signature(unwrapped.target)
    except (TypeError, ValueError):
        return  # Some builtins do not tell; the first call will.
    try:
        signature.bind({}, **unwrapped.parameters)
    except TypeError:
        raise ConfigError(
            f"the trainable {name}{signature} cannot be called with the config alone",
            hint="Write def train(config): ...; give further arguments with"
            " pegbox.with_parameters or functools.partial,"
            " and get the checkpoint from pegbox.get_checkpoint()."
            if signature.parameters
            else "Write def train(config): ...; the config is a dict with the parameters.",
        ) from None


def _check_names(unwrapped: Unwrapped, given: Mapping[str, Any]) -> None:
    """Refuse a parameter that the function, or the class's setup, does not take."""
    target = unwrapped.target
    called = target.setup if is_class(target) else target  # type: ignore[attr-defined]
    try:
        parameters = inspect.signature(called).parameters
    except (TypeError, ValueError):
        return
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return
    first = list(parameters)[: 2 if is_class(target) else 1]
    taken = [name for name in parameters if name not in first]
    for name in given:
        if name not in taken:
            owner = f"{_name_of(target)}.setup" if is_class(target) else _name_of(target)
            raise ConfigError(
                f"with_parameters gives {name!r}, which {owner}({', '.join(parameters)}) does"
                " not take beside the config",
                hint=did_you_mean(
                    name, taken, f"Add {name} to its arguments, or leave it out here."
                ),
            )


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", None) or type(function).__name__
