"""What may be tuned, its name, and what it asks for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from pegbox.errors import ConfigError
from pegbox.resources import Resources
from pegbox.trainable import (
    check_trainable,
    trainable_function,
    trainable_name,
    trainable_resources,
    with_resources,
)


def train(config: dict[str, Any]) -> dict[str, Any]:
    return {"loss": config["x"]}


def bound(config: dict[str, Any], data: list[int]) -> None: ...


class Model:
    def __call__(self, config: dict[str, Any]) -> None: ...


def test_resources_are_said_without_changing_the_function() -> None:
    asked = with_resources(train, {"cpu": 2, "gpu": 0.5, "hdd": 80})
    assert trainable_resources(asked) == Resources({"cpu": 2, "gpu": 0.5, "hdd": 80})
    assert trainable_resources(train) == Resources({"cpu": 1})
    assert trainable_function(asked) is trainable_function(train) is train
    assert trainable_name(asked) == "train"
    assert asked({"x": 3}) == {"loss": 3}
    again = with_resources(asked, {"cpu": 4})
    assert trainable_resources(again) == Resources({"cpu": 4})
    assert trainable_function(again) is train
    check_trainable(again)
    bound_later = functools.partial(with_resources(with_default, {"cpu": 3}), checkpoint_dir="x")
    assert trainable_resources(bound_later) == Resources({"cpu": 3})


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"cpu": -1}, "'cpu' must be a number not below 0"),
        ({"cpu": "2"}, "got '2'"),
        ({"CPU": 2}, "Did you mean 'cpu'"),
        ({"num_gpus": 1}, "Did you mean 'gpu'"),
        (lambda config: {"cpu": 1}, "takes a dict, got function"),
        ([("cpu", 1)], "takes a dict, got list"),
    ],
)
def test_wrong_resources_are_refused(resources: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        with_resources(train, resources)


@pytest.mark.parametrize(
    ("trainable", "name"),
    [
        (train, "train"),
        (lambda config: None, "lambda"),
        (functools.partial(bound, data=[1]), "bound"),
        (functools.partial(with_resources(train, {"cpu": 2})), "train"),
        (Model(), "Model"),
    ],
)
def test_names_are_those_of_the_function(trainable: Callable[..., Any], name: str) -> None:
    check_trainable(trainable)
    assert trainable_name(trainable) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("zug nach köln", "zug_nach_k_ln"),
        ("..", "trainable"),
        ("x" * 300, "x" * 40),
    ],
)
def test_names_cannot_become_paths(given: str, name: str) -> None:
    def function(config: dict[str, Any]) -> None: ...

    function.__name__ = given
    assert trainable_name(function) == name


def no_config() -> None: ...


def two(config: dict[str, Any], checkpoint_dir: str) -> None: ...


def keyword_only(config: dict[str, Any], *, data: int) -> None: ...


def with_default(config: dict[str, Any], checkpoint_dir: str | None = None) -> None: ...


def generator(config: dict[str, Any]) -> Any:
    yield {}


async def coroutine(config: dict[str, Any]) -> None: ...


class Trainable: ...


@pytest.mark.parametrize(
    ("trainable", "words"),
    [
        (no_config, r"no_config\(\).*config alone\n.*def train\(config\)"),
        (two, "two.*config alone\n.*get_checkpoint"),
        (keyword_only, "keyword_only.*config alone\n.*functools.partial"),
        (functools.partial(train, {}), "config alone"),
        (generator, "generator.*takes the place of yield"),
        (coroutine, "coroutine.*asyncio.run"),
        (Trainable, "Trainable is a class; only functions"),
        ("train", "must be a function of the config, got str"),
    ],
)
def test_what_cannot_be_run_is_refused_before_it_is(trainable: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s){words}"):
        check_trainable(trainable)


def test_defaults_and_builtins_pass() -> None:
    check_trainable(with_default)
    check_trainable(print)
