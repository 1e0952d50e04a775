"""When trials stop: a number, a plateau, a rule of one's own, and a bound on time, all at once.

Run it with ``python examples/stoppers.py``.
"""

import pegbox
from pegbox.stoppers import (
    CombinedStopper,
    FunctionStopper,
    MaximumIterationStopper,
    Stopper,
    TrialPlateauStopper,
)


class Diverged(Stopper):
    """Stops a trial whose loss has grown beyond a bound."""

    def __call__(self, trial_id, result):
        return result["loss"] > 1e3


def train(config):
    x = 5.0
    while True:  # The stoppers end it.
        x -= config["lr"] * 2 * x
        pegbox.report({"loss": x * x})


results = pegbox.Tuner(
    train,
    param_space={"lr": pegbox.grid_search([1e-9, 0.001, 0.3, 0.45, 1.2])},
    run_config=pegbox.RunConfig(
        verbose=0,
        stop=CombinedStopper(
            MaximumIterationStopper(40),
            TrialPlateauStopper("loss", std=1e-6, num_results=3),
            FunctionStopper(lambda trial_id, result: result["loss"] < 1e-6),
            Diverged(),
        ),
    ),
    tune_config=pegbox.TuneConfig(metric="loss", mode="min", time_budget_s=60),
).fit()

for result in results:
    steps, loss = result.metrics["training_iteration"], result.metrics["loss"]
    print(f"lr {result.config['lr']:<6}: stopped after {steps:>2} steps with loss {loss:.3g}")
