"""A space that was written for hyperopt, with results that are known already.

Run it with ``python examples/hyperopt_space.py``; it needs ``pip install pegbox-hyperopt``.
"""

import math

import pegbox
from hyperopt import hp
from pegbox_hyperopt import HyperOptSearch

# Parameters inside a choice exist only where it is chosen; hyperopt's algorithms know that.
SPACE = {
    "filter": hp.choice(
        "filter",
        [
            {"kind": "mean", "width": hp.uniformint("width", 1, 15)},
            {"kind": "decay", "rate": hp.loguniform("rate", math.log(1e-3), math.log(1.0))},
        ],
    ),
    "gain": hp.uniform("gain", 0.5, 1.5),
}
SIGNAL = [math.sin(step / 9) for step in range(120)]
NOISY = [value + 0.3 * math.cos(7 * step) for step, value in enumerate(SIGNAL)]


def smooth(values, kind, width=1, rate=1.0):
    if kind == "mean":
        windows = [values[max(0, at - width + 1) : at + 1] for at in range(len(values))]
        return [sum(window) / len(window) for window in windows]
    smoothed = values[:1]
    for value in values[1:]:
        smoothed.append(smoothed[-1] + rate * (value - smoothed[-1]))
    return smoothed


def denoise(config):
    smoothed = [config["gain"] * value for value in smooth(NOISY, **config["filter"])]
    squares = [(ours - true) ** 2 for ours, true in zip(smoothed, SIGNAL, strict=True)]
    return {"error": math.sqrt(sum(squares) / len(squares))}


known = {"filter": {"kind": "mean", "width": 9}, "gain": 1.0}
searcher = HyperOptSearch(
    SPACE,
    metric="error",
    mode="min",
    points_to_evaluate=[known],
    evaluated_rewards=[denoise(known)["error"]],  # learnt from, and not tried again
    n_initial_points=10,
)
results = pegbox.Tuner(
    denoise,
    tune_config=pegbox.TuneConfig(search_alg=searcher, num_samples=40, seed=1),
    run_config=pegbox.RunConfig(verbose=0),
).fit()

best = results.get_best_result(metric="error", mode="min")
print(f"known: off by {denoise(known)['error']:.3f}")
print(f"best of {len(results)}: {best.config['filter']}, off by {best.metrics['error']:.3f}")
