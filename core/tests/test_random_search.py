"""Random search: seeded asks, grids gone through in turn, an end."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from pegbox.builtin.random_search import RandomSearch
from pegbox.searcher import FINISHED
from pegbox.space import Space, choice, grid_search, loguniform, randint, uniform

_TREE = {
    "lr": loguniform(1e-5, 1),
    "n": [randint(1, 9), choice(["a", "b"])],
    "g": grid_search([1, 2, 3]),
}


def _searcher(space, num_samples, points=(), **options):
    searcher = RandomSearch(**options)
    searcher.setup(space.domains, (), 0, num_samples, space.conditions, points)
    return searcher


def test_points_are_whole_inside_and_in_the_spaces_order():
    space = Space({**_TREE, "h": grid_search(["x", "y"])})
    searcher = _searcher(space, 4)
    for ask in range(24):
        point = searcher.suggest("t", {}, ask, seed=ask)
        assert list(point) == list(space.domains)
        assert space.conform(point) == point


@given(st.permutations(range(9)))
def test_the_order_of_asks_and_tells_changes_nothing(order):
    space = Space(_TREE)
    straight, mixed = _searcher(space, 3), _searcher(space, 3)
    expected = [straight.suggest("t", {}, ask, seed=100 + ask) for ask in range(9)]
    got = {ask: mixed.suggest("t", {}, ask, seed=100 + ask) for ask in order}
    assert [got[ask] for ask in range(9)] == expected


@given(st.lists(st.integers(1, 3), max_size=3), st.integers(0, 4))
def test_each_combination_of_the_grids_comes_exactly_num_samples_times(sizes, num_samples):
    tree = {f"g{i}": [grid_search(range(size))] for i, size in enumerate(sizes)}
    space = Space({**tree, "x": uniform(0, 1)})
    searcher = _searcher(space, num_samples)
    total = num_samples * space.grid_size
    points = [searcher.suggest("t", {}, ask, seed=ask) for ask in range(total)]
    counts = Counter(tuple(v for p, v in point.items() if p != "x") for point in points)
    assert len(counts) == (space.grid_size if num_samples else 0)
    assert set(counts.values()) <= {num_samples}
    assert len({point["x"] for point in points}) == total
    assert searcher.suggest("t", {}, total, seed=total) is FINISHED


def test_without_a_bound_it_never_ends():
    searcher = _searcher(Space(_TREE), -1)
    assert searcher.suggest("t", {}, 10**9, seed=1) is not FINISHED
