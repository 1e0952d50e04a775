"""The conformance kit on Optuna's samplers."""

from pegbox.testing import SearcherConformance


class TestTPE(SearcherConformance):
    searcher = "optuna"
    exploring = {"n_startup_trials": 1000}
