"""hyperopt's algorithms and the conformance kit."""

from pegbox.testing import SearcherConformance


class TestTPE(SearcherConformance):
    searcher = "hyperopt"
    exploring = {"n_initial_points": 10_000}


class TestAnneal(SearcherConformance):
    searcher = "hyperopt"
    options = {"algorithm": "anneal"}
    # So late it draws so close to the best points that it meets the pending ones.
    known = 60


class TestRandom(SearcherConformance):
    searcher = "hyperopt"
    options = {"algorithm": "random"}
