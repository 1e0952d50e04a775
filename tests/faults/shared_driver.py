"""A user's script on a cluster that he shares: connects to it, and begins or goes on.

    python -m faults.shared_driver '{"scheduler": ..., "folder": ..., "tally": ...}'

Prints how it ended as a line of JSON; what `fit` raised, as an error with its text.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pegbox
from distributed import Client
from pegbox.errors import RunError

from faults import tally

__all__ = ["make_tuner"]


def make_tuner(settings: dict[str, Any], client: Client) -> pegbox.Tuner:
    """A new tuner, or a restored one where the folder holds an experiment."""
    folder = Path(settings["folder"])
    trainable = getattr(tally, settings["trainable"])
    asking = pegbox.with_resources(trainable, settings["resources"])
    if pegbox.Tuner.can_restore(folder):
        return pegbox.Tuner.restore(folder, asking, client=client)
    keys = ("tally", "reports", "report_s", "hangs", "gate")
    return pegbox.Tuner(
        asking,
        param_space={key: settings[key] for key in keys},
        tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=settings["samples"]),
        run_config=pegbox.RunConfig(name=folder.name, storage_path=str(folder.parent), verbose=0),
        client=client,
    )


def main() -> None:
    """Run it."""
    settings = json.loads(sys.argv[1])
    if "protocol" in settings:
        _speak(settings["protocol"])
    if "gone_s" in settings:
        _give_up_after(settings["gone_s"])
    with Client(settings["scheduler"], set_as_default=False) as client:
        try:
            results = make_tuner(settings, client).fit()
        except RunError as error:
            summary: dict[str, Any] = {"error": str(error)}
        else:
            summary = {"statuses": [result.status.value for result in results]}
        print(json.dumps(summary), flush=True)


def _speak(protocol: int) -> None:
    """As a release of pegbox with another number of its protocol would."""
    from pegbox.executors.dask import protocol as words

    words.PROTOCOL = protocol  # type: ignore[misc]


def _give_up_after(seconds: float) -> None:
    """In place of the time that a scheduler may be out of reach."""
    from pegbox.executors.dask import line

    line.GONE_S = seconds


if __name__ == "__main__":
    main()
