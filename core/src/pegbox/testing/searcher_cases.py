"""What a searcher's tests say once: how it is made, and how much it can bear; no cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from pegbox._plugins.origin import create_by_name
from pegbox.errors import UnsupportedSpace
from pegbox.searcher import Searcher, Traits
from pegbox.space import Space, uniform
from pegbox.space.presented import Presentation
from pegbox.testing.conformance import Conformance
from pegbox.testing.searcher_rig import SearcherRig

__all__ = ["PLANE", "SearcherCases", "bowl"]

#: Two numbers between 0 and 1: where learning is looked at.
PLANE: Final = {"x": uniform(0, 1), "y": uniform(0, 1)}


def bowl(point: Mapping[str, float | int]) -> list[float]:
    """A loss on `PLANE`: the squared distance from (0.7, 0.2)."""
    return [(point["x"] - 0.7) ** 2 + (point["y"] - 0.2) ** 2]


class SearcherCases(Conformance):
    """How the searcher under test is made.

    Attributes:
        searcher: Its name on offer. Where it has none, override `make_searcher`.
        options: Its arguments, JSON data.
        exploring: Arguments that are added where very many points are asked for, so that none of
            them comes from a model that takes long: a large number of initial points, say.
        explored: For how many points of each random space it is asked.
        known: How many results it is told before its model is asked.
        modelled: How many points its model is asked for in each check.
        modelled_spaces: In how many of the random spaces its model is asked.
        restores: After every how many tells it is restored, once for each.
        seeds: With how many seeds what depends on luck is tried.
    """

    role: ClassVar[str] = "searcher"
    searcher: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    exploring: ClassVar[Mapping[str, Any]] = {}
    explored: ClassVar[int] = 200
    known: ClassVar[int] = 20
    modelled: ClassVar[int] = 10
    modelled_spaces: ClassVar[int] = 4
    restores: ClassVar[Sequence[int]] = (1, 3)
    seeds: ClassVar[int] = 3

    def make_searcher(self, **options: Any) -> Any:
        """A new searcher.

        Args:
            **options: To be added to what it is made with anyhow.
        """
        return create_by_name("searcher", self.searcher, {**self.options, **options})

    @property
    def traits(self) -> Traits:
        """What the searcher says of itself."""
        traits: Traits = getattr(self.make_searcher(), "traits", Searcher.traits)
        return traits

    def rig(
        self, space: Mapping[str, Any] = PLANE, *, explores: bool = False, **arguments: Any
    ) -> SearcherRig:
        """The searcher, set up for a space.

        Args:
            space: As ``param_space``; what the searcher cannot be shown is left out.
            explores: Whether it is made with ``exploring`` as well.
            **arguments: Of `SearcherRig`.
        """
        options = self.exploring if explores else {}
        shown = space if arguments.get("as_it_is") else self._presentable(space)
        return SearcherRig(lambda: self.make_searcher(**options), shown, **arguments)

    def _presentable(self, space: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without parameters that the core refuses by the traits; `PLANE` where none is left."""
        if space is PLANE:
            return space
        traits = self.traits
        return {n: each for n, each in space.items() if _can_be_shown(each, traits)} or PLANE


def _can_be_shown(entry: Any, traits: Traits) -> bool:
    try:
        Presentation(Space({"entry": entry}), traits)
    except UnsupportedSpace:
        return False
    return True
