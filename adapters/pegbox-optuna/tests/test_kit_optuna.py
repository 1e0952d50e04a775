"""The conformance kit on Optuna's samplers; brute force, which takes no floats, has other tests."""

from pegbox.testing import SearcherConformance


class TestTPE(SearcherConformance):
    searcher = "optuna"
    exploring = {"n_startup_trials": 1000}


class TestGP(SearcherConformance):
    searcher = "optuna"
    options = {"sampler": "gp", "n_startup_trials": 3}
    exploring = {"n_startup_trials": 1000}
    known = 5
    modelled = 1
    modelled_spaces = 1
    restores = (3,)
    seeds = 1


class TestCMAES(SearcherConformance):
    searcher = "optuna"
    options = {"sampler": "cmaes"}
    restores = (3,)


class TestNSGAII(SearcherConformance):
    searcher = "optuna"
    options = {"sampler": "nsgaii", "population_size": 8}
    known = 40
    restores = (3,)


class TestQMC(SearcherConformance):
    searcher = "optuna"
    options = {"sampler": "qmc", "scramble": True}
    known = 8
    restores = (3,)
