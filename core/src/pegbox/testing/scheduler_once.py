"""A second scheduler beside one in a run, which is told of no report twice.

A trial that goes back to a checkpoint, or to its beginning, reports the same again. Who counts each
report once decides on all others as if it had not come again.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import Any

from pegbox._plugins.manager import RoleManager

__all__ = ["Once"]


class Once:
    """Is told what the scheduler in the run is told, but for reports that come again.

    Both draw alike: before each report the generators of both are begun anew, so that it does not
    count who has drawn how often.

    Args:
        plugin: A new scheduler.

    Attributes:
        differing: Where the two did not decide alike.
    """

    def __init__(self, plugin: Any) -> None:
        self._manager = RoleManager("scheduler", lambda: 0.0)
        self._manager.register(plugin)
        self._generators: list[random.Random] = []
        self._known: set[tuple[str, int, str]] = set()
        self.differing: list[str] = []

    def prepare(self, hook: str, arguments: Mapping[str, Any]) -> None:
        """The scheduler in the run is about to be called."""
        if hook == "scheduler_setup":
            self._generators = [arguments["rng"], copy.copy(arguments["rng"])]
        elif hook == "scheduler_result":
            for generator in self._generators:
                generator.seed(repr(_key(arguments)))

    def told(self, hook: str, arguments: Mapping[str, Any], answer: Any) -> None:
        """The scheduler in the run has been called, and gave ``answer``."""
        if hook == "scheduler_setup":
            self._manager.call(hook, **{**arguments, "rng": self._generators[1]})
        elif hook != "scheduler_result":
            self._manager.call(hook, **arguments)
        elif (key := _key(arguments)) not in self._known:
            self._known.add(key)
            other = self._manager.call(hook, **arguments)
            if other != answer:
                self.differing.append(f"iteration {key[1]} of {key[0]}: {answer}, and else {other}")


def _key(arguments: Mapping[str, Any]) -> tuple[str, int, str]:
    """What a report is known by; with another configuration it is another report."""
    trial = arguments["trial"]
    return trial.trial_id, trial.iteration, repr(trial.config)
