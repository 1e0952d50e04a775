"""skopt's estimators and the conformance kit."""

from __future__ import annotations

from typing import ClassVar

from pegbox.testing import SearcherConformance


class TestGaussianProcess(SearcherConformance):
    searcher = "skopt"
    options: ClassVar = {"n_initial_points": 5}
    exploring: ClassVar = {"n_initial_points": 10_000}
    known = 8
    modelled = 2
    modelled_spaces = 2
    restores = (2,)
    seeds = 2


class TestExtraTrees(TestGaussianProcess):
    options: ClassVar = {"estimator": "et", "liar": "cl_mean", "n_initial_points": 5}
    known = 10
    modelled = 3
    modelled_spaces = 1
    seeds = 1
