"""Small faults put into a callback that passes: each with the one case that has to catch it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from reference_callback import FILE, Diary

#: Class -> case.
MUTANTS = {}


def caught_by(case):
    def note(cls):
        MUTANTS[cls] = case
        return cls

    return note


def own_names(result):
    """Those that a trial has made up; not "loss" and what is filled in."""
    return [name for name in result if not name.isidentifier() and not name.startswith("config/")]


# ------------------------------------------------------------------ telling


@caught_by("is_told_of_everything")
class TakesNoNaN(Diary):
    def on_trial_result(self, trial, result, **info):
        super().on_trial_result(trial, result, **info)
        if result["loss"] is not None:
            self.permille = int(1000 * result["loss"])


@caught_by("is_told_of_everything")
class TakesNumbersAlone(Diary):
    def on_trial_result(self, trial, result, **info):
        super().on_trial_result(trial, result, **info)
        self.best = min(getattr(self, "best", 9.0), result["loss"])


@caught_by("is_told_of_everything")
class WantsAResultOfEveryTrial(Diary):
    def on_trial_complete(self, trial, **info):
        super().on_trial_complete(trial, **info)
        self.last = trial.last_result["loss"]


@caught_by("is_told_of_everything")
class MakesAFileOfEveryName(Diary):
    def on_trial_result(self, trial, result, **info):
        super().on_trial_result(trial, result, **info)
        for name in own_names(result):
            Path(trial.local_path, f"{name}.txt").write_text(f"{result[name]}")


@caught_by("is_told_of_everything")
class TakesAFailureForTheEnd(Diary):
    def setup(self, experiment, trials, history, **info):
        super().setup(experiment, trials, history, **info)
        self.failed = {trial.trial_id for trial in trials if trial.status == "ERROR"}

    def begin(self, trial):
        super().begin(trial)
        if trial.trial_id in self.failed:
            raise RuntimeError(f"{trial} has ended")


@caught_by("takes_what_later_releases_add")
class KnowsEveryArgument(Diary):
    def on_trial_result(self, trial, result, **info):
        super().on_trial_result(trial, result)
        if unknown := set(info) - {"iteration", "trials", "decision"}:
            raise TypeError(f"unknown: {unknown}")


@caught_by("leaves_alone_what_it_is_given")
class TakesOutOfResults(Diary):
    def on_trial_result(self, trial, result, **info):
        super().on_trial_result(trial, result, **info)
        result.pop("date", None)


@caught_by("leaves_alone_what_it_is_given")
class NotesInTheConfig(Diary):
    def begin(self, trial):
        super().begin(trial)
        trial.config["seen"] = True


# ------------------------------------------------------------------ lasting


@caught_by("keeps_its_state_as_json_data")
class KeepsAStateThatIsNoJSON(Diary):
    def get_state(self):
        return {"ended": self.ended, "ids": set(self.losses)}


@caught_by("keeps_its_state_as_json_data")
class KeepsNumbersAsNames(Diary):
    def get_state(self):
        return {"ended": self.ended, "by_number": {0: "first"}}


@caught_by("finds_its_state_again")
class ForgetsItsState(Diary):
    def set_state(self, state):
        """It begins anew."""


@caught_by("finds_its_state_again")
class CountsTwiceAfterARestore(Diary):
    def setup(self, experiment, trials, history, **info):
        super().setup(experiment, trials, history, **info)
        self.ended = sum(trial.status == "TERMINATED" for trial in trials)

    def set_state(self, state):
        self.ended += state["ended"]


@caught_by("changes_nothing_by_a_look")
class EmptiesItsBufferOnALook(Diary):
    def __init__(self, home):
        super().__init__(home)
        self.new = []

    def begin(self, trial):
        super().begin(trial)
        self.new.append(trial.number)

    def get_state(self):
        new, self.new = self.new, []
        return {**super().get_state(), "new": new}

    def set_state(self, state):
        super().set_state(state)
        self.new = state["new"]


@caught_by("goes_on_after_a_restore")
class WritesOverWhatWasThere(Diary):
    def setup(self, experiment, **info):
        """It begins each file anew."""


@caught_by("goes_on_after_a_restore")
class WritesTwiceWhatIsReportedTwice(Diary):
    def write(self, trial, losses):
        path = Path(trial.local_path, FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        *_, (iteration, loss) = losses.items()
        with path.open("a") as file:
            file.write(f"{iteration} {loss}\n")

    def setup(self, experiment, **info):
        """It appends to what is there."""


@caught_by("goes_on_after_a_restore")
class MissesEndsThatItWasNotToldOf(Diary):
    def setup(self, experiment, trials, history, **info):
        super().setup(experiment, [t for t in trials if not t.state.ended], history, **info)


@caught_by("goes_on_after_a_restore")
class MissesResultsThatItWasNotToldOf(Diary):
    def known(self, trial, history):
        """What it finds in its own file."""
        path = Path(trial.local_path, FILE)
        lines = path.read_text().splitlines() if path.exists() else []
        words = [line.split() for line in lines if line != "end"]
        return {int(iteration): loss for iteration, loss in words}


@caught_by("goes_on_after_a_restore")
class CannotDoWithoutItsState(Diary):
    def __init__(self, home):
        super().__init__(home)
        self.state = None

    def set_state(self, state):
        super().set_state(state)
        self.state = state

    def on_trial_complete(self, trial, **info):
        super().on_trial_complete(trial, **info)
        if self.experiment.epoch > 1:
            self.before = self.state["ended"]


@caught_by("goes_on_after_a_restore")
class WantsATrialInEveryRun(Diary):
    def begin(self, trial):
        super().begin(trial)
        self.latest = trial

    def on_experiment_end(self, trials, **info):
        self.said = f"the latest was {self.latest}"


# ------------------------------------------------------------------ ending


class WithAFile(Diary):
    def setup(self, experiment, trials, history, **info):
        super().setup(experiment, trials, history, **info)
        # A number alone: what is never closed would be a warning of Python's.
        self.file = os.open(Path(experiment.path, "all.txt"), os.O_WRONLY | os.O_CREAT)

    def on_experiment_end(self, trials, how, **info):
        if self.closes(how):
            os.close(self.file)


@caught_by("lets_go_of_everything_at_the_end")
class LeavesAFileOpenAfterCtrlC(WithAFile):
    def closes(self, how):
        return how != "interrupted"


@caught_by("lets_go_of_everything_at_the_end")
class LeavesAFileOpenAfterAFailure(WithAFile):
    def closes(self, how):
        return how != "failed"


@caught_by("lets_go_of_everything_at_the_end")
class LeavesAThreadRunning(Diary):
    def setup(self, experiment, trials, history, **info):
        super().setup(experiment, trials, history, **info)
        threading.Thread(target=threading.Event().wait, args=(30,), daemon=True).start()


@caught_by("keeps_its_files_to_the_experiment")
class WritesIntoTheWorkingFolder(Diary):
    def begin(self, trial):
        super().begin(trial)
        Path("runs.log").write_text("began")


@caught_by("keeps_its_files_to_the_experiment")
class WritesBesideTheExperiment(Diary):
    def setup(self, experiment, trials, history, **info):
        super().setup(experiment, trials, history, **info)
        Path(experiment.storage_path, "index.txt").write_text(experiment.name)


@caught_by("keeps_its_files_to_the_experiment")
class BeginsWhenItIsMade(Diary):
    def __init__(self, home):
        super().__init__(home)
        Path(home, "diary.lock").touch()


@caught_by("keeps_its_files_to_the_experiment")
class FollowsNamesAnywhere(Diary):
    def on_trial_result(self, trial, result, **info):
        super().on_trial_result(trial, result, **info)
        for name in own_names(result):
            path = Path(trial.local_path, f"{name}.txt")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
