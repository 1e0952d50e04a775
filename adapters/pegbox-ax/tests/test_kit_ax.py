"""The conformance kit, joined by Ax."""

from __future__ import annotations

from pegbox.testing import SearcherConformance


class TestAx(SearcherConformance):
    searcher = "ax"
    # Beyond this many trials an ask goes to the model.
    exploring = {"initialization_budget": 1000}
    known = 4
    modelled = 2
    modelled_spaces = 1
    restores = (3,)
    seeds = 1
