"""Odd arguments to hyperopt's searcher: a searcher, or a refusal with a hint."""

from __future__ import annotations

import inspect

from hyperopt import hp
from hyperopt.pyll import scope
from hypothesis import given
from hypothesis import strategies as st
from odd_values import ODD, REFUSED, examples, function, nested, pick, tried
from pegbox import TuneConfig, Tuner
from pegbox.space import choice, randint, uniform
from pegbox_hyperopt.searcher import HyperOptSearch

NAMES = [*inspect.signature(HyperOptSearch).parameters, "n_EI_candidates", "shrink_coef"]
NAMES.remove("algorithm_options")
LIKELY = pick(
    ["tpe", "anneal", "random", "loss", "min", 1, 2, {"x": uniform(0, 1)}, [{"x": 0.5}], [{}], 0.1]
)


@examples(60)
@given(
    st.dictionaries(st.sampled_from(NAMES), LIKELY | nested(ODD), max_size=4),
    pick([{}, {"x": uniform(0, 1)}, {"x": choice([1, {"y": randint(0, 3)}])}]),
)
def test_a_hyperopt_search_is_made_or_refused(options, space):
    searcher = tried(HyperOptSearch, **options)
    if searcher is not REFUSED:
        tune = TuneConfig(search_alg=searcher, metric="loss", mode="min", seed=1)
        tried(Tuner, function, param_space=space, tune_config=tune, executor="inline")


_MAKERS = pick([hp.uniform, hp.quniform, hp.loguniform, hp.normal, hp.randint, hp.choice])


@examples(60)
@given(_MAKERS, st.lists(LIKELY | nested(ODD), max_size=3), st.booleans())
def test_an_expression_with_odd_arguments_is_a_domain_or_is_refused(make, arguments, whole):
    try:
        expression = make("label", *arguments)
    except Exception:
        return  # hyperopt's own refusal
    tried(HyperOptSearch, {"p": scope.int(expression) if whole else expression})
