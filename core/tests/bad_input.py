"""How mistakes are made, and how what is said of them is compared: whole, and before anything is.

Look at a message as somebody who has just made that mistake: does it name what is wrong, what
came, and what would do?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest
from pegbox import PegboxError, RunConfig, TuneConfig, Tuner, uniform
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.wording import listed
from pegbox.executors.dask.embedded.cores import usable_cores

__all__ = ["LOSS", "SPACE", "check_refused", "filled", "on_dask", "train", "tune"]

SPACE = {"x": uniform(0, 1)}
LOSS = {"metric": "loss", "mode": "min"}

_started: list[Any] = []


def train(config):
    """Must not be called."""
    _started.append(config)
    return {"loss": 0.0}


def tune(
    trainable: Any = train,
    *,
    space: Any = SPACE,
    run: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """A tuner, and its fit where it gets so far; ``options`` go to `TuneConfig`."""
    Tuner(
        trainable,
        param_space=space,
        tune_config=TuneConfig(**options),
        run_config=RunConfig(**{"verbose": 0, **(run or {})}),
        executor="inline",
    ).fit()


def on_dask(trainable: Any, **environment: str) -> None:
    """Likewise, with workers of pegbox's own, and variables in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        Tuner(trainable, param_space=SPACE, run_config=RunConfig(verbose=0)).fit()


def filled(message: str, module: str, **more: object) -> str:
    """A message with what differs from one machine to another."""
    catalog = Catalog.discover()
    roles = ("searcher", "scheduler", "callback")
    return message.format(
        cores=usable_cores(),
        pegbox=version("pegbox"),
        me=module,
        **{f"{role}s": listed(catalog.names(role)) for role in roles},
        **more,
    )


def check_refused(
    make: Callable[[], Any], message: str, module: str, folder: Path, patch: pytest.MonkeyPatch
) -> None:
    """Make a mistake, compare all that is said of it, and see that nothing has begun.

    Args:
        make: Makes the mistake.
        message: Message and hint, to be `filled`.
        module: Where the mistake's classes are.
        folder: Empty; it is home, and the current folder.
    """
    # What other tests of this process have registered is not what the message tells of.
    patch.setattr("pegbox.trainable_registry._registered", {})
    patch.setenv("HOME", str(folder))
    patch.chdir(folder)
    before = psutil.Process().children()
    with pytest.raises(PegboxError) as caught:
        make()
    said, expected = str(caught.value), filled(message, module)
    assert said == expected, f"it says\n{said}\nand not\n{expected}"
    assert caught.value.hint
    assert list(folder.iterdir()) == []
    assert psutil.Process().children() == before
    assert _started == []
