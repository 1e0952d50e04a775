"""From what was passed as a configuration to one of its kind."""

from __future__ import annotations

from typing import TypeVar

from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["settled"]

_Config = TypeVar("_Config")


def settled(argument: str, config: _Config | None, kind: type[_Config]) -> _Config:
    """What was passed as a configuration, or that of its kind without anything said.

    Raises:
        ConfigError: It is of another kind.
    """
    if config is None:
        return kind()
    if not isinstance(config, kind):
        raise ConfigError(
            f"{argument} must be a {kind.__name__}, got {shown(config)}",
            hint=f"Write {argument}=pegbox.{kind.__name__}(...).",
        )
    return config
