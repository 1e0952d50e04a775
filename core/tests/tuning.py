"""Whole runs for tests: short trials in the caller's thread, in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pegbox import FailureConfig, ResultGrid, RunConfig, TuneConfig, Tuner, report, uniform

SPACE = {"x": uniform(0, 1)}


def train(config):
    """Three reports, each a bit better."""
    for step in range(1, 4):
        report({"loss": config["x"] + 1 / step})


def tuner(
    folder: Path,
    trainable: Callable[..., Any] = train,
    *,
    space: Mapping[str, Any] = SPACE,
    name: str = "exp",
    callbacks: tuple[Any, ...] = (),
    max_failures: int = 0,
    executor: Any = "inline",
    **tune: Any,
) -> Tuner:
    """A fresh experiment ``exp`` in ``folder``; ``tune`` goes to `TuneConfig`."""
    tune = {"metric": "loss", "mode": "min", "seed": 1, "num_samples": 4, **tune}
    run_config = RunConfig(
        name=name,
        storage_path=str(folder),
        verbose=0,
        callbacks=callbacks,
        failure_config=FailureConfig(max_failures=max_failures),
    )
    return Tuner(
        trainable,
        param_space=space,
        tune_config=TuneConfig(**tune),
        run_config=run_config,
        executor=executor,
    )


def fit(folder: Path, *args: Any, **options: Any) -> ResultGrid:
    """See `tuner`."""
    return tuner(folder, *args, **options).fit()


def restore(
    folder: Path,
    trainable: Callable[..., Any] = train,
    *,
    tune: Mapping[str, Any] | None = None,
    name: str = "exp",
    executor: Any = "inline",
    **options: Any,
) -> ResultGrid:
    """Take `tuner`'s experiment up again; ``tune`` goes to `TuneConfig`."""
    restored = Tuner.restore(
        folder / name,
        trainable,
        tune_config=TuneConfig(**tune) if tune else None,
        executor=executor,
        **options,
    )
    return restored.fit()


def stored(folder: Path, name: str = "exp") -> ResultGrid:
    """What lies in the folder, without any code."""
    return ResultGrid(folder / name)
