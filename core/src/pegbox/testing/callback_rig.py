"""Real runs with a callback, in the caller's thread, that end in every way and are restored.

A kill is what it leaves on the disk: that is copied at a moment of a run, which then goes on.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from pegbox.configs import FailureConfig, RunConfig, TuneConfig
from pegbox.decisions import CONTINUE, Decision
from pegbox.errors import PluginError
from pegbox.results import ResultGrid
from pegbox.scheduler import Scheduler
from pegbox.space import grid_search
from pegbox.testing.callback_trials import STOPPED_AT, PausesOnce, trainable
from pegbox.testing.callback_watch import Watch, as_callback
from pegbox.trial import TrialView
from pegbox.tuner import Tuner

__all__ = ["CallbackRig", "HowItEnds", "Kill", "files_below"]

HowItEnds = Literal["complete", "interrupted", "failed"]

#: A moment at which something is stored that the callback was not told of yet.
Kill = Literal[
    "before it was told of a trial's last result",
    "before it was told of a trial's end",
    "before it was told of the last trial's end",
]

_NAME: Final = "exp"
#: Before which report of its last trial a run is interrupted: a checkpoint lies behind.
_AT_REPORT: Final = 3
#: At which one it fails.
_FAILS_AT: Final = 2


class CallbackRig:
    """Runs of one experiment, each with a new callback.

    Args:
        make: Gives a new callback; called with `home`.
        folder: A folder of the test's own.

    Attributes:
        home: What the callback was made with; also the folder that runs work in.
        experiment: The folder of the experiment.
        trials: The folders of its trials, after a run.
    """

    def __init__(self, make: Callable[[Path], Any], folder: Path) -> None:
        self._make = make
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self._aside = folder / "aside"
        self._storage = folder / "results"
        self.experiment = self._storage / _NAME
        self.trials: list[Path] = []

    def run(
        self,
        fates: Sequence[str],
        *,
        ending: HowItEnds = "complete",
        kills: Collection[Kill] = (),
        **watching: bool,
    ) -> Watch:
        """Run the experiment from its beginning.

        Args:
            fates: One trial of each; see `pegbox.testing.callback_trials`.
            ending: How it ends, in the last of the trials.
            kills: What is to be kept for `kill`.
            **watching: Of `Watch`.
        """
        watch = self._watch(watching)
        watch.before = self._keeping(kills, fates)
        breaks = self._break(ending, fates[-1])
        tuner = Tuner(
            trainable(breaks),
            param_space={"fate": grid_search(list(fates)), "x": 0.5},
            tune_config=TuneConfig(
                metric="loss",
                mode="min",
                seed=1,
                scheduler=_FailsAtLast(fates[-1]) if ending == "failed" else PausesOnce(),
            ),
            run_config=RunConfig(
                name=_NAME,
                storage_path=str(self._storage),
                verbose=0,
                stop={"training_iteration": STOPPED_AT},
                failure_config=FailureConfig(max_failures=1),
                callbacks=[as_callback(watch)],
            ),
            executor="inline",
        )
        self._fit(tuner, fails=ending == "failed")
        return watch

    def kill(self, at: Kill) -> None:
        """Have on the disk what a kill of the driver at a moment of the run leaves there.

        Args:
            at: One of those that the run was told to keep.
        """
        for folder in (self.home, self._storage):
            shutil.rmtree(folder)
            (self._aside / at / folder.name).rename(folder)

    def restore(self, *, resume_errored: bool = False, **watching: bool) -> Watch:
        """Go on with the experiment, with a new callback.

        Args:
            resume_errored: As for `pegbox.Tuner.restore`.
            **watching: Of `Watch`.
        """
        watch = self._watch(watching)
        tuner = Tuner.restore(
            self.experiment,
            trainable(_nothing),
            tune_config=TuneConfig(metric="loss", mode="min", scheduler=PausesOnce()),
            run_config=RunConfig(
                verbose=0,
                stop={"training_iteration": STOPPED_AT},
                callbacks=[as_callback(watch)],
            ),
            resume_errored=resume_errored,
            executor="inline",
        )
        self._fit(tuner)
        return watch

    def _watch(self, watching: Mapping[str, bool]) -> Watch:
        return Watch(self._make(self.home), **watching)

    def _fit(self, tuner: Tuner, *, fails: bool = False) -> None:
        with _working_in(self.home), pytest.raises(PluginError) if fails else nullcontext():
            tuner.fit()
        self.trials = [Path(result.path) for result in ResultGrid(self.experiment)]

    def _break(self, ending: HowItEnds, fate: str) -> Callable[[str, int], None]:
        def at(now: str, step: int) -> None:
            if ending == "interrupted" and (now, step) == (fate, _AT_REPORT):
                signal.raise_signal(signal.SIGINT)

        return at

    def _keeping(
        self, kills: Collection[Kill], fates: Sequence[str]
    ) -> Callable[[str, Mapping[str, Any]], None]:
        """Copies what is on the disk at some moments, before the callback is told of anything."""

        def before(hook: str, info: Mapping[str, Any]) -> None:
            for kill in kills:
                if _is_at(kill, hook, info, fates):
                    for folder in (self.home, self._storage):
                        shutil.copytree(folder, self._aside / kill / folder.name, symlinks=True)

        return before


class _FailsAtLast(Scheduler):
    """Ends the run by its own failure, in a trial of one fate.

    Args:
        fate: Of the trial.
    """

    def __init__(self, fate: str) -> None:
        self._fate = fate

    def on_trial_result(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        """Raise, or let the trial go on."""
        if (trial.config["fate"], result["training_iteration"]) == (self._fate, _FAILS_AT):
            raise RuntimeError("meant to end the run")
        return CONTINUE


def _is_at(kill: Kill, hook: str, info: Mapping[str, Any], fates: Sequence[str]) -> bool:
    if "last result" in kill:
        # Of the first trial: it was stopped by it, so it does not come again.
        last = info.get("result", {}).get("training_iteration") == STOPPED_AT
        return hook == "callback_trial_result" and last
    number = len(fates) - 1 if "last trial" in kill else 0
    return hook == "callback_trial_complete" and bool(info["trial"].number == number)


def files_below(folder: Path) -> set[str]:
    """Paths of all files and links below a folder, relative to it, with ``/``."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(folder).as_posix() for path in paths}


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _nothing(fate: str, step: int) -> None:
    """Let the trial go on."""
