"""Searchers, what stands around them, and how to make one by name. Ray Tune's names.

The class of every installed searcher is here, too: ``from pegbox.search import OptunaSearch``. It
is imported when it is asked for, and nothing else is.
"""

from __future__ import annotations

from typing import Any

from pegbox._plugins.classes import class_called
from pegbox._plugins.origin import create_by_name
from pegbox.builtin.basic_variant import BasicVariantGenerator
from pegbox.builtin.concurrency_limiter import ConcurrencyLimiter
from pegbox.builtin.repeater import TRIAL_INDEX, Repeater
from pegbox.searcher import FINISHED, WAIT, Searcher
from pegbox.searcher_wrapper import SearcherWrapper

__all__ = [
    "FINISHED",
    "TRIAL_INDEX",
    "WAIT",
    "BasicVariantGenerator",
    "ConcurrencyLimiter",
    "Repeater",
    "Searcher",
    "SearcherWrapper",
    "create_searcher",
]


def create_searcher(search_alg: str, /, **options: Any) -> Any:
    """Make a searcher by its name, for ``TuneConfig(search_alg=...)``.

    A restore makes it again by itself, where all options are JSON data.

    Args:
        search_alg: A name on offer, such as ``"random"`` or ``"optuna"``; ``pegbox plugins``
            lists them.
        **options: Arguments of its class.

    Raises:
        ConfigError: Nobody offers the name, or an option is unknown, missing or refused.
        MissingDependency: The optimizer behind it is not installed.
        PluginError: Its package is broken, or two bring the name.
    """
    return create_by_name("searcher", search_alg, options)


def __getattr__(name: str) -> Any:
    return class_called("searcher", __name__, name)
