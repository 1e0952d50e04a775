"""The user's script: begins the experiment, or goes on with it where there is one.

    python -m faults.driver '{"folder": ..., "journal": ..., "samples": ...}'

Prints how it ended as a line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pegbox

from faults.trial import train

__all__ = ["make_tuner"]


def make_tuner(settings: dict[str, Any]) -> pegbox.Tuner:
    """A new tuner, or a restored one where the folder holds an experiment."""
    folder = Path(settings["folder"])
    options = {"executor": settings["executor"]}
    if settings["restore"] and pegbox.Tuner.can_restore(folder):
        errored = {"resume_errored": settings["resume_errored"]}
        return pegbox.Tuner.restore(folder, train, **errored, **options)
    return pegbox.Tuner(
        train,
        param_space={
            "x": pegbox.uniform(-1, 1),
            "journal": settings["journal"],
            "iterations": settings["iterations"],
            "report_s": settings["report_s"],
            **settings["space"],
            **{key: pegbox.grid_search(values) for key, values in settings["grid"].items()},
        },
        tune_config=pegbox.TuneConfig(
            metric="loss",
            mode="min",
            num_samples=settings["samples"],
            search_alg=settings["search_alg"],
            scheduler=tuple(settings["scheduler"]),
            max_concurrent_trials=settings["concurrent"],
            seed=1,
        ),
        run_config=pegbox.RunConfig(
            name=folder.name,
            storage_path=str(folder.parent),
            failure_config=pegbox.FailureConfig(max_failures=settings["max_failures"]),
            checkpoint_config=pegbox.CheckpointConfig(num_to_keep=settings["keep"]),
            sync_period_s=settings["sync_period_s"],
            verbose=0,
        ),
        **options,
    )


def main() -> None:
    """Run it."""
    settings = json.loads(sys.argv[1])
    results = make_tuner(settings).fit()
    statuses = [result.status.value for result in results]
    print(json.dumps({"statuses": statuses, "errors": results.num_errors}), flush=True)


if __name__ == "__main__":
    main()
