"""The functions with which users write domains: what they draw, and each refusal in whole."""

import math
import random
from collections import Counter

import numpy as np
import pegbox as tune
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox import jsonvalue
from pegbox.errors import ConfigError
from pegbox.space import Float, Int, Normal, domain_from_json


def _draws(domain, count=2000):
    rng = random.Random(0)
    return [domain.draw(rng) for _ in range(count)]


# What is drawn ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (tune.quniform(3.2, 5.4, 0.2), Float(3.2, 5.4, step=0.2)),
        (tune.quniform(0.05, 1, 0.1), Float(0.1, 1.0, step=0.1)),
        (tune.quniform(-1, 1.3, 0.5), Float(-1.0, 1.0, step=0.5)),
        (tune.qloguniform(1e-4, 1e-1, 5e-5), Float(1e-4, 1e-1, log=True, step=5e-5)),
        (tune.qloguniform(1e-12, 3, 1), Float(1.0, 3.0, log=True, step=1.0)),
        (tune.randint(-9, 15), Int(-9, 14)),
        (tune.qrandint(-21, 12, 3), Int(-21, 12, step=3)),
        (tune.qrandint(1, 10), Int(1, 10)),
        (tune.qrandint(16, 16, 16), Int(16, 16, step=16)),
        (tune.lograndint(1, 10), Int(1, 9, log=True)),
        (tune.qlograndint(1, 10, 2), Int(2, 10, log=True, step=2)),
        (tune.randn(10, 2), Normal(10.0, 2.0)),
        (tune.qrandn(10, 2, 0.2), Normal(10.0, 2.0, step=0.2)),
        (tune.uniform(0, 1).quantized(0.5), Float(0.0, 1.0, step=0.5)),
        (tune.loguniform(1, 100, base=2), tune.loguniform(1, 100)),
    ],
)
def test_the_functions_have_tunes_meaning_and_multiples_lie_inside(domain, expected):
    assert domain == expected
    assert domain_from_json(jsonvalue.loads(jsonvalue.dumps(domain.to_json()))) == domain


def test_quantized_values_are_all_the_multiples_and_evenly_drawn():
    counts = Counter(_draws(tune.quniform(-0.3, 0.3, 0.1), 7000))
    assert sorted(counts) == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    assert all(850 < count < 1150 for count in counts.values()), "the bounds as often as the rest"
    assert math.copysign(1, min(counts, key=abs)) == 1, "0.0, not -0.0"
    assert set(_draws(tune.qrandint(0, 10, 5))) == {0, 5, 10}
    assert set(_draws(tune.qlograndint(1, 10, 2))) == {2, 4, 6, 8, 10}


def test_logarithmic_draws_are_even_in_the_logarithm_also_with_a_quantum():
    for domain in (tune.qloguniform(1, 1000, 1), tune.lograndint(1, 1001)):
        values = _draws(domain)
        assert 0.45 < sum(value < 31 for value in values) / len(values) < 0.58


def test_normal_draws_have_their_mean_and_spread_and_no_bounds():
    values = _draws(tune.randn(10, 2))
    assert abs(np.mean(values) - 10) < 0.2
    assert abs(np.std(values) - 2) < 0.2
    quantized = _draws(tune.qrandn(0, 1, 0.25))
    assert set(np.array(quantized) * 4 % 1) == {0.0}
    assert min(quantized) < -2
    assert max(quantized) > 2


def test_sample_gives_what_a_trial_would_get():
    assert tune.choice(["a", "b"]).sample() in ("a", "b")
    assert set(tune.choice(["a", "b"]).sample(size=50, random_state=1)) == {"a", "b"}
    for make in (random.Random, np.random.default_rng, np.random.RandomState, int):
        first, second = (tune.uniform(0, 1).sample(random_state=make(5)) for _ in range(2))
        assert first == second, "a seed repeats"
    assert tune.choice([3, 4]).categories == [3, 4]
    with pytest.raises(ConfigError, match="random_state must be a generator or an integer seed"):
        tune.uniform(0, 1).sample(random_state="now")


