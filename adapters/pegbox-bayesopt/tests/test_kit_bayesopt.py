"""bayesian-optimization and the conformance kit. An ask of the model takes a tenth of a second."""

from pegbox.testing import SearcherConformance


class TestConfidenceBound(SearcherConformance):
    searcher = "bayesopt"
    exploring = {"random_search_steps": 10_000}
    known = 12
    modelled = 3
    modelled_spaces = 1
    seeds = 2
    restores = (2,)


class TestDomainReduction(SearcherConformance):
    searcher = "bayesopt"
    options = {"acquisition": "ei", "bounds_transformer": {"eta": 0.3}}
    exploring = {"random_search_steps": 10_000}
    known = 13
    modelled = 3
    modelled_spaces = 1
    # It is not with each that points come too near each other.
    seeds = 4
    restores = (2,)
