"""The conformance kit for wrappers, on those that come along, on another one and its mutants."""

import pytest
from kit_runner import failing
from pegbox.builtin.concurrency_limiter import ConcurrencyLimiter
from pegbox.builtin.repeater import Repeater
from pegbox.testing import SearcherWrapperConformance
from reference_wrapper import AtMost
from wrapper_mutants import MUTANTS


class TestLimiter(SearcherWrapperConformance):
    wrapper = "concurrency_limiter"
    options = {"max_concurrent": 3}


class TestBatches(SearcherWrapperConformance):
    wrapper = "concurrency_limiter"
    options = {"max_concurrent": 4, "batch": True}


class TestRepeater(SearcherWrapperConformance):
    wrapper = "repeater"
    options = {"repeat": 3}


class TestLimiterAroundRepeater(SearcherWrapperConformance):
    def make_wrapper(self, searcher):
        return ConcurrencyLimiter(Repeater(searcher, 2), 5)


class OfAnObject(SearcherWrapperConformance):
    made, trials = AtMost, 12

    def make_wrapper(self, searcher):
        return self.made(searcher)


class TestAtMost(OfAnObject):
    pass


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_caught_by_the_case_that_is_meant_for_it(mutant):
    found = failing(type("OfAMutant", (OfAnObject,), {"made": mutant}))
    assert list(found) == [MUTANTS[mutant]], found
