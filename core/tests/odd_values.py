"""Values that nobody would pass on purpose, for tests that pass them everywhere."""

from __future__ import annotations

import datetime
import decimal
import fractions
import os
import pathlib
import warnings
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pegbox import PegboxError

__all__ = ["ATOMS", "ODD", "REFUSED", "examples", "nested", "pick", "same", "tried"]

#: What `tried` gives where pegbox refused.
REFUSED = object()


class Rude:
    """Raises at whatever is asked of it."""

    def _refuse(self, *args: object, **kwargs: object) -> Any:
        raise RuntimeError("rude")

    __repr__ = __str__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __float__ = __int__ = __index__ = __contains__ = _refuse


class Text(str):
    """A string of another class."""


class Number(int):
    """An integer of another class."""


class Real(float):
    """A float of another class."""


class RudeItem:
    """Looks like a scalar of numpy, and is none."""

    shape = ()

    def item(self) -> Any:
        raise RuntimeError("rude")


def _circular() -> list[Any]:
    inner: list[Any] = []
    outer: dict[str, Any] = {"inner": inner}
    inner.append(outer)
    return inner


def _deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def _deep_dict(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def function(config: Any) -> dict[str, float]:
    """An ordinary trainable."""
    return {"loss": 0.0}


def pick(values: list[Any]) -> st.SearchStrategy[Any]:
    """One of some values, of which none is asked for its text or compared with another."""
    return st.integers(0, len(values) - 1).map(lambda place: values[place])


#: What JSON knows, in its odd forms.
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    pick([0, 1, -1, 2, 2**31, 2**63, -(2**63) - 1, 10**400, 10**5000]),
    st.floats(),
    st.sampled_from([0.0, -0.0, 5e-324, 1e308, float("nan"), float("inf"), float("-inf")]),
    st.text(st.characters(), max_size=8),
    st.sampled_from(["", " ", "\x00", "\ud800", "a/b", "..", "$float", "$object", "min", "max"]),
    st.sampled_from(["loss", "x", "random", "asha", "grid", "training_iteration", "done", "raise"]),
    st.sampled_from(["1e-3", "10", "nan", "x" * 3000]),
)

#: What JSON does not know.
STRANGE = pick(
    [
        b"bytes",
        bytearray(b"x"),
        1j,
        ...,
        NotImplemented,
        object(),
        Rude(),
        Rude,
        RudeItem(),
        Text("text"),
        Number(3),
        Real(0.5),
        frozenset({1, 2}),
        {1, 2},
        range(3),
        iter([1, 2]),
        lambda: 1,
        lambda config: 1,
        lambda a, b: 1,
        lambda a, b, c: 1,
        print,
        dict,
        int,
        type,
        function,
        Exception("x"),
        decimal.Decimal("1.5"),
        fractions.Fraction(1, 3),
        datetime.timedelta(seconds=3),
        datetime.timedelta(days=-1),
        datetime.timedelta.max,
        datetime.datetime(2020, 1, 1),
        pathlib.PurePosixPath("x"),
        os,
        np,
        np.float64(0.5),
        np.float32("nan"),
        np.int64(3),
        np.bool_(True),
        np.str_("x"),
        np.datetime64("2020-01-01"),
        np.longdouble(1),
        np.array(1.5),
        np.array("x"),
        np.array([1, 2]),
        np.array([]),
        np.array([[1.0, 2.0]]),
        np.array(["a"], dtype=object),
        _circular(),
        _deep(2_000),
        _deep(100_000),
        _deep_dict(2_000),
    ]
)

ODD = ATOMS | STRANGE

_KEYS = (
    st.sampled_from(["a", "b", "x", "loss", "grid_search", "$float", "$pairs", "", "a/b", "config"])
    | st.text(max_size=3)
    | pick([0, 1, None, 1.5, True, (1, 2), b"k", Text("t"), float("nan")])
)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Dicts, lists and tuples around something, some levels deep."""
    return st.recursive(
        leaves,
        lambda inner: (
            st.dictionaries(_KEYS, inner, max_size=4)
            | st.lists(inner, max_size=4)
            | st.lists(inner, max_size=3).map(tuple)
        ),
        max_leaves=8,
    )


def examples(usually: int) -> settings:
    """How many inputs a test tries: always the same, or as many as PEGBOX_FUZZ_EXAMPLES says."""
    wanted = int(os.environ.get("PEGBOX_FUZZ_EXAMPLES", 0))
    return settings(
        max_examples=wanted or usually,
        # A longer hunt looks elsewhere each time.
        derandomize=not wanted,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def same(left: Any, right: Any) -> bool:
    """Whether two plain values are equal and of one type, NaN and NaN included."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return repr(left) == repr(right)
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def tried(make: Any, *args: Any, **options: Any) -> Any:
    """What comes of a call; `REFUSED` where pegbox refused it in words, and with a hint."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # names of Ray Tune's
            return make(*args, **options)
    except PegboxError as refusal:
        _check_words(refusal)
        return REFUSED


def _check_words(refusal: PegboxError) -> None:
    assert refusal.message
    assert refusal.hint, f"no hint: {refusal.message}"
    assert len(str(refusal)) < 3_000
