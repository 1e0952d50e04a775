"""A space of the searcher's own, as skopt and Ray Tune take it, made a `param_space`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pegbox.errors import ConfigError
from pegbox.space import Choice, Float, Int
from pegbox.text import shown
from skopt.space import Categorical, Integer, Real, Space

from pegbox_skopt.settings import OWNER

__all__ = ["to_param_space"]


def to_param_space(space: Any) -> Mapping[str, Any]:
    """A part of ``param_space``: skopt's dimensions as domains, all else as it is.

    Raises:
        ConfigError: What is no such space; the parameter is named.
    """
    if isinstance(space, Mapping):
        return {name: _domain(name, value) for name, value in space.items()}
    if isinstance(space, Space | list | tuple):
        return {_name(each): _domain(_name(each), each) for each in space}
    raise ConfigError(
        f"{OWNER}(space=...) must be a dict of name to dimension, got {shown(space)}",
        hint='Write e.g. space={"lr": (1e-4, 1e-1, "log-uniform")}, or use param_space.',
    )


def _name(dimension: Any) -> str:
    name = getattr(dimension, "name", None)
    if isinstance(name, str):
        return name
    raise ConfigError(
        f"{OWNER}(space=[...]) has {shown(dimension)}, which has no name",
        hint="Write a dict of name to dimension, or give each dimension its name=.",
    )


def _domain(name: str, value: Any) -> Any:
    try:
        match value:
            case tuple():
                return _of_tuple(value)
            case list():
                return _of_list(value)
            case Real():
                return Float(value.low, value.high, log=value.prior == "log-uniform")
            case Integer():
                return Int(value.low, value.high, log=value.prior == "log-uniform")
            case Categorical():
                return _of_categorical(value)
    except ConfigError as error:
        raise ConfigError(
            f"{OWNER}(space=...): {shown(name)}: {error.message}", hint=error.hint
        ) from None
    return value


def _of_tuple(value: tuple[Any, ...]) -> Any:
    """A range, where it begins with two numbers and goes on with nothing but a prior and a base."""
    if not (2 <= len(value) <= 4 and all(map(_is_number, value[:2]))):
        return Choice(value)
    prior = value[2] if len(value) > 2 else "uniform"
    if prior not in ("uniform", "log-uniform"):
        return Choice(value)
    whole = isinstance(value[0], int) and isinstance(value[1], int)
    return (Int if whole else Float)(value[0], value[1], log=prior == "log-uniform")


def _of_list(value: list[Any]) -> Any:
    if len(value) == 2 and all(map(_is_number, value)):
        raise ConfigError(
            f"skopt takes {value!r} for a range, and Ray Tune's documentation for two categories",
            hint=f"Write {tuple(value)!r} for the range, choice({value!r}) for the categories.",
        )
    return Choice(tuple(value))


def _of_categorical(value: Categorical) -> Any:
    if value.prior is not None:
        raise ConfigError(
            "it weighs its categories, and those of a choice are alike", hint="Leave prior out."
        )
    return Choice(tuple(value.categories))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
