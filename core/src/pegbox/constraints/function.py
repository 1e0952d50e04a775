"""A function of the user's that says whether a configuration is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pegbox.config_copy import copy_config
from pegbox.errors import ConfigError
from pegbox.scalars import unpacked
from pegbox.text import shown

__all__ = ["FunctionConstraint"]


@dataclass(frozen=True, slots=True)
class FunctionConstraint:
    """A constraint that is a function of the whole configuration.

    Attributes:
        function: Called with a configuration, nested as the space is, with the values that a trial
            would get. It gives True where that is allowed, and the same for the same values.
    """

    function: Callable[[dict[str, Any]], Any]

    def holds(self, config: Mapping[str, Any]) -> bool:
        """Whether it allows a configuration.

        Raises:
            ConfigError: The function raised, or gave neither True nor False.
        """
        try:
            answer = unpacked(self.function(copy_config(dict(config))))
        except Exception as error:
            raise ConfigError(
                f"the parameter constraint {self} raised {type(error).__name__}: {error}",
                hint=f"It was given {shown(dict(config))}.",
            ) from error
        if not isinstance(answer, bool):
            raise ConfigError(
                f"the parameter constraint {self} gave {shown(answer)} for {shown(dict(config))}",
                hint="It must give True or False.",
            )
        return answer

    def __str__(self) -> str:
        name = str(getattr(self.function, "__name__", type(self.function).__name__))
        code = getattr(self.function, "__code__", None)
        return f"lambda of line {code.co_firstlineno}" if code and name == "<lambda>" else name
