"""Going on: a failed trial is tried again, and a finished experiment gets more samples.

Run it with ``python examples/restore.py``.
"""

from pathlib import Path

import pegbox

SWITCH = Path("network_is_up")  # Trials work in the folder that the script was started in.


def train(config):
    if config["x"] > 0.5 and not SWITCH.exists():
        raise ConnectionError("the data cannot be reached")
    for step in range(1, 4):
        pegbox.report({"loss": config["x"] / step})


SWITCH.unlink(missing_ok=True)
first = pegbox.Tuner(
    train,
    param_space={"x": pegbox.uniform(0, 1)},
    tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=6, seed=5),
    run_config=pegbox.RunConfig(verbose=0),
).fit()
print(f"First run: {first.num_terminated} trials ended well, {first.num_errors} failed,")
print(f"  for example with: {first.errors[0].message}")

SWITCH.touch()
second = pegbox.Tuner.restore(first.experiment_path, train, resume_errored=True).fit()
print(f"Failed ones tried again: {second.num_terminated} ended well, {second.num_errors} failed")

third = pegbox.Tuner.restore(
    first.experiment_path, train, tune_config=pegbox.TuneConfig(num_samples=10)
).fit()
print(f"More samples: {len(third)} trials, the first {len(first)} of them as they were:")
print(" ", ", ".join(f"{result.config['x']:.2f}" for result in third))

SWITCH.unlink()

# Results open at any time, without the function:
results = pegbox.ResultGrid(first.experiment_path)
print(f"The best of them: {results.get_best_result().config}")
