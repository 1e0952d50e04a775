"""Small faults put into a searcher that passes: each with the one case that has to catch it."""

from __future__ import annotations

import dataclasses
import itertools
import random
import sys

import numpy as np
from pegbox.decisions import FINISHED, WAIT
from pegbox.space import Choice, Float, Int
from reference_searcher import Neighbours

#: Class -> case.
MUTANTS = {}


def caught_by(case):
    def note(cls):
        MUTANTS[cls] = case
        return cls

    return note


def with_traits(**changed):
    return dataclasses.replace(Neighbours.traits, **changed)


# ------------------------------------------------------------------ points


@caught_by("gives_plain_numbers")
class LeaksNumpy(Neighbours):
    def answered(self, point):
        return {path: np.asarray(value)[()] for path, value in point.items()}


@caught_by("gives_plain_numbers")
class GivesAnIndexAsAFloat(Neighbours):
    def answered(self, point):
        choices = {path for path, each in self.space.items() if isinstance(each, Choice)}
        return {p: float(value) if p in choices else value for p, value in point.items()}


@caught_by("proposes_points_of_any_space")
class LeavesTheBounds(Neighbours):
    def answered(self, point):
        upper = {p: d.upper for p, d in self.space.items() if isinstance(d, Float) and d.log}
        odd = {p for p, bound in upper.items() if len(point) > 2 and point[p] > bound / 2}
        return {p: 2 * value if p in odd else value for p, value in point.items()}


@caught_by("proposes_points_of_any_space")
class ForgetsAParameterOfLargeSpaces(Neighbours):
    def answered(self, point):
        last = list(self.space)[-1]
        if len(self.space) > 6 and random.Random(repr(point)).random() < 0.3:
            return {path: value for path, value in point.items() if path != last}
        return point


@caught_by("proposes_points_of_any_space")
class InventsAParameter(Neighbours):
    def answered(self, point):
        return {**point, "budget": 1} if len(self.space) > 6 else point


@caught_by("keeps_to_steps")
class LosesQuantization(Neighbours):
    def answered(self, point):
        steps = {p for p, each in self.space.items() if isinstance(each, Float) and each.step}
        return {
            p: max(v - self.space[p].step / 3, self.space[p].lower) if p in steps else v
            for p, v in point.items()
        }


@caught_by("keeps_to_steps")
class KnowsStepsOfFloatsOnly(Neighbours):
    def answered(self, point):
        steps = {p for p, each in self.space.items() if isinstance(each, Int) and each.step > 1}
        return {p: max(v - 1, self.space[p].lower) if p in steps else v for p, v in point.items()}


@caught_by("keeps_to_steps")
class KnowsStepsAndDoesNotSaySo(Neighbours):
    traits = with_traits(ranges=frozenset({"log", "log_step"}))


@caught_by("spreads_evenly_over_logarithms")
class DrawsLogarithmsEvenly(Neighbours):
    def drawn(self, rng, given):
        found = super().drawn(rng, given)
        wide = {
            path: rng.uniform(domain.lower, domain.upper)
            for path, domain in self.space.items()
            if path in found and isinstance(domain, Float | Int) and domain.log
        }
        return {p: self.space[p].nearest(wide[p]) if p in wide else v for p, v in found.items()}


@caught_by("spreads_evenly_over_logarithms")
class KnowsLogarithmsAndDoesNotSaySo(Neighbours):
    traits = with_traits(ranges=frozenset({"step", "log_step"}))


@caught_by("leaves_out_what_does_not_exist")
class GivesWhatDoesNotExist(Neighbours):
    def answered(self, point):
        rng = random.Random(0)
        return {path: point.get(path, domain.draw(rng)) for path, domain in self.space.items()}


@caught_by("takes_the_kinds_of_domain_that_it_declares")
class DeclaresGrids(Neighbours):
    traits = with_traits(domains=frozenset({"float", "int", "choice", "normal", "grid"}))


@caught_by("takes_the_kinds_of_domain_that_it_declares")
class TakesNormalsAndDoesNotSaySo(Neighbours):
    traits = with_traits(domains=frozenset({"float", "int", "choice"}))


