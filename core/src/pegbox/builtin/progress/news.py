"""What ``verbose`` 2 and 3 say of single trials: a line for each result, or the result whole."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from pegbox.autofill import AUTOFILLED
from pegbox.jsonvalue import chosen
from pegbox.text import metric, one_line, parameter
from pegbox.trial import TrialView

__all__ = ["News"]

#: Texts that wait for the next refresh; of more, only their number is said.
_MAX_WAITING: Final = 500


class News:
    """Texts about single trials, from the last refresh on.

    Args:
        verbose: As in `RunConfig`; below 2 nothing is said.
        parameters: Flat paths of the parameters that are named.
    """

    def __init__(self, verbose: int, parameters: tuple[str, ...]) -> None:
        self._verbose = verbose
        self._parameters = parameters
        self._waiting: deque[str] = deque()
        self._dropped = 0

    def reported(self, trial: TrialView, result: Mapping[str, Any]) -> None:
        """A trial reported."""
        if self._verbose >= 3:
            self._add(_result_block(trial.name, result))
        elif self._verbose == 2:
            self._add(self._line(trial, result))

    def started(self, trial: TrialView) -> None:
        """A try of a trial began."""
        if self._verbose >= 2:
            again = f" again, try {trial.attempt}" if trial.attempt > 1 else ""
            self._add(f"{trial.name} started{again}{self._configuration(trial)}")

    def ended(self, trial: TrialView, how: str) -> None:
        """A trial, or a try of it, came to its end.

        Args:
            how: As in "completed".
        """
        if self._verbose >= 2:
            why = f": {one_line(trial.failure.message)}" if trial.failure else ""
            count = f"{trial.iteration} iteration" + "s" * (trial.iteration != 1)
            self._add(f"{trial.name} {how} after {count}{why}")

    def take(self) -> list[str]:
        """What there is to say; it is said once."""
        texts = list(self._waiting)
        self._waiting.clear()
        if self._dropped:
            texts.append(f"... and {self._dropped} more that came too fast to be shown")
            self._dropped = 0
        return texts

    def _add(self, text: str) -> None:
        if len(self._waiting) < _MAX_WAITING:
            self._waiting.append(text)
        else:
            self._dropped += 1

    def _line(self, trial: TrialView, result: Mapping[str, Any]) -> str:
        shown = (
            f"{one_line(name)}={metric(value)}"
            for name, value in result.items()
            if name not in AUTOFILLED and name != "config"
        )
        return f"{trial.name} iteration {result.get('training_iteration')}: {', '.join(shown)}"

    def _configuration(self, trial: TrialView) -> str:
        values = chosen(trial.config, self._parameters)
        shown = (f"{path}={parameter(value)}" for path, value in values.items())
        return f": {text}" if (text := ", ".join(shown)) else ""


def _result_block(name: str, result: Mapping[str, Any]) -> str:
    """Ray Tune's ``Result for <trial>:`` with a line for each value, by name."""
    lines = (f"  {key}: {_value(result[key])}" for key in sorted(result) if key != "config")
    return "\n".join([f"Result for {name}:", *lines, ""])


def _value(value: object) -> str:
    if isinstance(value, str):
        return one_line(value)
    return json.dumps(value, default=str)
