"""What plugins that were written for Ray Tune have, and what it is here. For sentences only.

A method is named here where it would be left uncalled without a word.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["ARGUMENTS", "method_here", "signal_here"]

#: Argument of Ray Tune's methods -> why it is not passed.
ARGUMENTS: Final[Mapping[str, str]] = dict.fromkeys(
    ("tune_controller", "trial_runner", "controller"),
    "Ray Tune passes its controller; here a scheduler is told of trials alone.",
)

_SAVED: Final = (
    "pegbox tells a searcher that is restored everything through observe; what tells would not "
    "bring back goes through get_state and set_state, as JSON data."
)
_SAVED_DECISIONS: Final = (
    "A scheduler's state goes through get_state and set_state, as JSON data, and the events "
    "since follow as calls."
)

#: Role and method of Ray Tune's -> the arguments by which it is told from a helper, and what it is
#: here.
_METHODS: Final[Mapping[tuple[str, str], tuple[frozenset[str], str]]] = {
    ("searcher", "set_search_properties"): (
        frozenset(),
        "Write setup(self, space, objectives): the space comes flat, and results come turned so "
        "that less is better.",
    ),
    ("searcher", "save"): (frozenset({"checkpoint_path"}), _SAVED),
    ("searcher", "restore"): (frozenset({"checkpoint_path"}), _SAVED),
    ("searcher", "save_to_dir"): (frozenset({"checkpoint_dir"}), _SAVED),
    ("searcher", "restore_from_dir"): (frozenset({"checkpoint_dir"}), _SAVED),
    ("searcher", "set_max_concurrency"): (
        frozenset({"max_concurrent"}),
        "Put a ConcurrencyLimiter around the searcher; suggest(self, pending) sees what is under "
        "way.",
    ),
    ("scheduler", "set_search_properties"): (
        frozenset(),
        "Write setup(self, objectives, rng): an objective knows its metric and its mode.",
    ),
    ("scheduler", "on_trial_error"): (
        frozenset(),
        "Write on_trial_complete(self, trial, result, outcome): its outcome is then 'failed'.",
    ),
    ("scheduler", "on_trial_remove"): (
        frozenset(),
        "Write on_trial_complete(self, trial, result, outcome): a trial that was paused or queued "
        "when the run ended is told there, too.",
    ),
    ("scheduler", "save"): (frozenset({"checkpoint_path"}), _SAVED_DECISIONS),
    ("scheduler", "restore"): (frozenset({"checkpoint_path"}), _SAVED_DECISIONS),
}


def method_here(role: str, name: str, method: Callable[..., Any]) -> str:
    """What a method of Ray Tune's is here; empty for any other method."""
    arguments, sentence = _METHODS.get((role, name), (frozenset(), ""))
    named = inspect.signature(method).parameters if sentence else ()
    return sentence if all(argument in named for argument in arguments) else ""


def signal_here(hook: str, answer: object) -> str:
    """What an answer of Ray Tune's is here; empty for any other answer."""
    if hook == "searcher_suggest" and answer is None:
        return "Where Ray Tune takes None for 'not now', answer Searcher.WAIT."
    if hook == "scheduler_result" and answer in ("CONTINUE", "PAUSE", "STOP"):
        return f"Ray Tune's word {answer!r} is Scheduler.{answer} here."
    return ""
