"""A space that the searcher was given itself, as Ax and Ray Tune take it, made a `param_space`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.space import Choice, Float, Int
from pegbox.text import shown

__all__ = ["to_param_space"]

_FORMS: Final = (
    'Write param_space, or e.g. {"name": "x", "type": "range", "bounds": [0.0, 1.0]} for each.'
)


def to_param_space(space: Any) -> Mapping[str, Any]:
    """A part of ``param_space``.

    Args:
        space: What ``param_space`` takes; or a list of parameters as Ax takes them: dicts with
            ``name`` and ``type``, or objects like ``RangeParameterConfig``.

    Raises:
        ConfigError: It is none of these, or a parameter has no like here.
    """
    if isinstance(space, Mapping):
        return space
    if not isinstance(space, list | tuple):
        raise ConfigError(
            f"AxSearch(space=...) must be a dict or a list of Ax's parameters, got {shown(space)}",
            hint=_FORMS,
        )
    return dict(_parameter(each) for each in space)


def _parameter(given: Any) -> tuple[str, Any]:
    """Name and domain of one of Ax's parameters."""
    found = dict(given) if isinstance(given, Mapping) else _plain(given)
    name = found.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigError(f"AxSearch(space=...) has {shown(given)}, without a name", hint=_FORMS)
    try:
        return name, _domain(found)
    except KeyError as missing:
        raise ConfigError(
            f"AxSearch(space=...): parameter {name!r} has no {missing.args[0]}", hint=_FORMS
        ) from None


def _plain(given: Any) -> dict[str, Any]:
    """A ``RangeParameterConfig`` or ``ChoiceParameterConfig`` in the words of Ax's dicts."""
    found = dict(getattr(given, "__dict__", {}))
    found["type"] = "range" if "bounds" in found else "choice" if "values" in found else None
    found["value_type"] = found.pop("parameter_type", None)
    found["log_scale"] = found.pop("scaling", None) == "log"
    return {key: value for key, value in found.items() if value is not None}


def _domain(found: Mapping[str, Any]) -> Any:
    if found.get("dependents") or found.get("dependent_parameters"):
        raise ConfigError(
            f"AxSearch(space=...): parameter {found['name']!r} has dependent parameters",
            hint="Write them inside the values of a choice, in param_space.",
        )
    match found.get("type"):
        case "range":
            return _range(found)
        case "choice":
            return Choice(tuple(found["values"]))
        case "fixed":
            return found["value"]
    raise ConfigError(
        f"AxSearch(space=...): parameter {found['name']!r} has type={shown(found.get('type'))}",
        hint="Ax's types are range, choice and fixed.",
    )


def _range(found: Mapping[str, Any]) -> Float | Int:
    lower, upper = found["bounds"]
    whole = isinstance(lower, int) and isinstance(upper, int)
    log, step = bool(found.get("log_scale", False)), found.get("step_size")
    if found.get("value_type", "int" if whole else "float") == "int":
        return Int(int(lower), int(upper), log=log, step=1 if step is None else int(step))
    return Float(lower, upper, log=log, step=step)
