"""Tune a classifier of handwritten digits: Optuna proposes, ASHA stops what will not win.

    python examples/digits.py

The model is a support vector machine with an approximated kernel, trained by gradient descent
epoch by epoch, and its weights are saved with every report. So a trial whose worker died goes on
from its last epoch, and so does the whole study after `pegbox.Tuner.restore`.
"""

import tempfile
from pathlib import Path

import numpy as np
import pegbox
from sklearn.datasets import load_digits
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

EPOCHS = 30
PASSES_PER_EPOCH = 5


def load_splits():
    """Pictures and labels to train on, to compare trials by, and to judge the winner by."""
    pictures, labels = load_digits(return_X_y=True)
    rest_x, test_x, rest_y, test_y = train_test_split(
        pictures / 16, labels, test_size=360, stratify=labels, random_state=0
    )
    train_x, valid_x, train_y, valid_y = train_test_split(
        rest_x, rest_y, test_size=360, stratify=rest_y, random_state=0
    )
    return (train_x, train_y), (valid_x, valid_y), (test_x, test_y)


def fit_kernel(config, train_x):
    """The features that the kernel makes of a picture; the same for the same configuration."""
    kernel = Nystroem(gamma=config["gamma"], n_components=config["components"], random_state=0)
    return kernel.fit(train_x)


def train_epoch(config, features, labels, weights, epoch):
    """Some passes over the data, starting from ``weights``: the new weights."""
    model = SGDClassifier(
        loss=config["loss"],
        alpha=config["alpha"],
        learning_rate="constant",
        eta0=config["lr"],
        max_iter=PASSES_PER_EPOCH,
        tol=None,
        random_state=epoch,
    )
    model.fit(features, labels, coef_init=weights["coef"], intercept_init=weights["intercept"])
    return {"coef": model.coef_, "intercept": model.intercept_}


def accuracy(weights, features, labels):
    """Share of pictures whose highest score is that of their digit."""
    scores = features @ weights["coef"].T + weights["intercept"]
    return float(np.mean(scores.argmax(axis=1) == labels))


def load_weights(checkpoint):
    """The arrays of a checkpoint, and the epoch after which it was written."""
    with checkpoint.as_directory() as folder, np.load(Path(folder) / "weights.npz") as saved:
        return {"coef": saved["coef"], "intercept": saved["intercept"]}, int(saved["epoch"])


def train_digits(config):
    """One trial: train, and report the accuracy after every epoch."""
    (train_x, train_y), (valid_x, valid_y), _ = load_splits()
    kernel = fit_kernel(config, train_x)
    train_features, valid_features = kernel.transform(train_x), kernel.transform(valid_x)

    weights = {"coef": np.zeros((10, config["components"])), "intercept": np.zeros(10)}
    done = 0
    if checkpoint := pegbox.get_checkpoint():  # Begun before, and interrupted.
        weights, done = load_weights(checkpoint)

    for epoch in range(done + 1, EPOCHS + 1):
        weights = train_epoch(config, train_features, train_y, weights, epoch)
        with tempfile.TemporaryDirectory() as folder:
            np.savez(Path(folder) / "weights.npz", epoch=epoch, **weights)
            pegbox.report(
                {
                    "accuracy": accuracy(weights, valid_features, valid_y),
                    "train_accuracy": accuracy(weights, train_features, train_y),
                },
                checkpoint=pegbox.Checkpoint.from_directory(folder),
            )


tuner = pegbox.Tuner(
    train_digits,
    param_space={
        "lr": pegbox.loguniform(1e-3, 1e1),
        "alpha": pegbox.loguniform(1e-7, 1e-2),
        "gamma": pegbox.loguniform(1e-3, 1.0),
        "components": pegbox.choice([50, 100, 200, 400]),
        "loss": pegbox.choice(["hinge", "log_loss", "modified_huber"]),
    },
    tune_config=pegbox.TuneConfig(
        metric="accuracy",
        mode="max",
        num_samples=60,
        search_alg="optuna",
        scheduler=("asha", {"max_t": EPOCHS, "grace_period": 2}),
        seed=1,
    ),
)
results = tuner.fit()

best = results.get_best_result()
weights, epoch = load_weights(best.checkpoint)
(train_x, _), _, (test_x, test_y) = load_splits()
test_features = fit_kernel(best.config, train_x).transform(test_x)

print()
print("Best configuration:")
for name, value in best.config.items():
    print(f"  {name:<11}{value}")
print(f"Accuracy on pictures that no trial saw, from its checkpoint of epoch {epoch}: ", end="")
print(f"{accuracy(weights, test_features, test_y):.3f}")
print(f"Results lie in {results.experiment_path}")
print("To go on with them, put this in place of the Tuner above:")
print(f'  pegbox.Tuner.restore("{results.experiment_path}", train_digits).fit()')
