"""One epoch of an experiment whose driver is killed in the middle; run as a script.

It is told as JSON: ``folder``, ``searcher``, ``executor``, ``kill_at`` (the number of the trial
that kills its driver, or None), ``samples`` and ``told`` (the file for what the searcher is told).
"""

import json
import os
import signal
import sys
from pathlib import Path

import pegbox
from pegbox.hookspecs import hookimpl
from pegbox.searcher_wrapper import SearcherWrapper

SPACE = {
    "rate": pegbox.loguniform(1e-4, 1e-1),
    "width": pegbox.qlograndint(8, 512, 8),
    "shift": pegbox.randn(0, 1),
    "share": pegbox.quniform(0, 1, 0.1),
    "model": pegbox.choice(
        [
            {"kind": "tree", "depth": pegbox.randint(1, 9)},
            {"kind": "net", "act": pegbox.choice(["relu", "tanh"])},
        ]
    ),
}


class Noting(SearcherWrapper):
    """Writes down of which trials the searcher is told, and how it is shown them."""

    def __init__(self, searcher, told):
        super().__init__(searcher, told=told)
        self.told = told

    @hookimpl
    def searcher_observe(self, config, outcome, trial_id):
        self._note(kind="observe", trial=trial_id, outcome=outcome, point=dict(config))

    @hookimpl
    def searcher_complete(self, outcome, trial_id, config):
        self._note(kind="complete", trial=trial_id, outcome=outcome, point=dict(config))

    def _note(self, **what):
        with Path(self.told).open("a") as file:
            print(json.dumps(what), file=file, flush=True)


def train(config):
    number = int(pegbox.get_context().get_trial_id()[-5:])
    if os.environ.get("KILL_AT") == str(number):
        os.kill(int(os.environ["DRIVER"]), signal.SIGKILL)
    if number % 5 == 3:
        raise ValueError("a trial that fails")
    pegbox.report({"loss": abs(config["shift"]) + config["rate"]})


def main(folder, searcher, executor, kill_at, samples, told):
    os.environ["DRIVER"], os.environ["KILL_AT"] = str(os.getpid()), str(kill_at)
    search = Noting(searcher, told)
    if pegbox.Tuner.can_restore(folder):
        tuner = pegbox.Tuner.restore(folder, train, search_alg=search, executor=executor)
    else:
        path = Path(folder)
        tuner = pegbox.Tuner(
            train,
            param_space=SPACE,
            tune_config=pegbox.TuneConfig(
                metric="loss", mode="min", seed=3, num_samples=samples, search_alg=search
            ),
            run_config=pegbox.RunConfig(name=path.name, storage_path=str(path.parent), verbose=0),
            executor=executor,
        )
    tuner.fit()


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
