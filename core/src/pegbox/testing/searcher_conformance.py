"""The kits for searchers: all cases of one that a package brings, and of one that none does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pegbox.testing.package_cases import PackageCases
from pegbox.testing.searcher_learning import LearningCases
from pegbox.testing.searcher_points import PointCases
from pegbox.testing.searcher_repeating import RepeatingCases

__all__ = ["SearcherConformance", "SearcherObjectConformance"]


class SearcherObjectConformance(PointCases, LearningCases, RepeatingCases):
    """What every searcher has to do, for one without a name; a subclass gives `make_searcher`.

    ::

        class TestMySearch(SearcherObjectConformance):
            def make_searcher(self, **options):
                return MySearch(**options)

    The attributes are those of `pegbox.testing.searcher_cases.SearcherCases`. Each trait is
    verified both ways, but for ``cheap`` and ``lookahead``, which are a matter of time.
    """


class SearcherConformance(SearcherObjectConformance, PackageCases):
    """What every searcher has to do that a package brings under a name.

    ::

        class TestMySearch(SearcherConformance):
            searcher = "mine"                       # its name on offer
            exploring = {"n_initial_points": 1000}  # so that asks are cheap where many are needed
            known_failures = {"repeats": "its optimizer keeps a state that tells do not bring back"}

    See `SearcherObjectConformance`.
    """

    def plugin(self, tmp_path: Path) -> Any:
        """A new searcher."""
        return self.make_searcher()