def test_a_function_may_draw_from_a_domain_that_depends_on_another():
    space = tune.space.Space(
        {
            "low": tune.uniform(1, 2),
            "high": tune.sample_from(
                lambda config, rng: tune.uniform(config["low"], 3).sample(random_state=rng)
            ),
        }
    )
    config = space.config({"low": 1.5}, seed=3)
    assert 1.5 <= config["high"] <= 3
    assert space.config({"low": 1.5}, seed=3) == config
    assert space.config({"low": 1.5}, seed=4) != config


@pytest.mark.parametrize(
    ("domain", "value", "coded"),
    [
        (tune.choice([1, True, "1", None]), True, 1),
        (tune.choice([1, True]), 1.0, 0),
        (tune.choice([(1, 2), [3]]), [1, 2], 0),
        (tune.choice([np.arange(3), np.arange(4)]), np.arange(4), 1),
        (tune.choice([print, max, max]), max, 1),
        (tune.choice(np.array([0.5, 2.5])), 2.5, 1),
        (tune.grid_search([{"a": [1]}]), {"a": (1,)}, 0),
        (tune.quniform(0, 1, 0.1), 0.1 + 0.2, 0.3),
        (tune.randint(0, 3), np.int64(2), 2),
    ],
)
def test_the_way_back_from_what_a_trial_gets(domain, value, coded):
    assert domain.coded(value) == coded
    assert type(domain.coded(value)) in (int, float)


# What is refused ----------------------------------------------------------------------------

_SWAP = "\n  The lower bound comes first: swap them."
_SAME = "\n  A value that does not vary needs no domain: write the number itself."
_LOG = "\n  Use a lower bound above 0, or a range that is not logarithmic."
_FINITE = "\n  Use a number of at most 1e308."
_NUMBER = "\n  Write a number, e.g. 0.1."
_QUOTES = "\n  Write it without quotes, or convert what was read from a file: float(...)."
_SMALLER = "\n  Use a smaller q, or wider bounds."
_DISTANCE = "\n  It is the distance from one value to the next."
_WHOLE = "\n  For other numbers there are uniform, quniform and loguniform."
_MULTIPLES = "\n  Use a smaller q, or bounds that are multiples of it."
_SPREAD = "\n  Write randn(mean, sd); a value that does not vary needs no domain."
_QRANDN = "\n  Write qrandn(mean, sd, q)."
_WITHIN = "\n  Use a value within the bounds, or widen them in param_space."
_INSIDE = [
    (lambda: tune.uniform(2, 1), "lower=2.0 is above upper=1.0" + _SWAP),
    (lambda: tune.uniform(1, 1), "lower and upper are both 1.0" + _SAME),
    (lambda: tune.loguniform(3, 3), "lower and upper are both 3.0" + _SAME),
    (lambda: tune.quniform(5, 1, 1), "lower=5.0 is above upper=1.0" + _SWAP),
    (lambda: tune.qrandint(5, 1, 1), "lower=5 is above upper=1" + _SWAP),
    (lambda: tune.uniform(math.nan, 1), "lower must be finite, got nan" + _FINITE),
    (lambda: tune.uniform(0, math.inf), "upper must be finite, got inf" + _FINITE),
    (lambda: tune.uniform(True, 2), "lower must be a number, got True of type bool" + _NUMBER),
    (lambda: tune.randint(0, "9"), "upper must be a number, got '9' of type str" + _QUOTES),
    (lambda: tune.uniform(None, 2), "lower must be a number, got None of type NoneType" + _NUMBER),
    (lambda: tune.loguniform(0, 1), "a logarithmic range cannot start at lower=0.0" + _LOG),
    (lambda: tune.loguniform(-1, 1), "a logarithmic range cannot start at lower=-1.0" + _LOG),
    (lambda: tune.lograndint(0, 5), "a logarithmic range cannot start at lower=0" + _LOG),
    (lambda: tune.qlograndint(0, 5, 1), "a logarithmic range cannot start at lower=0" + _LOG),
    (lambda: tune.quniform(0, 1, 2), "q=2.0 is larger than the range from 0.0 to 1.0" + _SMALLER),
    (lambda: tune.qrandint(1, 5, 8), "q=8 is larger than the range from 1 to 5" + _SMALLER),
    (lambda: tune.quniform(0, 1, 0), "q must be above 0, got 0.0" + _DISTANCE),
    (lambda: tune.qrandint(0, 9, -2), "q must be above 0, got -2" + _DISTANCE),
    (lambda: tune.quniform(0, 1, math.nan), "q must be finite, got nan" + _FINITE),
    (lambda: tune.qrandint(0, 9, 0.5), "q must be a whole number, got 0.5" + _WHOLE),
    (
        lambda: tune.quniform(0.5, 1.6, 1),
        "between lower=0.5 and upper=1.6 there is one multiple of q=1.0: 1.0\n"
        "  Use a smaller q, or write the number itself.",
    ),
    (
        lambda: tune.qrandint(5, 5, 3),
        "between lower=5 and upper=5 is no multiple of q=3" + _MULTIPLES,
    ),
    (
        lambda: tune.quniform(0, 1e6, 1e-12),
        "q=1e-12 is too small beside 1e+06: floats have about 15 digits\n"
        "  Use a larger q, or none.",
    ),
    (lambda: tune.randn(0, 0), "sd must be above 0, got 0.0" + _SPREAD),
    (lambda: tune.randn(math.inf, 1), "mean must be finite, got inf" + _FINITE),
    (lambda: tune.randn(0, 1e308), "the range of mean and sd must be finite, got inf" + _FINITE),
    (lambda: tune.qrandn(0, 1, 0), "q must be above 0, got 0.0" + _QRANDN),
    (
        lambda: tune.lograndint(4, 4),
        "no whole number is at least lower=4 and below upper=4\n"
        "  The upper bound of lograndint is excluded.",
    ),
    (
        lambda: tune.choice([]),
        "choice needs at least one value, got none\n  Write e.g. choice([1, 2]).",
    ),
    (
        lambda: tune.grid_search(()),
        "grid_search needs at least one value, got none\n  Write e.g. grid_search([1, 2]).",
    ),
    (
        lambda: tune.choice({1, 2}),
        "choice got a set, which has no order: a trial could not be repeated\n"
        "  Write choice(sorted(...)) or choice([...]).",
    ),
    (
        lambda: tune.choice({"a": 1}),
        "choice needs a list of values, got {'a': 1}\n  Write choice([...]).",
    ),
    (
        lambda: tune.choice(["a", "b"]).coded("c"),
        "'c' is none of the 2 values\n  They are ['a', 'b'].",
    ),
    (
        lambda: tune.qrandint(0, 8, 4).coded(5),
        "5 is not 0 plus a multiple of 4\n  The nearest is 4.",
    ),
    (lambda: tune.qrandn(0, 1, 0.5).coded(0.3), "0.3 is no multiple of 0.5\n  The nearest is 0.5."),
    (lambda: tune.uniform(0, 1).coded(1.0000001), "1.0000001 is not between 0.0 and 1.0" + _WITHIN),
]


