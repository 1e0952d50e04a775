"""The conformance kit for searchers, on a searcher with every trait, and on mutants of it."""

import pytest
from kit_runner import failing
from pegbox.testing import SearcherObjectConformance
from reference_searcher import Neighbours
from searcher_mutants import MUTANTS


class Small(SearcherObjectConformance):
    """As few asks as will do for a searcher that learns at once."""

    explored, known, modelled, modelled_spaces, restores, seeds = 60, 12, 6, 2, (1, 4), 1
    made = Neighbours

    def make_searcher(self, **options):
        return self.made(**options)


class TestNeighbours(Small):
    explored = 200


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_caught_by_the_case_that_is_meant_for_it(mutant):
    found = failing(type("OfAMutant", (Small,), {"made": mutant}))
    assert list(found) == [MUTANTS[mutant]], found
