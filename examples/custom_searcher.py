"""A searcher of one's own: random at first, then steps from the best point so far.

Run it with ``python examples/custom_searcher.py``.
"""

import math
import random

import pegbox
from pegbox.searcher import Traits


class HillClimb(pegbox.Searcher):
    """Eight random points, then each a step from the best one that it was told of."""

    traits = Traits(batches=True, cheap=True)

    def __init__(self, stay=0.6):
        self.stay = stay  # Chance of each parameter to stay as it is.

    def setup(self, space, objectives):
        self.space, self.metric = space, objectives[0].metric
        self.points, self.best, self.least = {}, None, math.inf

    def suggest(self, trial_id, ask, seed):
        rng = random.Random(seed)  # The seed of this very ask: a restored run repeats it.
        drawn = {path: domain.draw(rng) for path, domain in self.space.items()}
        if ask >= 8 and self.best is not None:
            stays = {path: x for path, x in self.best.items() if rng.random() < self.stay}
            drawn.update(stays)
        self.points[trial_id] = drawn
        return drawn

    def on_trial_complete(self, trial_id, result, error):
        self.observe(self.points.pop(trial_id), result, "failed" if error else "finished")

    def observe(self, config, result, outcome):  # At a restore, for each trial that is known.
        if outcome != "failed" and result[self.metric] < self.least:
            self.best, self.least = config, result[self.metric]


def bowl(config):
    return {"height": sum((x - 2) ** 2 for x in config["at"])}


for name, searcher in {"random": "random", "hill climbing": HillClimb()}.items():
    results = pegbox.Tuner(
        bowl,
        param_space={"at": [pegbox.uniform(-10, 10) for _ in range(4)]},
        tune_config=pegbox.TuneConfig(
            metric="height", mode="min", num_samples=60, search_alg=searcher, seed=1
        ),
        run_config=pegbox.RunConfig(verbose=0),
    ).fit()
    lowest = results.get_best_result().metrics["height"]
    print(f"{name:<14}the lowest of {len(results)} points is at {lowest:.1f}")
