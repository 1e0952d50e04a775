"""A trainable with what was said of it: what it asks for, and what it is given beside the config.

The user's own function or class stays apart from that, since only it is sent along with its code.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pegbox.class_trainable import Trainable
from pegbox.resources import Resources

__all__ = ["ResourcesOf", "Unwrapped", "is_class", "unwrap", "wrap"]

#: What a trial with a configuration asks for.
ResourcesOf = Callable[[Mapping[str, Any]], Resources]


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A trainable, taken apart.

    Attributes:
        target: The user's own function or class.
        resources: What each trial asks for, or by its configuration; None where nothing was said.
        parameters: Keyword arguments beside the configuration.
    """

    target: Callable[..., Any]
    resources: Resources | ResourcesOf | None = None
    parameters: Mapping[str, Any] = field(default_factory=lambda: types.MappingProxyType({}))


def is_class(trainable: object) -> bool:
    """Whether it is a class that trains, in contrast to a function."""
    return isinstance(trainable, type) and issubclass(trainable, Trainable)


def unwrap(trainable: Callable[..., Any]) -> Unwrapped:
    """Take a trainable apart, whatever it was wrapped in, in whatever order."""
    if isinstance(trainable, _WrappedFunction):
        return trainable.unwrapped
    if isinstance(trainable, functools.partial):
        return _unwrap_partial(trainable)
    if isinstance(trainable, type) and issubclass(trainable, Trainable):
        wrapped = vars(trainable).get("_unwrapped")
        if isinstance(wrapped, Unwrapped):
            return wrapped
        if trainable._function is not None:
            return unwrap(trainable._function)
    return Unwrapped(trainable)


def wrap(unwrapped: Unwrapped) -> Any:
    """A trainable that is used as its target is, and that `unwrap` takes apart again."""
    if isinstance(unwrapped.target, type) and issubclass(unwrapped.target, Trainable):
        return _wrapped_class(unwrapped.target, unwrapped)
    return _WrappedFunction(unwrapped)


class _WrappedFunction:
    """Calls the function with its parameters."""

    def __init__(self, unwrapped: Unwrapped) -> None:
        self.unwrapped = unwrapped
        functools.update_wrapper(self, unwrapped.target, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.unwrapped.target(*args, **{**self.unwrapped.parameters, **kwargs})


def _unwrap_partial(bound: functools.partial[Any]) -> Unwrapped:
    """A partial of the target itself: parameters do not travel inside of it."""
    inner = unwrap(bound.func)
    if inner.target is bound.func:
        return Unwrapped(bound)
    parameters = {key: v for key, v in inner.parameters.items() if key not in bound.keywords}
    target = functools.partial(inner.target, *bound.args, **bound.keywords)
    return replace(inner, target=target, parameters=parameters)


def _wrapped_class(target: type[Trainable], unwrapped: Unwrapped) -> type[Trainable]:
    body: dict[str, Any] = {
        "__module__": target.__module__,
        "__qualname__": target.__qualname__,
        "__doc__": target.__doc__,
        "_unwrapped": unwrapped,
        "_parameters": unwrapped.parameters,
    }
    asked = unwrapped.resources
    if asked is not None:
        body["default_resource_request"] = classmethod(
            lambda cls, config: asked(config) if callable(asked) else asked
        )
    return types.new_class(target.__name__, (target,), exec_body=lambda space: space.update(body))
