"""Trainables by name, for the process that registers them; ``Tuner("name")`` finds them here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.text import shown

__all__ = ["register_trainable", "resolve_trainable"]

_logger: Final = logging.getLogger("pegbox")

_registered: Final[dict[str, Callable[..., Any]]] = {}


def register_trainable(name: str, trainable: Callable[..., Any], warn: bool = True) -> None:
    """Give a trainable a name, by which `pegbox.Tuner` and `pegbox.run` take it.

    It is known in this process only; workers get the trainable itself.

    Args:
        name: The name; a registered one is replaced.
        trainable: A function or class.
        warn: Whether to say so where another trainable of the name is replaced.

    Raises:
        ConfigError: The name is no text, or the trainable nothing that can be called.
    """
    if not isinstance(name, str) or not name:
        raise ConfigError(
            f"register_trainable(name=...) must be a name, got {shown(name)}",
            hint='Write register_trainable("name", trainable).',
        )
    if not callable(trainable):
        raise ConfigError(
            f"register_trainable({shown(name)}, ...) takes a function or class, got "
            f"{type(trainable).__name__}",
            hint="Write def train(config): ..., or class Train(pegbox.Trainable): ...",
        )
    if warn and _registered.get(name, trainable) is not trainable:
        _logger.warning("register_trainable: %r stands for another trainable from now on", name)
    _registered[name] = trainable


def resolve_trainable(trainable: Any) -> Any:
    """The trainable of a name; anything but a name as it is.

    Raises:
        ConfigError: Nothing is registered under the name.
    """
    if not isinstance(trainable, str):
        return trainable
    if trainable in _registered:
        return _registered[trainable]
    known = ", ".join(sorted(_registered)) or "none"
    raise ConfigError(
        f"no trainable is registered as {shown(trainable)}; registered: {known}",
        hint=did_you_mean(
            trainable,
            _registered,
            "Pass the function or class itself, or call "
            f"register_trainable({shown(trainable)}, ...) first.",
        ),
    )
