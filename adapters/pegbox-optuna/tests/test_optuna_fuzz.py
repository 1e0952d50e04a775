"""Odd arguments and spaces to Optuna: points of the space, or a refusal with a hint."""

from __future__ import annotations

import inspect
import random

from hypothesis import given
from hypothesis import strategies as st
from odd_values import ODD, REFUSED, examples, function, nested, pick, tried
from pegbox import TuneConfig, Tuner
from pegbox.objective import make_objectives
from pegbox.space import Space, choice, loguniform, qrandint, quniform, randint, uniform
from pegbox_optuna.searcher import OptunaSearch

NAMES = [*inspect.signature(OptunaSearch).parameters, "n_startup_trials", "multivariate"]
NAMES.remove("sampler_options")
LIKELY = pick(
    ["tpe", "random", "loss", "min", 1, 2, {"x": uniform(0, 1)}, [{"x": 0.5}], [{}], [0.1], True]
)


@examples(150)
@given(
    st.dictionaries(st.sampled_from(NAMES), LIKELY | nested(ODD), max_size=4),
    pick([{}, {"x": uniform(0, 1)}, {"x": choice([1, {"y": randint(0, 3)}])}]),
)
def test_an_optuna_search_is_made_or_refused(options, space):
    searcher = tried(OptunaSearch, **options)
    if searcher is not REFUSED:
        tune = TuneConfig(search_alg=searcher, metric="loss", mode="min", seed=1)
        tried(Tuner, function, param_space=space, tune_config=tune, executor="inline")


_VALUES = (
    st.integers(1, 9).map(lambda upper: uniform(0, upper))
    | st.integers(1, 9).map(lambda upper: loguniform(1e-9, upper))
    | st.integers(1, 2**62).map(lambda upper: randint(0, upper))
    | st.integers(2, 9).map(lambda q: qrandint(0, 9 * q, q))
    | st.integers(1, 9).map(lambda tenths: quniform(0, 1, tenths / 10))
    | st.lists(nested(ODD), min_size=1, max_size=3).map(choice)
    | ODD
)


@examples(60)
@given(st.dictionaries(st.text(max_size=3), nested(_VALUES), max_size=3), st.integers(0, 2**32))
def test_an_optuna_search_proposes_points_of_any_space_that_it_takes(param_space, seed):
    space = tried(Space, param_space)
    if space is REFUSED:
        return
    kinds = {domain.kind for domain in space.domains.values()}
    if not kinds <= OptunaSearch.traits.domains:
        return
    searcher = OptunaSearch(sampler="random")
    rng = random.Random(seed)
    ready = tried(
        searcher.setup,
        space=space.domains,
        objectives=make_objectives("loss", "min"),
        seed=seed,
        num_samples=3,
        conditions=space.conditions,
    )
    if ready is REFUSED:
        return
    for ask in range(3):
        point = searcher.suggest(f"abcde_{ask:05d}", {}, ask, rng.getrandbits(64))
        space.config(space.conform(point))
