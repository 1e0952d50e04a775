"""The contract of what stands around a searcher: limits, repeats, filters, traces.

A wrapper is no searcher. It is registered after the one that it stands around, on the same plugin
manager, and is asked before it: what it does not answer goes on inwards. An ask that it answers
never reaches the searcher; a tell that it answers with `KEPT` is kept from it. What the searcher is
to be asked or told instead goes through `SearcherWrapper.inner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pegbox.decisions import KEPT
from pegbox.errors import ConfigError
from pegbox.searcher import Traits

__all__ = ["KEPT", "InnerSearcher", "SearcherWrapper"]


class InnerSearcher(Protocol):
    """What a wrapper stands around: the searcher, with the wrappers that are further in."""

    def call(self, hook_name: str, /, **arguments: Any) -> Any:
        """Call a hook there and nowhere else.

        Args:
            hook_name: E.g. ``"searcher_suggest"``.
            **arguments: The hook's arguments. Those that are left out are as in the call of this
                hook that the wrapper is answering; in any other place all are needed.

        Returns:
            The answer; None where nobody in there implements the hook.

        Raises:
            PluginError: The plugin in there raised, or answered what it may not; it is named.
        """

    def takes(self, hook_name: str, argument: str, /) -> bool:
        """Whether all that implement a hook in there name an argument of it.

        Args:
            hook_name: E.g. ``"searcher_complete"``.
            argument: E.g. ``"config"``. What is taken with ``**info`` is not named.
        """


class SearcherWrapper:
    """Base class of wrappers. A subclass marks methods with `pegbox.hookspecs.hookimpl`, by the
    names of the hooks (``searcher_suggest``, ...), with the arguments that it needs.

    The rules of `pegbox.searcher.Searcher` hold for it too: it is set up once for a run, and after
    a restore it is told everything that is known through ``searcher_observe``. It may answer
    `WAIT` only while something is pending, or nothing would ever ask again.

    Args:
        searcher: What it stands around: a searcher, the name of one, a name with options, or
            another wrapper.
        **options: The other arguments, which a restore can make it again from. JSON data.

    Attributes:
        searcher: As it was given.
        options: As they were given.
        inner: The way to what it stands around; there from the setup on.

    Raises:
        ConfigError: There is no searcher.
    """

    inner: InnerSearcher

    def __init__(self, searcher: Any, **options: Any) -> None:
        if searcher is None:
            raise ConfigError(
                f"{type(self).__name__} stands around a searcher, and got None",
                hint=f'Write e.g. {type(self).__name__}("random", ...).',
            )
        self.searcher = searcher
        self.options: Mapping[str, Any] = options

    def adjusted(self, traits: Traits) -> Traits:
        """What the whole can do.

        Args:
            traits: What the searcher inside can do; the answer, unless this is overridden.
        """
        return traits

    def most_pending(self, inside: int | None) -> int | None:
        """How many trials there can be without an answer; no more workers are started than that.

        Args:
            inside: What holds for what is inside; None for any number.
        """
        return inside

    def asks_inside(self, asks: int) -> int:
        """How many asks what is inside has had, by their numbers, after so many of this one.

        At a restore that says what comes next there: points to try first are found by the number
        of the ask.

        Args:
            asks: How many this one has had.
        """
        return asks