@caught_by("takes_the_kinds_of_domain_that_it_declares")
class NeverTriesTheLastCategory(Neighbours):
    def answered(self, point):
        if self.conditions:
            return point
        last = {p for p, each in self.space.items() if isinstance(each, Choice) and each.size == 3}
        return {p: v - 1 if p in last and v == 2 else v for p, v in point.items()}


@caught_by("tries_the_given_points_first")
class IgnoresTheGivenPoints(Neighbours):
    def given(self, points):
        return ()


@caught_by("tries_the_given_points_first")
class TakesWholePointsOnly(Neighbours):
    def given(self, points):
        return [point for point in points if point.keys() == self.space.keys()]


@caught_by("keeps_parameter_constraints_where_it_says_so")
class IgnoresConstraints(Neighbours):
    def is_allowed(self, point):
        return True


@caught_by("keeps_parameter_constraints_where_it_says_so")
class ForgetsConstraintsOnceItLearns(Neighbours):
    def is_allowed(self, point):
        return len(self.known) > 7 or super().is_allowed(point)


@caught_by("keeps_parameter_constraints_where_it_says_so")
class KeepsConstraintsAndDoesNotSaySo(Neighbours):
    traits = with_traits(constraints=False)


# ------------------------------------------------------------------ learning


@caught_by("learns_which_way_is_down")
class FlipsTheDirection(Neighbours):
    def losses(self, result):
        return [-each for each in super().losses(result)]


@caught_by("learns_which_way_is_down")
class IgnoresWhatOthersFound(Neighbours):
    def observe(self, config, result, outcome, trial_id):
        if trial_id is not None:
            super().observe(config, result, outcome, trial_id)


@caught_by("learns_which_way_is_down")
class SaysThatItIsModelFree(Neighbours):
    traits = with_traits(model_free=True)


@caught_by("failures_poison_nothing")
class LearnsFromFailures(Neighbours):
    def learn(self, key, point, result, outcome):
        super().learn(key, point, result, "finished" if result else outcome)


@caught_by("failures_poison_nothing")
class RaisesOnNaN(Neighbours):
    def learn(self, key, point, result, outcome):
        if result and any(each != each for each in self.losses(result)):
            raise ValueError("Input contains NaN")
        super().learn(key, point, result, outcome)


@caught_by("can_begin_with_failures")
class NeedsAResultFirst(Neighbours):
    def __init__(self, metric=None, mode=None, **options):
        super().__init__(metric, mode, **options)
        self.failed = 0

    def learn(self, key, point, result, outcome):
        super().learn(key, point, result, outcome)
        self.failed += outcome == "failed"

    def drawn(self, rng, given):
        if self.failed > 3 and not self.known:
            raise StopIteration
        return super().drawn(rng, given)


@caught_by("differs_from_what_is_pending")
class ForgetsPending(Neighbours):
    def apart(self, point, other):
        return True


@caught_by("differs_from_what_is_pending")
class MindsPendingAndDoesNotSaySo(Neighbours):
    traits = with_traits(batches=False)


@caught_by("takes_several_objectives_where_it_says_so")
class LooksAtTheFirstObjective(Neighbours):
    def losses(self, result):
        return super().losses(result)[:1]


@caught_by("takes_several_objectives_where_it_says_so")
class TakesSeveralAndDoesNotSaySo(Neighbours):
    traits = with_traits(multi_objective=False)


@caught_by("heeds_outcome_constraints_where_it_says_so")
class IgnoresOutcomeConstraints(Neighbours):
    def excess(self, result):
        return 0.0


@caught_by("heeds_outcome_constraints_where_it_says_so")
class TurnsOutcomeConstraintsRound(Neighbours):
    def excess(self, result):
        return -super().excess(result)


@caught_by("heeds_outcome_constraints_where_it_says_so")
class HeedsThemAndDoesNotSaySo(Neighbours):
    traits = with_traits(outcome_constraints=False)


@caught_by("reads_intermediate_results_where_it_says_so")
class DropsIntermediateResults(Neighbours):
    def on_trial_result(self, trial_id, result):
        """It takes no notice."""


@caught_by("reads_intermediate_results_where_it_says_so")
class ReadsThemAndDoesNotSaySo(Neighbours):
    traits = with_traits(intermediate=False)


# ------------------------------------------------------------------ repeating


