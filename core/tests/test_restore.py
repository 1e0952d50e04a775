"""Taking an experiment up again: what goes on, what is asked for again, what repeats itself."""

from __future__ import annotations

import pytest
from pegbox import RunConfig, TuneConfig, Tuner, report, uniform

SPACE = {"x": uniform(0, 1)}


def train(config):
    for step in range(1, 4):
        report({"loss": config["x"] + step})


def fit(folder, trainable=train, *, space=SPACE, callbacks=(), max_failures=0, **tune):
    """A fresh run in the caller's thread."""
    tune = {"metric": "loss", "mode": "min", "seed": 1, **tune}
    from pegbox import FailureConfig

    return Tuner(
        trainable,
        param_space=space,
        tune_config=TuneConfig(**tune),
        run_config=RunConfig(
            name="exp",
            storage_path=str(folder),
            verbose=0,
            callbacks=callbacks,
            failure_config=FailureConfig(max_failures=max_failures),
        ),
        executor="inline",
    ).fit()


def restore(folder, trainable=train, *, tune=None, **options):
    tune_config = TuneConfig(**tune) if tune else None
    tuner = Tuner.restore(
        folder / "exp", trainable, tune_config=tune_config, executor="inline", **options
    )
    return tuner.fit()


def test_more_samples_after_the_end(tmp_path):
    first = fit(tmp_path, num_samples=3)
    more = restore(tmp_path, tune={"num_samples": 5})
    assert len(first) == 3
    assert len(more) == 5
    assert [r.config for r in more][:3] == [r.config for r in first]
