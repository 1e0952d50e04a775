"""A function as the trainable: it reports after each step, and ASHA ends what will not win.

Run it with ``python examples/function.py``.
"""

import pegbox


def train(config):
    x, speed = 5.0, 0.0
    for _ in range(30):  # gradient descent on x², with momentum
        speed = config["momentum"] * speed - config["lr"] * 2 * x
        x += speed
        pegbox.report({"loss": x * x})


results = pegbox.Tuner(
    train,
    param_space={"lr": pegbox.loguniform(1e-3, 1), "momentum": pegbox.uniform(0, 1)},
    tune_config=pegbox.TuneConfig(
        metric="loss",
        mode="min",
        num_samples=20,
        scheduler=("asha", {"max_t": 30, "grace_period": 3}),
        seed=1,
    ),
    run_config=pegbox.RunConfig(verbose=0),
).fit()

steps = [result.metrics["training_iteration"] for result in results]
best = results.get_best_result()
print(f"{sum(steps)} steps instead of {30 * len(steps)}: ASHA ended most trials early.")
print(f"Best loss {best.metrics['loss']:.2g} with lr {best.config['lr']:.2f}")