@pytest.mark.parametrize(("make", "message"), _INSIDE, ids=[text[:60] for _, text in _INSIDE])
def test_refused_in_these_words_and_with_a_hint(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value if "\n" in message else caught.value.message) == message
    assert caught.value.hint


_odd = (
    st.floats()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.booleans()
    | st.none()
    | st.text(max_size=2)
    | st.sampled_from([np.float32(0.1), np.int64(3), 5e-324, 1.7e308, -1.7e308, 1e-14, [], 2**63])
)
_FUNCTIONS = [
    (tune.uniform, 2),
    (tune.quniform, 3),
    (tune.loguniform, 2),
    (tune.qloguniform, 3),
    (tune.randn, 2),
    (tune.qrandn, 3),
    (tune.randint, 2),
    (tune.qrandint, 3),
    (tune.lograndint, 2),
    (tune.qlograndint, 3),
]


@pytest.mark.parametrize(
    ("function", "count"), _FUNCTIONS, ids=lambda each: getattr(each, "__name__", str(each))
)
@given(data=st.data())
def test_whatever_comes_is_a_domain_that_draws_inside_or_refused(function, count, data):
    arguments = data.draw(st.tuples(*[_odd] * count))
    try:
        domain = function(*arguments)
    except ConfigError as error:
        refused = error
    else:
        refused = None
    if refused:
        assert refused.hint
        return
    for seed in range(3):
        value = domain.draw(random.Random(seed))
        assert domain.conform(value) == value
        assert domain.coded(domain.value(value)) == value
