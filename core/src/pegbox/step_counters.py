"""What is counted over the steps of a class trainable, and filled in into their results."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pegbox.autofill import compose
from pegbox.events import PlaceOpened

__all__ = ["StepCounters", "here"]


class StepCounters:
    """Counts on from where a training stands.

    Args:
        iteration: Steps so far.
        time_s: Training seconds so far.
        timesteps: Sum of ``timesteps_this_iter``; None until a result has it.
        episodes: Sum of ``episodes_this_iter``, likewise.
    """

    def __init__(
        self,
        iteration: int = 0,
        time_s: float = 0.0,
        timesteps: int | None = None,
        episodes: int | None = None,
    ) -> None:
        self.iteration = iteration
        self.time_s = time_s
        self.timesteps = timesteps
        self.episodes = episodes
        self._from_iteration, self._from_time_s = iteration, time_s
        self._from_timesteps = timesteps or 0

    @classmethod
    def from_notes(cls, notes: Mapping[str, Any]) -> StepCounters:
        """Those that `notes` gave; from zero where it has none."""
        return cls(
            notes.get("iteration", 0),
            notes.get("time_total", 0.0),
            notes.get("timesteps_total"),
            notes.get("episodes_total"),
        )

    def notes(self) -> dict[str, Any]:
        """The counters as JSON data, under Ray Tune's names."""
        return {
            "iteration": self.iteration,
            "time_total": self.time_s,
            "timesteps_total": self.timesteps,
            "episodes_total": self.episodes,
        }

    def count(self, result: Mapping[str, Any], took_s: float) -> dict[str, Any]:
        """Count a step.

        Returns:
            Its result, with the sums that Ray Tune adds where a result has the parts.
        """
        self.iteration += 1
        self.time_s += took_s
        if (steps := result.get("timesteps_this_iter")) is not None:
            self.timesteps = (self.timesteps or 0) + int(steps)
        if (episodes := result.get("episodes_this_iter")) is not None:
            self.episodes = (self.episodes or 0) + int(episodes)
        sums = {"timesteps_total": self.timesteps, "episodes_total": self.episodes}
        added = {name: n for name, n in sums.items() if n is not None and name not in result}
        return {**result, **added}

    def fill_in(
        self, result: Mapping[str, Any], *, trial_id: str, took_s: float, at: float | None = None
    ) -> dict[str, Any]:
        """The result with all that pegbox adds.

        Args:
            result: What `count` gave.
            trial_id: The trial's.
            took_s: Seconds that the step took.
            at: Seconds since 1970; None for now.
        """
        return compose(
            result,
            trial_id=trial_id,
            run=trial_id.rpartition("_")[0],
            tag="",
            iteration=self.iteration,
            iterations_since_restore=self.iteration - self._from_iteration,
            timesteps_since_restore=(self.timesteps or 0) - self._from_timesteps,
            time_this_iter_s=took_s,
            time_total_s=self.time_s,
            time_since_restore=self.time_s - self._from_time_s,
            timestamp=time.time() if at is None else at,
            place=here(),
            checkpoint=None,
            done=bool(result.get("done", False)),
        )


def here() -> PlaceOpened:
    """This machine and process."""
    name, ip = _host()
    return PlaceOpened(0.0, 0, name, ip, os.getpid(), "")


@lru_cache(maxsize=1)
def _host() -> tuple[str, str]:
    name = socket.gethostname()
    try:
        return name, socket.gethostbyname(name)
    except OSError:
        return name, "127.0.0.1"
