"""Constraints as users write them, and as a store keeps them. It knows no space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from pegbox.constraints.function import FunctionConstraint
from pegbox.constraints.linear import LinearConstraint, OutcomeConstraint
from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = [
    "ParameterConstraint",
    "described",
    "from_description",
    "outcome_constraints",
    "parameter_constraints",
    "passed",
]

ParameterConstraint = LinearConstraint | FunctionConstraint

_Linear = TypeVar("_Linear", bound=LinearConstraint)

_PARAMETERS: Final = 'Write e.g. parameter_constraints=["x + 2*y <= 1", lambda config: ...].'
_OUTCOMES: Final = 'Write e.g. outcome_constraints=["latency <= 0.2"].'


def parameter_constraints(given: object) -> tuple[ParameterConstraint, ...]:
    """What was passed as ``TuneConfig(parameter_constraints=...)``.

    Raises:
        ConfigError: It is no list of text, `LinearConstraint` and functions, or text cannot be
            read; it is named by its place.
    """
    listed = _listed("parameter_constraints", given, _PARAMETERS)
    return tuple(_parameter(f"parameter_constraints[{i}]", each) for i, each in enumerate(listed))


def outcome_constraints(given: object) -> tuple[OutcomeConstraint, ...]:
    """What was passed as ``TuneConfig(outcome_constraints=...)``.

    Raises:
        ConfigError: It is no list of text and `OutcomeConstraint`, or text cannot be read; it is
            named by its place.
    """
    listed = _listed("outcome_constraints", given, _OUTCOMES)
    return tuple(_outcome(f"outcome_constraints[{i}]", each) for i, each in enumerate(listed))


def described(constraints: Sequence[ParameterConstraint]) -> list[dict[str, Any]]:
    """Constraints as JSON data; of a function, its name."""
    return [_described(each) for each in constraints]


def passed(data: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the functions among described constraints: code, so to be passed again."""
    return [each["passed"] for each in data if "passed" in each]


def from_description(kind: type[_Linear], data: Sequence[Mapping[str, Any]]) -> tuple[_Linear, ...]:
    """The linear constraints that `described` described."""
    return tuple(kind(**each) for each in data if "passed" not in each)


def _described(constraint: ParameterConstraint) -> dict[str, Any]:
    if isinstance(constraint, FunctionConstraint):
        return {"passed": str(constraint)}
    return {
        "coefficients": dict(constraint.coefficients),
        "bound": constraint.bound,
        "text": constraint.text,
    }


def _listed(argument: str, given: object, hint: str) -> Sequence[object]:
    if isinstance(given, list | tuple):
        return given
    raise ConfigError(f"TuneConfig({argument}=...) must be a list, got {shown(given)}", hint=hint)


def _parameter(argument: str, given: Any) -> ParameterConstraint:
    if isinstance(given, OutcomeConstraint):
        raise ConfigError(
            f"{argument} is an OutcomeConstraint, which is about metrics",
            hint="Write LinearConstraint(...), or pass it as outcome_constraints.",
        )
    if isinstance(given, LinearConstraint | FunctionConstraint):
        return given
    if isinstance(given, str):
        return _from_text(argument, LinearConstraint, given)
    if callable(given) and not isinstance(given, type):
        return FunctionConstraint(given)
    raise ConfigError(
        f"{argument} must be a text, a LinearConstraint or a function, got {shown(given)}",
        hint=_PARAMETERS,
    )


def _outcome(argument: str, given: Any) -> OutcomeConstraint:
    if isinstance(given, OutcomeConstraint):
        return given
    if isinstance(given, str):
        return _from_text(argument, OutcomeConstraint, given)
    raise ConfigError(
        f"{argument} must be a text or an OutcomeConstraint, got {shown(given)}",
        hint="Report what the function would compute as a metric of its own."
        if callable(given)
        else _OUTCOMES,
    )


def _from_text(argument: str, kind: type[_Linear], text: str) -> _Linear:
    try:
        return kind.from_text(text)
    except ConfigError as error:
        raise ConfigError(f"{argument}: {error.message}", hint=error.hint) from None