@caught_by("repeats")
class DrawsFromAGeneratorOfTheProcess(Neighbours):
    # As the global generator would be, but with the same luck in every run of these tests.
    numbers = itertools.count()

    def generator(self, seed):
        return random.Random(next(self.numbers))


@caught_by("repeats")
class LearnsInTheOrderOfTheTells(Neighbours):
    def best(self):
        ranked = super().best()
        first = ranked[: max(2, len(ranked) // 5)]
        told = [point for point, _, _ in self.known.values()]
        return sorted(first, key=told.index) + ranked[len(first) :]


@caught_by("repeats")
class KeepsOneGenerator(Neighbours):
    rng = None

    def generator(self, seed):
        if self.rng is None:
            self.rng = random.Random(self.seed)
        return self.rng


@caught_by("repeats")
class MovesItsStateOnALook(Neighbours):
    looks = 0

    def get_state(self):
        self.looks += 1
        return {}

    def generator(self, seed):
        return random.Random(f"{seed if len(self.best()) < self.beginning else 0} {self.looks}")


@caught_by("repeats")
class ForgetsWhatWasPendingAtARestore(Neighbours):
    def __init__(self, metric=None, mode=None, **options):
        super().__init__(metric, mode, **options)
        self.asked = False

    def suggest(self, trial_id, pending, ask, seed):
        self.asked = True
        return super().suggest(trial_id, pending, ask, seed)

    def observe(self, config, result, outcome, trial_id):
        if not (self.asked and trial_id):
            super().observe(config, result, outcome, trial_id)


@caught_by("repeats")
class DependsOnItsProcess(Neighbours):
    def drawn(self, rng, given):
        return super().drawn(random.Random(f"{rng.random()} {'pytest' in sys.modules}"), given)


@caught_by("repeats")
class GoesWrongWithItsState(Neighbours):
    def get_state(self):
        return {"seed": self.seed}

    def set_state(self, state):
        self.seed = 3


class Remembering(Neighbours):
    """Has a note of what it proposed."""

    def __init__(self, metric=None, mode=None, **options):
        super().__init__(metric, mode, **options)
        self.proposed = {}

    def suggest(self, trial_id, pending, ask, seed):
        point = super().suggest(trial_id, pending, ask, seed)
        self.proposed[trial_id] = point
        return point


@caught_by("goes_by_the_points_that_trials_had")
class LearnsFromWhatItProposed(Remembering):
    def on_trial_complete(self, trial_id, result, outcome, config):
        super().on_trial_complete(trial_id, result, outcome, self.proposed[trial_id])


@caught_by("goes_by_the_points_that_trials_had")
class KnowsTrialsByTheirPoints(Remembering):
    def on_trial_complete(self, trial_id, result, outcome, config):
        if config not in self.proposed.values():
            raise KeyError(f"{config} was never proposed")
        super().on_trial_complete(trial_id, result, outcome, config)


@caught_by("depends_on_the_seed")
class IgnoresTheSeed(Neighbours):
    def suggest(self, trial_id, pending, ask, seed):
        return super().suggest(trial_id, pending, ask, ask)


@caught_by("keeps_its_state_as_json_data")
class KeepsAStateThatIsNoJSON(Neighbours):
    def get_state(self):
        return {"points": (1, 2)}


@caught_by("leaves_alone_what_it_is_given")
class TurnsWhatItIsTold(Neighbours):
    def learn(self, key, point, result, outcome):
        super().learn(key, point, result, outcome)
        if result:
            result.pop("training_iteration", None)


@caught_by("never_waits_for_nothing")
class WaitsForNothing(Neighbours):
    waits = itertools.cycle([WAIT, None])

    def suggest(self, trial_id, pending, ask, seed):
        if ask == 9 and not pending and next(self.waits) is WAIT:
            return WAIT
        return super().suggest(trial_id, pending, ask, seed)


@caught_by("has_finished_for_good")
class ComesBackAfterTheEnd(Neighbours):
    def suggest(self, trial_id, pending, ask, seed):
        sizes = [domain.size for domain in self.space.values()]
        if sizes == [3] and ask == 3 and next(self.ends):
            return FINISHED
        return super().suggest(trial_id, pending, ask, seed)

    ends = itertools.cycle([True, False])
