"""`SearcherConformance`: all cases of a searcher."""

from __future__ import annotations

from pegbox.testing.searcher_learning import LearningCases
from pegbox.testing.searcher_package import PackageCases
from pegbox.testing.searcher_points import PointCases
from pegbox.testing.searcher_repeating import RepeatingCases

__all__ = ["SearcherConformance"]


class SearcherConformance(PointCases, LearningCases, RepeatingCases, PackageCases):
    """What every searcher has to do; one short subclass joins it.

    ::

        class TestMySearch(SearcherConformance):
            searcher = "mine"                       # its name on offer
            exploring = {"n_initial_points": 1000}  # so that asks are cheap where many are needed
            known_failures = {"repeats": "its optimizer keeps a state that tells do not bring back"}

    The attributes are those of `pegbox.testing.searcher_cases.SearcherCases`. Each trait is
    verified both ways, but for ``cheap`` and ``lookahead``, which are a matter of time.
    """
