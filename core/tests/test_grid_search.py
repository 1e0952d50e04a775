"""Grid search: the whole product, repeated, and what cannot be gone through."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox.builtin.grid_search import GridSearch
from pegbox.errors import UnsupportedSpace
from pegbox.searcher import FINISHED
from pegbox.space import Float, Int, Space, choice, grid_search, randint, uniform


def _configs(tree, num_samples, points=()):
    space = Space(tree)
    searcher = GridSearch()
    searcher.setup(space.domains, (), 0, num_samples, space.conditions, points)
    configs = []
    while (point := searcher.suggest("t", {}, len(configs), seed=len(configs))) is not FINISHED:
        configs.append(space.config(space.conform(point)))
    return configs


def test_three_by_three_with_ten_samples_is_ninety():
    configs = _configs({"a": grid_search([1, 2, 3]), "b": {"grid_search": ["x", "y", "z"]}}, 10)
    counts = Counter((config["a"], config["b"]) for config in configs)
    assert len(configs) == 90
    assert set(counts.values()) == {10}


def test_grids_in_lists_choices_and_ranges_multiply():
    tree = {
        "layers": [grid_search([16, 32]), choice([8, 4])],
        "n": randint(0, 3),
        "q": Float(0, 1, step=0.5),
        "m": Int(10, 30, step=10),
    }
    configs = _configs(tree, 1)
    assert len(configs) == 2 * 2 * 3 * 3 * 3
    assert {config["q"] for config in configs} == {0.0, 0.5, 1.0}
    assert {config["m"] for config in configs} == {10, 20, 30}


@given(st.lists(st.integers(1, 4), max_size=4), st.integers(0, 3))
def test_each_combination_comes_exactly_num_samples_times(sizes, num_samples):
    tree = {f"p{i}": choice(range(size)) for i, size in enumerate(sizes)}
    counts = Counter(tuple(config.values()) for config in _configs(tree, num_samples))
    product = 1
    for size in sizes:
        product *= size
    assert len(counts) == (product if num_samples else 0)
    assert set(counts.values()) <= {num_samples}


def test_without_a_bound_it_goes_round():
    searcher = GridSearch()
    searcher.setup(Space({"a": grid_search([1, 2])}).domains, (), 0, -1, {}, ())
    assert searcher.suggest("t", {}, 1001, seed=0) == {"a": 1}


@pytest.mark.parametrize(
    ("domain", "count"), [(uniform(0, 1), "infinitely many"), (randint(0, 5000), "5,000")]
)
def test_what_cannot_be_gone_through_is_refused_by_name(domain, count):
    with pytest.raises(UnsupportedSpace, match=rf"'model/lr'.*{count} values"):
        _configs({"model": {"lr": domain}}, 1)
