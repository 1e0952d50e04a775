"""Domains from the JSON data in which they cross to another process or into the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.space.domain import Domain
from pegbox.space.listed import Choice, Grid, Listed
from pegbox.space.normal import Normal
from pegbox.space.ranges import Float, Int
from pegbox.space.values import Missing, decode_value
from pegbox.text import shown

__all__ = ["LISTED", "domain_from_json"]

#: Kind -> class of the domains whose values are listed.
LISTED: Final[Mapping[str, type[Listed]]] = {"choice": Choice, "grid": Grid}


def domain_from_json(data: Mapping[str, Any]) -> Domain:
    """The domain that `Domain.to_json` described; objects come back as stand-ins.

    Raises:
        ConfigError: No domain of this version.
    """
    make = _MAKERS.get(data.get("kind", ""))
    if make is None:
        raise ConfigError(
            f"{shown(data)} describes no domain that this version of pegbox knows",
            hint="Open the experiment with the version of pegbox that wrote it.",
        )
    return make(data)


def _listed(data: Mapping[str, Any]) -> Listed:
    values = (decode_value(value, Missing.from_marker) for value in data["values"])
    return LISTED[data["kind"]](tuple(values))


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Domain]]] = {
    "float": lambda data: Float(data["lower"], data["upper"], data["log"], data["step"]),
    "int": lambda data: Int(data["lower"], data["upper"], data["log"], data["step"]),
    "normal": lambda data: Normal(data["mean"], data["sd"], data["step"]),
    "choice": _listed,
    "grid": _listed,
}
