"""From what the user passed as ``scalarization`` to one number for a result; and how it is stored.

What the numbers mean is `pegbox.scalarization`'s. A function of the user's is code: it has to be
passed again at a restore.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.objective import Objective
from pegbox.scalarization import SCALARIZATIONS, Scalarization
from pegbox.text import shown

__all__ = ["SCALARIZED", "Scalarizer", "make_scalarizer"]

#: Under this name searchers are told the one number.
SCALARIZED: Final = "scalarized"

_EXAMPLE: Final = (
    'Write e.g. scalarization=("weighted_sum", {"weights": {"loss": 1, "size": 0.001}}).'
)


@dataclass(frozen=True, slots=True)
class Scalarizer:
    """One number of the several losses of a result.

    Attributes:
        described: As the store has it: ``name`` and ``options``, or ``passed`` for a function.
        function: Of the losses, by metric.
    """

    described: Mapping[str, Any]
    function: Callable[[Mapping[str, float]], Any]

    def __call__(self, losses: Mapping[str, float]) -> float:
        """The number, of which less is better; it may be NaN or infinite.

        Raises:
            ConfigError: The user's function raised, or gave no number.
        """
        if "passed" not in self.described:
            return float(self.function(losses))
        written = f"TuneConfig(scalarization={self.described['passed']})"
        try:
            found = self.function(dict(losses))
        except Exception as error:
            raise ConfigError(
                f"{written} raised {type(error).__name__}: {error}",
                hint=f"It was given {shown(dict(losses))}, each with less for better.",
            ) from error
        try:
            if isinstance(found, str | bytes | bool):
                raise TypeError
            return float(found)
        except (TypeError, ValueError):
            raise ConfigError(
                f"{written} gave {shown(found)}, which is no number",
                hint="It is given a dict of metrics and losses, and gives one number.",
            ) from None


def make_scalarizer(chosen: Any, objectives: Sequence[Objective]) -> Scalarizer | None:
    """The scalarizer of a name with options, an object, a function, or what a store kept of one.

    Args:
        chosen: None for none.
        objectives: What counts.

    Raises:
        ConfigError: It is none of these, does not fit the objectives, or there are not several.
    """
    if chosen is None:
        return None
    if len(objectives) < 2:
        given = [objective.metric for objective in objectives]
        raise ConfigError(
            f"TuneConfig(scalarization=...) makes one number of several metrics, got {given}",
            hint='Write e.g. metric=["loss", "size"], mode=["min", "min"], or leave it out.',
        )
    found = _settled(chosen)
    if not isinstance(found, Scalarization):
        return Scalarizer({"passed": getattr(found, "__name__", type(found).__name__)}, found)
    function = found.of(objectives)
    for name, kind in SCALARIZATIONS.items():
        if type(found) is kind:
            return Scalarizer({"name": name, "options": dict(found.options)}, function)
    return Scalarizer({"passed": type(found).__name__}, function)


def _settled(chosen: Any) -> Scalarization | Callable[[Mapping[str, float]], Any]:
    if isinstance(chosen, str):
        return _by_name(chosen, {})
    if isinstance(chosen, tuple | list):  # a list where a store has kept it
        if len(chosen) == 2 and isinstance(chosen[0], str) and isinstance(chosen[1], Mapping):
            return _by_name(chosen[0], chosen[1])
    elif isinstance(chosen, type):
        raise ConfigError(
            f"TuneConfig(scalarization={chosen.__name__}) is a class, not an object",
            hint=f"Write scalarization={chosen.__name__}(...).",
        )
    elif isinstance(chosen, Scalarization):
        return chosen
    elif callable(chosen):
        return cast("Callable[[Mapping[str, float]], Any]", chosen)
    raise ConfigError(
        "TuneConfig(scalarization=...) must be a name with a dict of options, a Scalarization, or "
        f"a function of the losses, got {shown(chosen)}",
        hint=_EXAMPLE,
    )


def _by_name(name: str, options: Mapping[str, Any]) -> Scalarization:
    kind: Any = SCALARIZATIONS.get(name)
    if kind is None:
        known = f"There are {', '.join(SCALARIZATIONS)}."
        raise ConfigError(
            f"there is no scalarization {name!r}",
            hint=did_you_mean(name.lower(), SCALARIZATIONS, known),
        )
    try:
        inspect.signature(kind).bind(**options)
    except TypeError as error:
        takes = ", ".join(inspect.signature(kind).parameters)
        raise ConfigError(
            f"scalarization {name!r} cannot be made of these options: {error}",
            hint=f"It takes {takes}.",
        ) from None
    made: Scalarization = kind(**options)
    return made
