"""A callback of one's own: it is told what happens, decides nothing, and survives a restore.

Run it with ``python examples/custom_callback.py``.
"""

import pegbox


class Records(pegbox.Callback):
    """Prints each new best result; methods take the arguments that they need."""

    def setup(self, experiment):
        self.best = None
        print(f"{experiment.name.split('_')[0]}: {experiment.total_trials} trials to come")

    def on_trial_result(self, trial, result):
        if self.best is None or result["loss"] < self.best:
            self.best = result["loss"]
            print(f"  new best {self.best:.4f} by trial {trial.number}")

    def on_trial_error(self, trial, **info):
        print(f"  trial {trial.number} failed: {trial.failure.message}")

    def on_experiment_end(self, trials, how):
        print(f"{how} after {len(trials)} trials, best {self.best:.4f}")

    def get_state(self):
        return {"best": self.best}

    def set_state(self, state):
        self.best = state["best"]


def train(config):
    if config["x"] > 0.9:
        raise ValueError(f"x is {config['x']:.2f}")
    for step in range(1, 4):
        pegbox.report({"loss": (config["x"] - 0.3) ** 2 + 0.1 / step})


pegbox.Tuner(
    train,
    param_space={"x": pegbox.uniform(0, 1)},
    tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=10, seed=2),
    run_config=pegbox.RunConfig(callbacks=[Records()], verbose=0),
).fit()
