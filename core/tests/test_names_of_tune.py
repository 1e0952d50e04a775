"""Names and arguments of Ray Tune's that are not here are refused with what is."""

from __future__ import annotations

import pegbox
import pegbox.loggers
import pytest
from pegbox import RunConfig, Tuner
from pegbox.errors import ConfigError, MissingDependency


@pytest.mark.parametrize(
    "refused",
    [
        lambda: RunConfig(storage_filesystem=object()),
        lambda: Tuner.restore("folder", print, storage_filesystem=object()),
        lambda: Tuner.can_restore("folder", object()),
    ],
)
def test_a_file_system_is_refused_with_what_would_do(refused):
    with pytest.raises(ConfigError, match=r"\(storage_filesystem=...\) is not supported") as caught:
        refused()
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("TBXLoggerCallback", "TBXLoggerCallback is brought by pegbox-tensorboard"),
        ("WandbLoggerCallback", "has no WandbLoggerCallback yet"),
    ],
)
def test_a_logger_of_another_package_is_named_with_the_package(name, words):
    with pytest.raises(MissingDependency, match=words):
        getattr(pegbox.loggers, name)


@pytest.mark.parametrize("name", ["checkpoint_dir", "register_env"])
def test_a_name_that_is_not_here_says_what_is(name):
    with pytest.raises(AttributeError, match=f"pegbox has no {name}: "):
        getattr(pegbox, name)
    assert not hasattr(pegbox, name)
