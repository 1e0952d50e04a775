"""The lines that a driver and its searcher's process exchange.

docs/searcher-process.md has them all. Owns the protocol's number, what may be a line, and how
hooks' arguments are written as JSON. It opens no pipe and knows no plugin.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox import jsonvalue
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.objective import Objective
from pegbox.space import Condition, domain_from_json

__all__ = [
    "MOST_BYTES",
    "PROTOCOL",
    "SIGNALS",
    "TELLS",
    "arguments_from_json",
    "arguments_to_json",
    "read_line",
    "write_line",
]

#: Goes up when a line of one side can mean something else to the other.
PROTOCOL: Final = 1

#: A longer line is a mistake of who wrote it.
MOST_BYTES: Final = 64 * 2**20

#: Hooks that need no answer: they are sent without waiting, and so carry no number.
TELLS: Final = frozenset(
    {"searcher_result", "searcher_complete", "searcher_observe", "searcher_recall"}
)

#: What may stand in the place of a point.
SIGNALS: Final[Mapping[str, Signal]] = {
    signal.value: signal for signal in (Signal.WAIT, Signal.FINISHED)
}


def write_line(message: Mapping[str, Any]) -> bytes:
    """A message as a line.

    Raises:
        ConfigError: Something in it is no JSON data; it is named.
    """
    return jsonvalue.dumps(message).encode() + b"\n"


def read_line(line: bytes) -> dict[str, Any]:
    """The message of a line.

    Raises:
        ValueError: The line is no message.
    """
    message = jsonvalue.loads(line)
    if not isinstance(message, dict):
        raise ValueError(f"a message is a JSON object, got {type(message).__name__}")
    return message


def arguments_to_json(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A hook's arguments as JSON data; most of them are."""
    return {name: _WRITE.get(name, _as_it_is)(value) for name, value in arguments.items()}


def arguments_from_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """What `arguments_to_json` wrote. Objects among a choice's values come back as stand-ins."""
    return {name: _READ.get(name, _as_it_is)(value) for name, value in data.items()}


def _as_it_is(value: Any) -> Any:
    return value


_WRITE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "space": lambda space: {path: domain.to_json() for path, domain in space.items()},
    "conditions": lambda found: {path: [one.parent, one.index] for path, one in found.items()},
    "objectives": lambda given: [{"metric": one.metric, "mode": one.mode} for one in given],
    "parameter_constraints": lambda given: [dataclasses.asdict(one) for one in given],
    "outcome_constraints": lambda given: [dataclasses.asdict(one) for one in given],
}

_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "space": lambda data: {path: domain_from_json(domain) for path, domain in data.items()},
    "conditions": lambda data: {path: Condition(*one) for path, one in data.items()},
    "objectives": lambda data: tuple(Objective(**one) for one in data),
    "parameter_constraints": lambda data: tuple(LinearConstraint(**one) for one in data),
    "outcome_constraints": lambda data: tuple(OutcomeConstraint(**one) for one in data),
}
