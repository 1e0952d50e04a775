"""Choices whose values hold parameters: paths, points, configurations, the store, refusals."""

import random

import pytest
from pegbox import jsonvalue
from pegbox.errors import ConfigError
from pegbox.space import (
    Condition,
    Space,
    choice,
    grid_search,
    is_active,
    loguniform,
    missing,
    product_point,
    product_size,
    randint,
    sample_from,
    uniform,
)


class Odd:
    """Nothing that JSON could hold."""

    def __init__(self, value=0):
        self.value = value


def rooms():
    return {
        "model": choice(
            [
                {"kind": "svm", "C": loguniform(1e-3, 1e3)},
                {
                    "kind": "net",
                    "layers": choice([1, [randint(2, 9), randint(2, 9)]]),
                    "act": choice([max, min]),
                    "width": sample_from(lambda spec: 2 * spec.config.model.sizes),
                    "sizes": 8,
                },
                None,
            ]
        ),
        "lr": uniform(0, 1),
    }


NET = {"model": 1, "model/1/layers": 1, "model/1/act": 0, "lr": 0.5}
NET = {**NET, "model/1/layers/1/0": 3, "model/1/layers/1/1": 4}


def test_paths_have_the_index_of_the_value_and_conditions_name_the_choice():
    space = Space(rooms())
    assert list(space.domains) == [
        "model",
        "model/0/C",
        "model/1/layers",
        "model/1/layers/1/0",
        "model/1/layers/1/1",
        "model/1/act",
        "lr",
    ]
    assert space.conditions == {
        "model/0/C": Condition("model", 0),
        "model/1/layers": Condition("model", 1),
        "model/1/layers/1/0": Condition("model/1/layers", 1),
        "model/1/layers/1/1": Condition("model/1/layers", 1),
        "model/1/act": Condition("model", 1),
    }


def test_no_path_meets_a_users_own_name():
    space = Space({"a": choice([{"0": uniform(0, 1)}, uniform(1, 2)]), "a0": uniform(0, 1)})
    assert list(space.domains) == ["a", "a/0/0", "a/1", "a0"]
    assert space.config({"a": 1, "a/1": 1.5, "a0": 0.0}) == {"a": 1.5, "a0": 0.0}


def test_a_configuration_has_what_was_chosen_and_functions_read_it():
    space = Space(rooms())
    net = {"kind": "net", "layers": [3, 4], "act": max, "width": 16, "sizes": 8}
    assert space.config(NET) == {"model": net, "lr": 0.5}
    assert space.config({"model": 2, "lr": 0.5}) == {"model": None, "lr": 0.5}
    assert space.config({"model": 0, "model/0/C": 2.0, "lr": 0.5})["model"]["C"] == 2.0


def test_values_without_parameters_beside_others_are_the_very_objects():
    shared, odd = {"a": [1]}, Odd()
    space = Space({"x": choice([shared, odd, Odd, {"b": uniform(0, 1)}])})
    assert space.config({"x": 0})["x"] is shared
    assert space.config({"x": 1})["x"] is odd
    assert space.config({"x": 2})["x"] is Odd


def test_what_does_not_exist_may_be_in_a_point_and_counts_for_nothing():
    space = Space(rooms())
    whole = space.seen(NET, conditions=False)
    assert list(whole) == list(space.domains)
    assert space.conform(whole) == whole
    assert space.config(whole) == space.config(NET)
    assert space.seen(whole, conditions=True) == space.conform(NET) == space.conform(dict(NET))
    assert not is_active("model/1/layers/1/0", {"model": 0, "model/1/layers": 1}, space.conditions)


def test_what_varies_has_its_place_in_the_configuration():
    space = Space(rooms())
    assert space.columns == (
        "model/kind",
        "model/C",
        "model/layers",
        "model/layers/0",
        "model/layers/1",
        "model/act",
        "model/width",
        "model/sizes",
        "model",
        "lr",
    )
    assert space.varied(space.config(NET), NET) == {
        "model/kind": "net",
        "model/layers/0": 3,
        "model/layers/1": 4,
        "model/act": max,
        "model/width": 16,
        "model/sizes": 8,
        "lr": 0.5,
    }
    assert space.varied({"model": None, "lr": 0.5}) == {"model": None, "lr": 0.5}


def test_the_store_gives_back_objects_of_a_branch_also_after_a_scheduler_changed_it():
    space = Space(rooms())
    for config, point in ((space.config(NET), NET), (space.config(NET), None)):
        config["model"]["layers"] = [9, 4]
        encoded = jsonvalue.loads(jsonvalue.dumps(space.encode_config(config, point)))
        assert encoded["model"]["act"] == {
            "$object": {"path": "model/1/act", "index": 0, "repr": "<built-in function max>"}
        }
        assert space.decode_config(encoded) == config
    assert missing(space.describe()) == ["model/1/act", "model/1/width"]


def test_an_object_that_a_function_made_inside_a_branch_is_made_again():
    space = Space(
        {
            "model": choice([{"a": uniform(0, 1)}, {"a": uniform(0, 1), "made": "b"}]),
            "made": sample_from(lambda config: Odd(config["model"]["a"])),
            "list": [choice([None, {"o": sample_from(lambda config, rng: Odd(rng.random()))}])],
        }
    )
    point = {"model": 0, "model/0/a": 0.25, "list/0": 1}
    config = space.config(point, seed=7)
    encoded = jsonvalue.loads(jsonvalue.dumps(space.encode_config(config, point, seed=7)))
    back = space.decode_config(encoded)
    assert back["made"].value == config["made"].value == 0.25
    assert back["list"][0]["o"].value == config["list"][0]["o"].value


