"""A small searcher that passes every case of the kit, with every trait: what mutants are made of.

It draws a few points, and then moves on from the better ones of those that it knows.
"""

from __future__ import annotations

import dataclasses
import math
import random

from pegbox.searcher import Searcher, Traits
from pegbox.space import Choice, Float, Int, Normal, draw_point, is_active

#: How many results it wants before it learns from them.
BEGINNING = 6


class Neighbours(Searcher):
    traits = Traits(
        domains=frozenset({"float", "int", "choice", "normal"}),
        conditions=True,
        multi_objective=True,
        constraints=True,
        outcome_constraints=True,
        batches=True,
        intermediate=True,
    )

    def __init__(self, metric=None, mode=None, beginning=BEGINNING):
        super().__init__(metric, mode)
        self.beginning = beginning

    def setup(
        self,
        space,
        objectives,
        seed,
        conditions,
        points,
        parameter_constraints,
        outcome_constraints,
    ):
        self.space, self.objectives, self.seed = space, objectives, seed
        self.conditions, self.points = conditions, self.given(points)
        self.limits, self.outcome_limits = parameter_constraints, outcome_constraints
        #: By a key that sorts: point, losses, on the way and at the end.
        self.known = {}
        self.on_the_way = {}

    def suggest(self, trial_id, pending, ask, seed):
        rng = self.generator(seed)
        start = self.points[ask] if ask < len(self.points) else {}
        best = self.best()
        for _ in range(200):
            if len(best) < self.beginning:
                point = self.drawn(rng, start)
            else:
                point = self.moved(rng, rng.choice(best[: max(2, len(best) // 5)]), start)
            if self.is_allowed(point) and self.is_apart(point, pending.values()):
                break
        return self.answered(point)

    def on_trial_result(self, trial_id, result):
        self.on_the_way.setdefault(trial_id, []).append(self.losses(result))

    def on_trial_complete(self, trial_id, result, outcome, config):
        self.learn(trial_id, config, result, outcome)

    def observe(self, config, result, outcome, trial_id):
        key = f"  {len(self.known):05d}" if trial_id is None else trial_id
        self.learn(key, dict(config), result, outcome)

    # ------------------------------------------------------------------ parts, to be mutated

    def given(self, points):
        return points

    def generator(self, seed):
        """Where the model speaks, what is pending alone tells one ask from the next."""
        return random.Random(seed if len(self.best()) < self.beginning else self.seed)

    def drawn(self, rng, given):
        return draw_point(self.space, self.conditions, rng, given)

    def answered(self, point):
        return dict(point)

    def learn(self, key, point, result, outcome):
        if outcome != "failed":
            losses = [*self.losses(result), self.excess(result)]
            self.known[key] = point, losses, self.on_the_way.pop(key, [])

    def losses(self, result):
        return [result[each.metric] for each in self.objectives]

    def excess(self, result):
        """How far a result is beyond what it may be, weighed so that nothing makes up for it."""
        return 100 * sum(max(each.excess(result) or 0.0, 0.0) for each in self.outcome_limits)

    def is_allowed(self, point):
        return all(each.holds(point) for each in self.limits)

    def is_apart(self, point, others):
        return all(self.apart(point, other) for other in others)

    def best(self):
        """Points, the best first."""
        scored = [(self.score(known), key) for key, known in self.known.items()]
        return [self.known[key][0] for _, key in sorted(scored)]

    def score(self, known):
        _, losses, on_the_way = known
        return sum(losses) + sum(sum(each) for each in on_the_way)

    def moved(self, rng, point, given):
        found = {}
        for path, domain in self.space.items():
            if is_active(path, found, self.conditions):
                before = point.get(path, domain.draw(rng))
                found[path] = given.get(path, self.beside(rng, domain, before))
        return found

    def beside(self, rng, domain, value):
        if isinstance(domain, Choice):
            return domain.draw(rng) if rng.random() < 0.2 else value
        if isinstance(domain, Normal):
            return domain.nearest(rng.gauss(value, domain.sd / 4))
        low, high, step = scaled(domain, domain.lower), scaled(domain, domain.upper), 0.1
        near = rng.gauss(scaled(domain, value), step * (high - low))
        return domain.nearest(unscaled(domain, min(max(near, low), high)))

    def apart(self, point, other):
        """Whether two points are worth trying beside each other."""
        if point.keys() != other.keys():
            return True
        return any(self.differs(self.space[path], point[path], other[path]) for path in point)

    def differs(self, domain, one, other):
        if isinstance(domain, Float):
            width = scaled(domain, domain.upper) - scaled(domain, domain.lower)
            return abs(scaled(domain, one) - scaled(domain, other)) > 0.02 * width
        return one != other


def scaled(domain, value):
    return math.log(value) if domain.log else value


def unscaled(domain, value):
    if not domain.log:
        return value
    return min(math.exp(value), domain.upper) if isinstance(domain, Float | Int) else value


class FloatsAlone(Neighbours):
    """Knows nothing but plain ranges of real numbers; a `Neighbours` otherwise."""

    traits = dataclasses.replace(
        Neighbours.traits, domains=frozenset({"float"}), ranges=frozenset(), conditions=False
    )

    def setup(self, space, num_samples, **others):
        for domain in space.values():
            if not isinstance(domain, Float) or domain.log or domain.step:
                raise TypeError(f"{domain} is no plain range of floats")
        super().setup(space, **others)
