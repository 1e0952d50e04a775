"""Checkpoints, of dicts and of folders: the best two of each trial stay, and the best is loaded.

Run it with ``python examples/checkpoints.py``.
"""

import json
import tempfile
from pathlib import Path

import pegbox


def train(config):
    """A model that gets worse after its seventh step; its state is a dict or a file."""
    weight = 0.0
    for step in range(1, 11):
        weight += config["lr"]
        metrics = {"step": step, "error": abs(weight - 7 * config["lr"])}
        if config["kind"] == "dict":
            kept = pegbox.Checkpoint.from_dict({"weight": weight})
            pegbox.report(metrics, checkpoint=kept)
            continue
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "model.json").write_text(json.dumps({"weight": weight}))
            pegbox.report(metrics, checkpoint=pegbox.Checkpoint.from_directory(folder))


results = pegbox.Tuner(
    train,
    param_space={"lr": 0.5, "kind": pegbox.grid_search(["dict", "folder"])},
    tune_config=pegbox.TuneConfig(metric="error", mode="min"),
    run_config=pegbox.RunConfig(
        verbose=0,
        checkpoint_config=pegbox.CheckpointConfig(
            num_to_keep=2, checkpoint_score_attribute="error", checkpoint_score_order="min"
        ),
    ),
).fit()

for result in results:
    print(f"{result.config['kind']}:")
    steps = [metrics["step"] for _, metrics in result.best_checkpoints]
    print(f"  on disk are the checkpoints of steps {steps}: the best two, and the last")
    best = result.get_best_checkpoint("error", "min")
    if result.config["kind"] == "dict":
        print(f"  the best one holds {best.to_dict()}")
    else:
        with best.as_directory() as folder:
            print(f"  the best one holds {Path(folder, 'model.json').read_text()}")
