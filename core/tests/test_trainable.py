"""What may be tuned, its name, and what it asks for."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pegbox import trainable_registry
from pegbox.class_trainable import Trainable
from pegbox.errors import ConfigError
from pegbox.placement_group import PlacementGroupFactory
from pegbox.resources import Resources
from pegbox.trainable import (
    check_trainable,
    register_trainable,
    resolve_trainable,
    stated_resources,
    trainable_name,
    with_parameters,
    with_resources,
)
from pegbox.wrapped_trainable import unwrap


def train(config: dict[str, Any]) -> dict[str, Any]:
    return {"loss": config["x"]}


def bound(config, data):
    return config, data


def three(config, data, more):
    return data, more


class Steps(Trainable):
    def setup(self, config: dict[str, Any], start: int = 0) -> None:
        self.value = config["x"] + start

    def step(self) -> dict[str, Any]:
        return {"value": self.value}


class Hungry(Steps):
    @classmethod
    def default_resource_request(cls, config: Any) -> Any:
        return {"cpu": config["n"]} if config["n"] else None


class Model:
    def __call__(self, config: dict[str, Any]) -> None: ...


def test_resources_are_said_without_changing_the_function() -> None:
    asked = with_resources(train, {"cpu": 2, "gpu": 0.5, "hdd": 80})
    assert stated_resources(asked) == Resources({"cpu": 2, "gpu": 0.5, "hdd": 80})
    assert stated_resources(train) is None
    assert unwrap(asked).target is train
    assert trainable_name(asked) == "train"
    assert asked({"x": 3}) == {"loss": 3}
    again = with_resources(asked, {"cpu": 4})
    assert stated_resources(again) == Resources({"cpu": 4})
    assert unwrap(again).target is train
    check_trainable(again)
    bound_later = functools.partial(with_resources(with_default, {"cpu": 3}), checkpoint_dir="x")
    assert stated_resources(bound_later) == Resources({"cpu": 3})


def test_a_class_stays_a_class_that_works_by_hand() -> None:
    wrapped = with_parameters(with_resources(Steps, {"cpu": 2}), start=5)
    assert issubclass(wrapped, Steps)
    assert wrapped.__name__ == "Steps"
    assert (
        stated_resources(wrapped) == wrapped.default_resource_request({}) == Resources({"cpu": 2})
    )
    assert unwrap(wrapped).target is Steps
    assert unwrap(wrapped).parameters == {"start": 5}
    assert wrapped({"x": 1}).train()["value"] == 6

    # A class below it is the user's own again, with what it inherits.
    class Below(wrapped): ...

    assert unwrap(Below).target is Below
    assert Below({"x": 1}).train()["value"] == 6


def test_resources_may_depend_on_the_config() -> None:
    by_config = stated_resources(with_resources(train, lambda config: {"cpu": config["n"]}))
    assert callable(by_config)
    assert by_config({"n": 3}) == Resources({"cpu": 3})
    bundle = PlacementGroupFactory([{"CPU": 2, "GPU": 1, "hdd": 3}])
    assert stated_resources(with_resources(train, bundle)) == bundle
    assert bundle == Resources({"cpu": 2, "gpu": 1, "hdd": 3})
    by_class = stated_resources(Hungry)
    assert callable(by_class)
    assert by_class({"n": 2}) == Resources({"cpu": 2})
    assert by_class({"n": 0}) == Resources({"cpu": 1})
    assert stated_resources(Steps) is None
    # What is said of the class counts before what it says itself.
    assert stated_resources(with_resources(Hungry, {"cpu": 7})) == Resources({"cpu": 7})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("2", r"ask\(\) for the config {'n': 1}: its answer must be a dict of amounts, got str"),
        ({"cpu": -1}, r"ask\(\) for the config {'n': 1}: resource 'cpu' must be a number"),
        ({}, r"ask\(\) for the config {'n': 1}: its answer asks for nothing"),
        (KeyError("m"), r"ask\(\) for the config {'n': 1} raised KeyError: 'm'"),
    ],
)
def test_a_wrong_answer_for_a_config_names_function_and_config(answer: Any, words: str) -> None:
    def ask(config: dict[str, Any]) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    by_config = stated_resources(with_resources(train, ask))
    assert callable(by_config)
    with pytest.raises(ConfigError, match=words):
        by_config({"n": 1})


@pytest.mark.parametrize(
    ("bundles", "options", "words"),
    [
        ([{"CPU": 1}, {"CPU": 2}], {}, r"one bundle for now, got 2: \[{'CPU': 1}, {'CPU': 2}\]"),
        ([], {}, "one bundle for now, got 0"),
        ({"CPU": 1}, {}, "takes a list of bundles, got {'CPU': 1}"),
        ([{"CPU": -1}], {}, "'cpu' must be a number not below 0"),
        ([{"CPU": 1}], {"strategy": "pack"}, 'must be "PACK", "SPREAD", .*got .pack.'),
        ([{"CPU": 1}], {"lifetime": "detached"}, "takes bundles and strategy, got lifetime"),
    ],
)
def test_wrong_bundles_are_refused(bundles: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        PlacementGroupFactory(bundles, **options)


def test_a_bundle_shows_itself_in_rays_spelling_and_travels() -> None:
    bundle = pickle.loads(pickle.dumps(PlacementGroupFactory([{"cpu": 2, "x": 1}], "SPREAD")))
    assert bundle.required_resources == {"CPU": 2, "x": 1}
    assert bundle.bundles == [{"CPU": 2, "x": 1}]
    assert (bundle.strategy, bundle.head_cpus, bundle.head_bundle_is_empty) == ("SPREAD", 2, False)
    assert {**bundle} == {"cpu": 2, "x": 1}


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"cpu": -1}, "'cpu' must be a number not below 0"),
        ({"cpu": "2"}, "got '2'"),
        ({"CPU": 2}, "Did you mean 'cpu'"),
        ({"num_gpus": 1}, "Did you mean 'gpu'"),
        ([("cpu", 1)], "must be a dict of amounts, got list"),
        (PlacementGroupFactory([{}]), "asks for nothing, got {}"),
    ],
)
def test_wrong_resources_are_refused(resources: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        with_resources(train, resources)


def test_parameters_go_beside_the_config_in_whatever_order_it_is_wrapped() -> None:
    data = [1, 2]
    both = with_resources(with_parameters(bound, data=data), {"cpu": 2})
    assert unwrap(both).parameters == {"data": data}
    assert unwrap(both).target is bound
    assert stated_resources(
        with_parameters(with_resources(bound, {"cpu": 2}), data=1)
    ) == Resources({"cpu": 2})
    check_trainable(both)
    assert both({"x": 1}) == ({"x": 1}, data)
    # They do not travel inside a partial, and what is bound later counts.
    partly = functools.partial(with_parameters(three, data=data, more=1), more=2)
    assert unwrap(partly).parameters == {"data": data}
    assert unwrap(partly).target({}, data=data) == (data, 2)
    twice = with_parameters(with_parameters(three, data=1), more=2)
    assert unwrap(twice).parameters == {"data": 1, "more": 2}


@pytest.mark.parametrize(
    ("trainable", "given", "words"),
    [
        (bound, {"dat": 1}, r"gives 'dat', which bound\(config, data\).*\n.*mean 'data'"),
        (bound, {"config": {}}, "gives 'config', which bound"),
        (train, {"data": 1}, "gives 'data', which train"),
        (3, {"data": 1}, "must be a function of the config or a class, got int"),
        (Steps, {"begin": 1}, r"gives 'begin', which Steps.setup\(self, config, start"),
    ],
)
def test_a_parameter_that_is_not_taken_is_refused(
    trainable: Any, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=f"(?s){words}"):
        with_parameters(trainable, **given)


def test_names_stand_for_what_was_registered(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainable_registry, "_registered", {})
    register_trainable("my_train", train)
    register_trainable("my_train", train)
    assert not caplog.records
    assert resolve_trainable("my_train") is train
    assert resolve_trainable(train) is train
    assert unwrap(with_resources("my_train", {"cpu": 2})).target is train
    register_trainable("my_train", Steps)
    assert "stands for another trainable" in caplog.text
    assert resolve_trainable("my_train") is Steps
    with pytest.raises(ConfigError, match=r"registered as 'my_trian'; registered: .*my_train"):
        resolve_trainable("my_trian")
    with pytest.raises(ConfigError, match="Did you mean 'my_train'"):
        with_parameters("my_trian", data=1)
    with pytest.raises(ConfigError, match=r"call register_trainable\('PPO', ...\)"):
        resolve_trainable("PPO")
    with pytest.raises(ConfigError, match="takes a function or class, got int"):
        register_trainable("x", 3)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="must be a name, got ''"):
        register_trainable("", train)


@pytest.mark.parametrize(
    ("trainable", "name"),
    [
        (train, "train"),
        (lambda config: None, "lambda"),
        (functools.partial(bound, data=[1]), "bound"),
        (functools.partial(with_resources(train, {"cpu": 2})), "train"),
        (Steps, "Steps"),
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


class Plain: ...


class Idle(Trainable): ...


@pytest.mark.parametrize(
    ("trainable", "words"),
    [
        (no_config, r"no_config\(\).*config alone\n.*def train\(config\)"),
        (two, "two.*config alone\n.*get_checkpoint"),
        (keyword_only, "keyword_only.*config alone\n.*functools.partial"),
        (functools.partial(train, {}), "config alone"),
        (generator, "generator.*takes the place of yield"),
        (coroutine, "coroutine.*asyncio.run"),
        (Plain, "Plain is a class, but no pegbox.Trainable"),
        (Idle, r"Idle has no step\(\)"),
        ("train", "must be a function of the config or a class, got str"),
    ],
)
def test_what_cannot_be_run_is_refused_before_it_is(trainable: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s){words}"):
        check_trainable(trainable)


def test_defaults_and_builtins_pass() -> None:
    check_trainable(with_default)
    check_trainable(print)
    check_trainable(Steps)
