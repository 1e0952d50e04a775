"""The values that every result carries beside the user's metrics, under Ray Tune's names.

Only what varies from report to report is stored; the rest is put together here, when a result is
decided on or read back. Values are composed from facts alone: no clock is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from pegbox.events import PlaceOpened
from pegbox.trial import CheckpointRecord

__all__ = ["AUTOFILLED", "compose"]

#: Names that pegbox fills in; a report that uses one of them is overwritten by it.
AUTOFILLED: Final = frozenset(
    {
        "checkpoint_dir_name",
        "date",
        "done",
        "experiment_id",
        "experiment_tag",
        "hostname",
        "iterations_since_restore",
        "node_ip",
        "pid",
        "time_since_restore",
        "time_this_iter_s",
        "time_total_s",
        "timestamp",
        "timesteps_since_restore",
        "training_iteration",
        "trial_id",
    }
)


def compose(
    metrics: Mapping[str, Any],
    *,
    trial_id: str,
    run: str,
    tag: str,
    iteration: int,
    iterations_since_restore: int,
    timesteps_since_restore: int,
    time_this_iter_s: float,
    time_total_s: float,
    time_since_restore: float,
    timestamp: float,
    place: PlaceOpened | None,
    checkpoint: CheckpointRecord | None,
    done: bool,
) -> dict[str, Any]:
    """The whole result: the user's metrics and what is filled in.

    Args:
        metrics: Flat, plain values.
        run: Id of the run (``experiment_id``).
        tag: ``experiment_tag``.
        iteration: ``training_iteration``; counts on over restores of the trial.
        iterations_since_restore: Reports since this try began.
        timesteps_since_restore: Sum of the reported ``timesteps_this_iter`` in this try.
        time_this_iter_s: Seconds since the previous report.
        time_total_s: Training seconds, counting on over restores.
        time_since_restore: Training seconds since this try began.
        timestamp: Wall time in seconds since 1970; ``date`` is this in local time.
        place: Where it ran, or None where that is not known.
        checkpoint: What came with it; its folder's name is ``checkpoint_dir_name``.
        done: Whether this is the trial's last result.
    """
    return {
        **metrics,
        "trial_id": trial_id,
        "experiment_id": run,
        "experiment_tag": tag,
        "training_iteration": iteration,
        "iterations_since_restore": iterations_since_restore,
        "timesteps_since_restore": timesteps_since_restore,
        "time_this_iter_s": time_this_iter_s,
        "time_total_s": time_total_s,
        "time_since_restore": time_since_restore,
        "timestamp": int(timestamp),
        "checkpoint_dir_name": checkpoint.path.rpartition("/")[2] if checkpoint else None,
        "date": _date(int(timestamp)),
        "hostname": place.host if place else "",
        "node_ip": place.ip if place else "",
        "pid": place.pid if place else 0,
        "done": done,
    }


@lru_cache(maxsize=256)
def _date(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp).strftime("%Y-%m-%d_%H-%M-%S")