def test_a_restored_space_is_the_same_and_another_one_is_refused():
    stored = jsonvalue.loads(jsonvalue.dumps(Space(rooms()).describe()))
    alone = Space.from_description(stored)
    assert alone.conditions == Space(rooms()).conditions
    assert alone.domains["model"].size == 3
    assert Space.from_description(stored, rooms()).config(NET)["model"]["act"] is max
    changed = rooms()
    changed["model"].values[0]["C"] = loguniform(1e-3, 10)
    with pytest.raises(ConfigError, match=r"\n    model/0/C: stored .*1000.0.* passed .*10.0"):
        Space.from_description(stored, changed)
    with pytest.raises(
        ConfigError, match=r"\n    model: stored .*\"size\":3.* passed .*\"size\":4"
    ):
        Space.from_description(stored, {**changed, "model": choice([1, 2, 3, uniform(0, 1)])})


def test_the_older_form_of_a_description_is_read_and_a_newer_refused():
    data = Space({"x": uniform(0, 1)}).describe()
    assert list(Space.from_description({**data, "format": 1}).domains) == ["x"]
    with pytest.raises(ConfigError) as caught:
        Space.from_description({**data, "format": 3})
    assert str(caught.value) == (
        "the stored space has format 3; this version of pegbox reads up to format 2\n"
        "  Open it with the version of pegbox that wrote it."
    )


def test_the_value_of_a_grid_may_hold_parameters_which_are_drawn():
    space = Space({"g": grid_search([{"a": uniform(0, 1)}, {"b": randint(0, 3)}]), "h": 1})
    assert space.grid_size == 2
    points = [space.sample(random.Random(0), space.grid_point(i)) for i in range(2)]
    assert [list(point) for point in points] == [["g", "g/0/a"], ["g", "g/1/b"]]


def test_combinations_are_counted_along_the_branches():
    space = Space(
        {
            "m": choice([{"a": choice([1, 2, 3])}, {"b": choice([4, {"c": choice([5, 6])}])}, 7]),
            "n": choice([8, 9]),
        }
    )
    size = product_size(space.domains, space.conditions)
    assert size == (3 + (1 + 2) + 1) * 2
    points = [product_point(space.domains, i, space.conditions) for i in range(size)]
    assert len({repr(space.config(point)) for point in points}) == size
    assert all(space.conform(point) == point for point in points)


_GRID_HINT = "\n  A grid is gone through in every trial: write it beside, or a choice inside."
_REFUSED = [
    (
        lambda: Space({"a": choice([1, {"b": grid_search([1])}])}),
        "'a' has a grid inside the values of a choice" + _GRID_HINT,
    ),
    (
        lambda: Space({"a": choice([1, {"b": {"grid_search": [1]}}])}),
        "'a' has a grid inside the values of a choice" + _GRID_HINT,
    ),
    (
        lambda: Space({"a": grid_search([1, [choice([grid_search([1])])]])}),
        "'a/1/0' has a grid inside the values of a choice" + _GRID_HINT,
    ),
    (
        lambda: Space({"a": grid_search([1, [grid_search([1])]])}),
        "'a' has a grid inside the values of a grid" + _GRID_HINT,
    ),
    (
        lambda: Space({"a": choice([{"b/c": uniform(0, 1)}])}),
        "the key 'b/c' in 'a/0' has a '/', which separates the names of nested parameters\n"
        "  Nest a dict, or use another character.",
    ),
    (
        lambda: Space({"": uniform(0, 1)}),
        "a key at the top of param_space is empty\n  Parameters have names: use one.",
    ),
    (
        lambda: Space({"a": choice([{uniform(0, 1)}])}),
        "'a/0' has a domain inside a set\n  Domains may stand in dicts, lists and tuples.",
    ),
    (
        lambda: Space(rooms()).conform({"model": 0, "lr": 0.5}),
        "a point lacks a value for 'model/0/C'\n"
        "  A point has a value for every parameter that exists in it.",
    ),
    (
        lambda: Space(rooms()).conform({"model": 2, "lr": 0.5, "model/2": 1}),
        "a point has 'model/2', which is no parameter of the space\n  Did you mean 'model'?",
    ),
    (
        lambda: Space(
            {
                "m": choice([{"a": uniform(0, 1)}, {"b": 1}]),
                "f": sample_from(lambda config: config["m"]["a"]),
            }
        ).config({"m": 1}),
        "the sample_from function of 'f' raised KeyError: \"no parameter 'a'; there are ['b']\"",
    ),
    (
        lambda: Space(
            {
                "m": choice([{"a": sample_from(lambda spec: spec.config.b), "x": uniform(0, 1)}]),
                "b": sample_from(lambda config: config["m"]["a"]),
            }
        ).config({"m": 0, "m/0/x": 0.5}),
        "sample_from functions need each other's values: m/0/a -> b -> m/0/a\n"
        "  Compute one of them from parameters that do not depend on it.",
    ),
]


@pytest.mark.parametrize(("make", "message"), _REFUSED, ids=[text[:60] for _, text in _REFUSED])
def test_refused_in_these_words(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value if "\n" in message else caught.value.message) == message


def test_a_circle_counts_only_where_its_branch_is_chosen():
    space = Space(
        {
            "m": choice([{"a": sample_from(lambda spec: spec.config.b), "x": uniform(0, 1)}, {}]),
            "b": sample_from(lambda config: len(config["m"])),
            "c": sample_from(lambda config: config["m"].get("a", 0)),
        }
    )
    assert space.config({"m": 1}) == {"m": {}, "b": 0, "c": 0}
    assert space.config({"m": 0, "m/0/x": 0.5}) == {"m": {"a": 2, "x": 0.5}, "b": 2, "c": 2}
