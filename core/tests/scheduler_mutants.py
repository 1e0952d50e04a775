"""Small faults put into a scheduler that passes: each with the one case that has to catch it."""

from __future__ import annotations

import random
from pathlib import Path
from time import monotonic

import numpy as np
from pegbox.decisions import WAIT
from reference_scheduler import Medians

#: Class -> case.
MUTANTS = {}


def caught_by(case):
    def note(cls):
        MUTANTS[cls] = case
        return cls

    return note


@caught_by("keeps_the_best")
class FlipsTheDirection(Medians):
    def is_good(self, loss, before):
        return not super().is_good(loss, before)


@caught_by("keeps_the_best")
class StopsByLot(Medians):
    def is_good(self, loss, before):
        return super().is_good(loss, before) and self.is_lucky()


@caught_by("takes_either_mode")
class KnowsMinOnly(Medians):
    def loss(self, result):
        value = result.get(self.objective.metric)
        return 1e9 if value is None or value != value else value


@caught_by("ranks_nan_and_infinity_worst")
class RaisesOnNaN(Medians):
    def loss(self, result):
        value = result[self.objective.metric]
        if value != value:
            raise ValueError("Input contains NaN")
        return super().loss(result)


@caught_by("ranks_nan_and_infinity_worst")
class TakesNaNForTheBest(Medians):
    def loss(self, result):
        return -1.0 if super().loss(result) == 1e9 else super().loss(result)


@caught_by("touches_nothing_but_what_it_is_given")
class ReadsTheClock(Medians):
    def is_lucky(self):
        monotonic()
        return super().is_lucky()


@caught_by("touches_nothing_but_what_it_is_given")
class DrawsFromTheGlobalGenerator(Medians):
    def is_lucky(self):
        random.random()
        return super().is_lucky()


@caught_by("touches_nothing_but_what_it_is_given")
class DrawsFromNumpysGenerator(Medians):
    def is_lucky(self):
        np.random.rand()
        return super().is_lucky()


@caught_by("touches_nothing_but_what_it_is_given")
class ReadsAFile(Medians):
    def is_lucky(self):
        Path(__file__).read_text(encoding="utf-8")
        return super().is_lucky()


@caught_by("leaves_alone_what_it_is_given")
class NotesInTheResult(Medians):
    def on_trial_result(self, trial, result):
        result["rung"] = trial.iteration
        return super().on_trial_result(trial, result)


@caught_by("goes_on_from_its_state")
class ForgetsARung(Medians):
    def set_state(self, state):
        super().set_state({**state, "seen": {**state["seen"], str(self.rungs[0]): {}}})


@caught_by("goes_on_from_its_state")
class DrawsAgainAfterARestore(Medians):
    def set_state(self, state):
        super().set_state({**state, "draws": 0})


@caught_by("goes_on_from_its_state")
class MovesItsStateOnALook(Medians):
    def get_state(self):
        self.draws += 1
        return super().get_state()


@caught_by("keeps_its_state_as_json_data")
class KeepsNumbersAsKeys(Medians):
    def get_state(self):
        seen = {int(rung): dict(each) for rung, each in self.seen.items()}
        return {**super().get_state(), "seen": seen}


@caught_by("goes_on_after_a_restore")
class MustNotSeeAnIterationTwice(Medians):
    def setup(self, objectives, rng):
        super().setup(objectives, rng)
        self.last = {}

    def on_trial_result(self, trial, result):
        if trial.iteration <= self.last.get(trial.trial_id, 0):
            raise RuntimeError("time went backwards")
        self.last[trial.trial_id] = trial.iteration
        return super().on_trial_result(trial, result)


@caught_by("counts_a_report_once")
class CountsEachTry(Medians):
    def name(self, trial):
        return f"{trial.trial_id} {trial.attempt}"


@caught_by("counts_a_report_once")
class CountsReports(Medians):
    reports = 0

    def on_trial_result(self, trial, result):
        self.reports += 1
        return super().on_trial_result(trial, result) if self.reports % 50 else self.STOP

    def get_state(self):
        return {**super().get_state(), "reports": self.reports}

    def set_state(self, state):
        super().set_state(state)
        self.reports = state["reports"]


@caught_by("brings_every_trial_to_an_end")
class WaitsForWhoFailed(Medians):
    failed = False

    def on_trial_complete(self, outcome):
        self.failed |= outcome == "failed"

    def choose_trial_to_run(self, queued, paused, running):
        return WAIT if self.failed else queued[0]


@caught_by("brings_every_trial_to_an_end")
class NeedsAResultAtTheEnd(Medians):
    def on_trial_complete(self, trial, result, outcome):
        if outcome == "failed":
            self.seen["2"][trial.trial_id] = result["training_iteration"]


@caught_by("brings_every_trial_to_an_end")
class AnswersNothing(Medians):
    def __init__(self):
        super().__init__()
        self.tries = []

    def on_trial_result(self, trial, result):
        one = f"{trial.trial_id} {trial.attempt}"
        if one not in self.tries:
            self.tries.append(one)
            if trial.iteration == 2:
                return None
        return super().on_trial_result(trial, result)

    def get_state(self):
        return {**super().get_state(), "tries": list(self.tries)}

    def set_state(self, state):
        super().set_state(state)
        self.tries = list(state["tries"])
