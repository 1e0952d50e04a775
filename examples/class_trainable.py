"""A class as the trainable: `step` is one iteration, and what is saved is there after a failure.

Run it with ``python examples/class_trainable.py``.
"""

import pegbox


class Descent(pegbox.Trainable):
    """Gradient descent on x²; the machine fails once, at the sixth step."""

    def setup(self, config):
        self.x, self.lr = 5.0, config["lr"]
        self.first_try = True

    def step(self):
        self.x -= self.lr * 2 * self.x
        if self.iteration == 5 and self.first_try:
            raise OSError("the disk is gone")
        return {"loss": self.x**2, "done": self.iteration == 9}

    def save_checkpoint(self, checkpoint_dir):
        return {"x": self.x}

    def load_checkpoint(self, checkpoint):
        self.x = checkpoint["x"]
        self.first_try = False


results = pegbox.Tuner(
    Descent,
    param_space={"lr": pegbox.grid_search([0.01, 0.1, 0.4])},
    tune_config=pegbox.TuneConfig(metric="loss", mode="min"),
    run_config=pegbox.RunConfig(
        verbose=0,
        checkpoint_config=pegbox.CheckpointConfig(checkpoint_frequency=2),
        failure_config=pegbox.FailureConfig(max_failures=1),
    ),
).fit()

for result in results:
    metrics = result.metrics
    print(f"lr {result.config['lr']:<4}: loss {metrics['loss']:.2g}", end=" ")
    print(f"after {metrics['training_iteration']} steps,", end=" ")
    print(f"the last {metrics['iterations_since_restore']} since the failure")
