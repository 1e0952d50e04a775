"""JSON with NaN and infinity: round trips, what is made plain, what is refused."""

import enum
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox import jsonvalue
from pegbox.errors import ConfigError

_keys = st.sampled_from(["a", "b/c", "$float", "$dict", "$object", "$", "$$x"])
_atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["nan", "$float", '{"$float":"nan"}'])
)
_values = st.recursive(
    _atoms, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3)
)


@given(_values)
def test_every_value_comes_back_and_the_text_is_strict_json(value):
    text = jsonvalue.dumps(value)
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert jsonvalue.loads(text) == value
    assert jsonvalue.loads(text.encode()) == value


def test_the_encoding_that_the_documents_state():
    value = {"a": float("nan"), "b": [float("inf"), -float("inf")], "c": 1.5}
    text = '{"a":{"$float":"nan"},"b":[{"$float":"inf"},{"$float":"-inf"}],"c":1.5}'
    assert jsonvalue.dumps(value) == text
    back = jsonvalue.loads(text)
    assert math.isnan(back["a"])
    assert back["b"] == [math.inf, -math.inf]


def test_a_users_dict_that_looks_like_ours_is_kept_apart():
    value = {"$float": "nan"}
    assert jsonvalue.dumps(value) == '{"$dict":{"$float":"nan"}}'
    assert jsonvalue.loads(jsonvalue.dumps(value)) == value
    assert jsonvalue.dumps({"$object": 1}) == '{"$object":1}'


class Color(enum.StrEnum):
    RED = "red"


class Size(enum.IntEnum):
    BIG = 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        (np.str_("a"), "a"),
        ((1, (2,)), [1, [2]]),
        (Color.RED, "red"),
        (Size.BIG, 3),
        ({"a": np.int32(1)}, {"a": 1}),
    ],
)
def test_plain_gives_plain_python(value, expected):
    got = jsonvalue.plain(value)
    assert got == expected
    assert type(got) is type(expected)
    assert jsonvalue.loads(jsonvalue.dumps(value)) == expected


class Thing:
    pass


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, {2}]}, "m/a/1 is of type set,"),
        ({"a": b"x"}, "m/a is of type bytes,"),
        ({"a": 1j}, "m/a is of type complex,"),
        ({"a": np.zeros(3)}, "m/a is of type numpy.ndarray,"),
        ({"a": np.datetime64("2020-01-01")}, "m/a is of type numpy.datetime64,"),
        ({"a": Thing()}, "m/a is of type "),
        ({"a": {1: 2}}, "the key 1 in m/a is of type int"),
        ({"a": 1 << 1_023}, "m/a is an integer of 1024 bits"),
    ],
)
def test_plain_refuses_what_json_cannot_hold_by_its_place(value, message):
    with pytest.raises(ConfigError) as caught:
        jsonvalue.plain(value, "m")
    assert str(caught.value).startswith(message)


def test_a_value_that_contains_itself_is_refused():
    circle = []
    circle.append(circle)
    with pytest.raises(ConfigError, match="contains itself"):
        jsonvalue.dumps(circle)


def test_dumps_names_what_it_cannot_write():
    with pytest.raises(ConfigError, match=r"^a/0 is of type set"):
        jsonvalue.dumps({"a": [{1}]})


def test_flatten_joins_names():
    nested = {"a": {"b": {"c": 1}, "d": [2]}, "e": {}, "f": 3}
    assert jsonvalue.flatten(nested) == {"a/b/c": 1, "a/d": [2], "e": {}, "f": 3}


def test_flatten_refuses_two_values_of_one_name():
    with pytest.raises(ConfigError, match="'a/b'"):
        jsonvalue.flatten({"a/b": 1, "a": {"b": 2}})


def test_a_choice_is_shown_by_its_parts_or_by_itself_where_it_has_none():
    paths = ["model/C", "model/sizes/0", "model/sizes", "model", "lr"]
    config = {"model": {"C": 1.0, "sizes": [4]}, "lr": 0.5}
    assert jsonvalue.chosen(config, paths) == {"model/C": 1.0, "model/sizes/0": 4, "lr": 0.5}
    assert jsonvalue.chosen({"model": None, "lr": 0.5}, paths) == {"model": None, "lr": 0.5}
    assert jsonvalue.chosen(config, ["model"]) == {"model": {"C": 1.0, "sizes": [4]}}
