"""Odd arguments to skopt's searcher: a searcher, or a refusal with a hint."""

from __future__ import annotations

import inspect

from hypothesis import given
from hypothesis import strategies as st
from odd_values import ODD, REFUSED, examples, function, nested, pick, tried
from pegbox import TuneConfig, Tuner
from pegbox.space import choice, randint, uniform
from pegbox_skopt.searcher import SkOptSearch

NAMES = [*inspect.signature(SkOptSearch).parameters]
LIKELY = pick(
    ["gp", "et", "EI", "lbfgs", "lhs", "loss", "min", 1, {"x": uniform(0, 1)}, [{"x": 0.5}], 0.1]
)


@examples(60)
@given(
    st.dictionaries(st.sampled_from(NAMES), LIKELY | nested(ODD), max_size=4),
    pick([{}, {"x": uniform(0, 1)}, {"x": choice([1, {"y": randint(0, 3)}])}]),
)
def test_a_skopt_search_is_made_or_refused(options, space):
    searcher = tried(SkOptSearch, **options)
    if searcher is not REFUSED:
        tune = TuneConfig(search_alg=searcher, metric="loss", mode="min", seed=1)
        tried(Tuner, function, param_space=space, tune_config=tune, executor="inline")


@examples(60)
@given(st.lists(LIKELY | nested(ODD), max_size=4), st.sampled_from([list, tuple]))
def test_an_odd_dimension_is_a_domain_or_is_refused(values, kind):
    tried(SkOptSearch, space={"p": kind(values)})
