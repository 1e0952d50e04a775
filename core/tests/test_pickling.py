"""The object inside a trainable that cannot be pickled is named, with the way to it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pegbox._trial.pickling import dump
from pegbox.errors import ConfigError

LOCK = threading.Lock()
LOCKED = "is of type _thread.lock, which cannot be pickled (TypeError: cannot pickle '_thread.lock'"


class Holder:
    def __init__(self) -> None:
        self.inner = {"locks": [1, LOCK]}


class Slotted:
    __slots__ = ("held",)


class RefusesItself:
    def __reduce__(self) -> Any:
        raise RuntimeError("not\nme")


def by_closure() -> Callable[..., Any]:
    lock = LOCK
    return lambda config: lock


def by_object() -> Callable[..., Any]:
    holder = Holder()
    return lambda config: holder


def by_slot() -> Callable[..., Any]:
    slotted = Slotted()
    slotted.held = LOCK
    return lambda config: slotted


def by_global() -> Callable[..., Any]:
    def train(config: Any) -> Any:
        def inside() -> Any:
            return LOCK

        return inside

    return _as_script(train)


def by_default() -> Callable[..., Any]:
    def train(config: Any, one: int = 1, *, lock: Any = LOCK) -> None: ...

    return train


def by_positional_default() -> Callable[..., Any]:
    def train(config: Any, lock: Any = LOCK) -> None: ...

    return train


def by_class() -> Any:
    class Train:
        held = LOCK

        def __call__(self, config: Any) -> Any:
            return super().__call__  # type: ignore[misc]

    return Train()


def by_attribute() -> Callable[..., Any]:
    def train(config: Any) -> None: ...

    train.lock = LOCK  # type: ignore[attr-defined]
    return train


def by_circle() -> Callable[..., Any]:
    circle: list[Any] = []
    circle += [circle, LOCK]
    return lambda config: circle


def by_unassigned() -> Callable[..., Any]:
    def train(config: Any) -> Any:
        return later, lock

    lock = LOCK
    if not train:
        later = 1
    return train


def refuses() -> Callable[..., Any]:
    one = RefusesItself()
    return lambda config: one


def _as_script(function: Any) -> Any:
    """As if it stood in the user's script, whose code is sent along."""
    function.__module__ = "__main__"
    return function


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (by_closure, f"its closure variable 'lock' {LOCKED}"),
        (
            by_object,
            "its closure variable 'holder', in it the attribute 'inner', in it the entry 'locks', "
            f"in it the element 1 {LOCKED}",
        ),
        (by_slot, f"its closure variable 'slotted', in it the attribute 'held' {LOCKED}"),
        (by_global, f"its global variable 'LOCK' {LOCKED}"),
        (by_default, f"its default value of 'lock' {LOCKED}"),
        (by_positional_default, f"its default value of 'lock' {LOCKED}"),
        (by_class, f"its class, in it the class attribute 'held' {LOCKED}"),
        (by_attribute, f"its attribute 'lock' {LOCKED}"),
        (by_circle, f"its closure variable 'circle', in it the element 1 {LOCKED}"),
        (by_unassigned, f"its closure variable 'lock' {LOCKED}"),
        (lambda: functools.partial(print, LOCK), f"its argument 0 {LOCKED}"),
        (lambda: functools.partial(print, end=LOCK), f"its argument 'end' {LOCKED}"),
        (lambda: functools.partial(by_closure(), 1), "its function, in it the closure variable"),
        (lambda: by_object().__closure__[0].cell_contents, "its attribute 'inner', in it"),
        (lambda: LOCK, f"it {LOCKED}"),
        (lambda: LOCK.acquire, "it is of type builtin_function_or_method, which"),
        (refuses, "its closure variable 'one' is of type "),
    ],
)
def test_the_way_to_the_culprit_is_told(make: Callable[[], Any], where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        dump(make(), "the trainable train")
    assert caught.value.message.startswith(
        f"the trainable train cannot be sent to workers: {where}"
    )
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert caught.value.__cause__ is not None


def test_a_long_container_is_not_searched_to_its_end() -> None:
    many = [*range(2000), LOCK]
    with pytest.raises(ConfigError, match="its closure variable 'many' is of type list"):
        dump(lambda: many, "it")


def test_what_can_be_pickled_is() -> None:
    assert isinstance(dump(by_closure, "it"), bytes)
