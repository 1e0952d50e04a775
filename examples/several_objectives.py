"""A model that shall be accurate and small, and must be quick: what these cost each other.

Run it with ``python examples/several_objectives.py``.
"""

import math

import pegbox


def train(config):
    width, depth = config["width"], config["depth"]
    error = 0.02 + 0.5 / math.sqrt(width * depth) + 0.004 * depth
    return {"error": error, "weights": width * width * depth, "latency_ms": 0.2 * width * depth}


results = pegbox.Tuner(
    train,
    param_space={"width": pegbox.lograndint(4, 257), "depth": pegbox.randint(1, 13)},
    tune_config=pegbox.TuneConfig(
        metric=["error", "weights"],
        mode=["min", "min"],
        num_samples=60,
        search_alg="optuna",
        # Told to a searcher that takes one number; all else compares the two metrics.
        scalarization=(
            "chebyshev",
            {"weights": {"error": 1, "weights": 1e-5}, "ideal": {"error": 0, "weights": 0}},
        ),
        parameter_constraints=["width + 16*depth <= 256"],
        outcome_constraints=["latency_ms <= 60"],
        seed=4,
    ),
    run_config=pegbox.RunConfig(verbose=0),
).fit()

print(f"{sum(result.feasible for result in results)} of {len(results)} models are quick enough")
best = sorted(results.get_pareto_set(), key=lambda result: result.metrics["weights"])
print(f"{len(best)} of them are beaten by no other:")
for result in best:
    error, weights = result.metrics["error"], result.metrics["weights"]
    print(f"  error {error:.3f} with {weights:>7,} weights: {result.config}")
