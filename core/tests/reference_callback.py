"""A small callback that passes every case of the kit: what mutants are made of.

It writes the losses of each trial into the trial's folder and whether it has ended, and counts the
trials that ended.
"""

from __future__ import annotations

from pathlib import Path

from pegbox import Callback

FILE = "diary.txt"


class Diary(Callback):
    def __init__(self, home):
        self.home = home
        self.ended = 0
        #: Trial's id -> iteration -> loss.
        self.losses = {}

    def setup(self, experiment, trials, history, **info):
        self.experiment = experiment
        for trial in trials:
            if trial.attempt:
                known = self.known(trial, history)
                self.losses[trial.trial_id] = known
                self.write(trial, known)
                if trial.state.ended:
                    self.close(trial)

    def on_trial_start(self, trial, **info):
        self.begin(trial)

    def on_trial_result(self, trial, result, **info):
        now, known = result["training_iteration"], self.losses[trial.trial_id]
        # What came after a checkpoint that it was set back to does not count.
        kept = {iteration: loss for iteration, loss in known.items() if iteration < now}
        self.losses[trial.trial_id] = {**kept, now: result["loss"]}
        self.write(trial, self.losses[trial.trial_id])

    def on_trial_complete(self, trial, **info):
        self.ended += 1
        self.close(trial)

    def on_trial_error(self, trial, **info):
        self.ended += 1
        self.close(trial)

    def get_state(self):
        return {"ended": self.ended}

    def set_state(self, state):
        self.ended = state["ended"]

    # ------------------------------------------------------------------ parts, to be mutated

    def begin(self, trial):
        self.losses.setdefault(trial.trial_id, {})

    def known(self, trial, history):
        return {result["training_iteration"]: result["loss"] for result, _ in history(trial)}

    def write(self, trial, losses):
        path = Path(trial.local_path, FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{iteration} {loss}\n" for iteration, loss in losses.items()))

    def close(self, trial):
        path = Path(trial.local_path, FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write("end\n")
