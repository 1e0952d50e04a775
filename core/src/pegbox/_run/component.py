"""A searcher or scheduler that was chosen: what it is, and how the store remembers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pegbox.searcher import Searcher, Traits
from pegbox.searcher_wrapper import SearcherWrapper

__all__ = ["Component"]


@dataclass(frozen=True, slots=True)
class Component:
    """A searcher or a scheduler that was chosen.

    Attributes:
        name: Its name on offer, or its class's name where the user passed an object.
        options: What it was made with; empty for an object.
        by_name: Whether a restore can make it again from name and options.
        plugin: The object.
        package: ``"package version"`` that brought it, or empty.
        inner: What a wrapper stands around; None for everything else.
        silent: Whether it is a part of the core, and named nowhere.
    """

    name: str
    options: Mapping[str, Any]
    by_name: bool
    plugin: Any
    package: str = ""
    inner: Component | None = None
    silent: bool = False

    @property
    def core(self) -> Component:
        """What proposes: itself, or what is inside of all wrappers."""
        return self if self.inner is None else self.inner.core

    @property
    def label(self) -> str:
        """The name for people: ``concurrency_limiter(optuna)``."""
        if self.inner is None:
            return self.name
        return self.inner.label if self.silent else f"{self.name}({self.inner.label})"

    @property
    def traits(self) -> Traits:
        """What a searcher can do; one that does not say can do what most can."""
        if self.inner is not None:
            wrapper: SearcherWrapper = self.plugin
            return wrapper.adjusted(self.inner.traits)
        traits: Traits = getattr(self.plugin, "traits", Searcher.traits)
        return traits

    @property
    def own_seed(self) -> int | None:
        """What a searcher was given in the place of the run's seed."""
        seed: int | None = getattr(self.core.plugin, "own_seed", None)
        return seed

    @property
    def most_pending(self) -> int | None:
        """How many trials a searcher lets be without an answer; None for any number."""
        if self.inner is None:
            return None
        wrapper: SearcherWrapper = self.plugin
        return wrapper.most_pending(self.inner.most_pending)

    def asks_inside(self, asks: int) -> int:
        """How often what proposes has been asked for a point, after so many trials."""
        if self.inner is None:
            return asks
        wrapper: SearcherWrapper = self.plugin
        return self.inner.asks_inside(wrapper.asks_inside(asks))

    def layers(self) -> Iterator[Component]:
        """From the innermost to itself, as they are registered."""
        if self.inner is not None:
            yield from self.inner.layers()
        yield self

    def identity(self) -> dict[str, Any]:
        """What tells it from another choice, as JSON data."""
        around = {} if self.inner is None else {"around": self.inner.identity()}
        return {"name": self.name, **self.stored_options(), **around}

    def stored_options(self) -> dict[str, Any]:
        """How the store tells an object from a name."""
        return {"by_name": self.by_name, "options": dict(self.options)}
