"""A space in which parameters exist only where another has a certain value.

Run it with ``python examples/conditional_space.py``.
"""

import pegbox

SPACE = {
    "model": pegbox.choice(
        [
            {
                "kind": "linear",
                "slope": pegbox.uniform(0, 4),
                # Computed from another one, and only where that is.
                "offset": pegbox.sample_from(lambda config: -config["model"]["slope"] / 2),
            },
            {
                "kind": "power",
                "exponent": pegbox.randint(1, 5),
                "factor": pegbox.uniform(0, 4),
            },
        ]
    ),
    "points": [0.5, 1.0, 1.5, 2.0],
}


def predict(model, x):
    if model["kind"] == "linear":
        return model["slope"] * x + model["offset"]
    return model["factor"] * x ** model["exponent"]


def fit_square(config):
    return {"error": sum((predict(config["model"], x) - x * x) ** 2 for x in config["points"])}


results = pegbox.Tuner(
    fit_square,
    param_space=SPACE,
    tune_config=pegbox.TuneConfig(
        metric="error", mode="min", num_samples=40, search_alg="optuna", seed=3
    ),
    run_config=pegbox.RunConfig(verbose=0),
).fit()

for kind in ("linear", "power"):
    of_kind = [result for result in results if result.config["model"]["kind"] == kind]
    best = min(of_kind, key=lambda result: result.metrics["error"])
    print(f"{kind}: {len(of_kind)} trials; the best, {best.config['model']},")
    print(f"  is off by {best.metrics['error']:.3f}")
