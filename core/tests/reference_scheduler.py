"""A small scheduler that passes every case of the kit: what mutants are made of.

At its rungs it stops who is worse than the median of those that came there before, and once in a
while, by lot, it lets one go on all the same.
"""

from __future__ import annotations

from statistics import median

from pegbox.scheduler import Scheduler

RUNGS = (2, 5)


class Medians(Scheduler):
    def __init__(self, rungs=RUNGS):
        self.rungs = rungs
        self.seen = {str(rung): {} for rung in rungs}
        self.draws = 0

    def setup(self, objectives, rng):
        self.objective, self.rng = objectives[0], rng
        self.lots = [rng.random() for _ in range(64)]

    def on_trial_result(self, trial, result):
        if trial.iteration not in self.rungs or self.is_known(trial):
            return self.CONTINUE
        loss = self.loss(result)
        before = self.note(trial, loss)
        if not before or self.is_good(loss, before) or self.is_lucky():
            return self.CONTINUE
        return self.STOP

    def choose_trial_to_run(self, queued, paused, running):
        return queued[0]

    def get_state(self):
        return {"seen": {rung: dict(each) for rung, each in self.seen.items()}, "draws": self.draws}

    def set_state(self, state):
        self.seen = {rung: dict(each) for rung, each in state["seen"].items()}
        self.draws = state["draws"]

    # ------------------------------------------------------------------ parts, to be mutated

    def loss(self, result):
        found = self.objective.loss(result)
        return 1e9 if found is None else found

    def is_known(self, trial):
        """Whether it was at this rung before, and went back."""
        return trial.trial_id in self.seen[str(trial.iteration)]

    def note(self, trial, loss):
        """Losses of those that were at this rung before."""
        rung = self.seen[str(trial.iteration)]
        before = list(rung.values())
        rung[self.name(trial)] = loss
        return before

    def name(self, trial):
        return trial.trial_id

    def is_good(self, loss, before):
        return loss <= median(before)

    def is_lucky(self):
        """By lot, for those that are not good; the worst of all never are."""
        self.draws += 1
        return self.lots[self.draws % len(self.lots)] < 0.1
