"""A script for Ray Tune that was moved: only its imports are other ones.

    python examples/moved_from_tune.py

It began with ``from ray import tune`` and ``from ray.tune.schedulers import ASHAScheduler``.
docs/migrate.md has every name.
"""

import json
import os
import tempfile

import pegbox as tune
from pegbox.schedulers import ASHAScheduler
from pegbox.search import ConcurrencyLimiter
from pegbox.search.optuna import OptunaSearch


def trainable(config):
    step, score = 0, 10.0
    if checkpoint := tune.get_checkpoint():
        with checkpoint.as_directory() as folder, open(os.path.join(folder, "state.json")) as file:
            step, score = json.load(file)
    while step < config["steps"]:
        step, score = step + 1, score * (1 - config["a"]) + config["b"]
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "state.json"), "w") as file:
                json.dump([step, score], file)
            tune.report({"score": score}, checkpoint=tune.Checkpoint.from_directory(folder))


tuner = tune.Tuner(
    tune.with_resources(trainable, {"cpu": 1}),
    param_space={
        "steps": 16,
        "a": tune.uniform(0.05, 0.5),
        "b": tune.sample_from(lambda spec: spec.config.a / 10),
    },
    tune_config=tune.TuneConfig(
        metric="score",
        mode="min",
        num_samples=12,
        search_alg=ConcurrencyLimiter(OptunaSearch(seed=7), max_concurrent=2),
        scheduler=ASHAScheduler(max_t=16, grace_period=2),
    ),
    run_config=tune.RunConfig(
        stop={"training_iteration": 12},
        checkpoint_config=tune.CheckpointConfig(num_to_keep=1),
        verbose=0,
    ),
)
results = tuner.fit()

best = results.get_best_result()
print("Best config:", best.config)
print("Score", best.metrics["score"], "after", best.metrics["training_iteration"], "iterations")
print("Its checkpoint:", os.listdir(best.checkpoint.path))
