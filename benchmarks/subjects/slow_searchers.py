"""Searchers that calculate for long, and write down when they did.

In a module of their own, so that they can be found from any process that pegbox starts.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pegbox

__all__ = ["GaussianProcess", "PythonLoop", "busy_times"]


class _Timed(pegbox.Searcher):
    """Keeps the times of its calculations.

    Args:
        scratch: Folder that takes a line for each of them.
    """

    def __init__(self, scratch: str) -> None:
        super().__init__()
        self._scratch = scratch

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        begin = time.time()
        yield
        with Path(self._scratch, "busy.txt").open("a") as file:
            file.write(f"{begin} {time.time()}\n")


def busy_times(scratch: str) -> list[tuple[float, float]]:
    """Begin and end of each calculation, in seconds of wall time."""
    file = Path(scratch, "busy.txt")
    lines = file.read_text().splitlines() if file.exists() else []
    return [(float(begin), float(end)) for begin, end in map(str.split, lines)]


class PythonLoop(_Timed):
    """Draws at random, after a loop that never lets go of the interpreter by itself.

    Args:
        scratch: See above.
        ask_s: Seconds of the loop.
    """

    def __init__(self, scratch: str, ask_s: float = 2.0) -> None:
        super().__init__(scratch)
        self._ask_s = ask_s

    def setup(self, space: Mapping[str, Any]) -> None:
        """Take the space."""
        self._paths = list(space)

    def suggest(self, seed: int) -> dict[str, float]:
        """Calculate for ``ask_s``; then draw each parameter from 0 to 1."""
        with self._at_work():
            end, total = time.perf_counter() + self._ask_s, 0
            while time.perf_counter() < end:
                for number in range(1_000):
                    total += number * number
        rng = random.Random(seed)
        return {path: rng.random() for path in self._paths}


class GaussianProcess(_Timed):
    """scikit-optimize's default optimizer, which knows many points from the beginning.

    Args:
        scratch: See above.
        known: How many.
    """

    def __init__(self, scratch: str, known: int = 200) -> None:
        super().__init__(scratch)
        self._known = known

    def setup(self, space: Mapping[str, Any], seed: int) -> None:
        """Make the optimizer, and tell it the points."""
        from skopt import Optimizer

        self._paths = list(space)
        self._points: dict[str, list[float]] = {}
        self._optimizer = Optimizer([(0.0, 1.0)] * len(space), "GP", random_state=seed % 2**31)
        rng = random.Random(seed)
        points = [[rng.random() for _ in space] for _ in range(self._known)]
        with self._at_work():
            self._optimizer.tell(points, [self._bowl(point) for point in points])

    def suggest(self, trial_id: str) -> dict[str, float]:
        """Ask as with several trials at once: what is pending counts as told."""
        with self._at_work():
            point = self._optimizer.ask(n_points=1)[0]
        self._points[trial_id] = point
        return dict(zip(self._paths, map(float, point), strict=True))

    def on_trial_complete(self, trial_id: str, result: Mapping[str, Any] | None) -> None:
        """Tell the result, which fits the model again."""
        with self._at_work():
            point = self._points.pop(trial_id)
            self._optimizer.tell(point, self._bowl(point) if result is None else result["loss"])

    @staticmethod
    def _bowl(point: Sequence[float]) -> float:
        return sum((value - 0.3) ** 2 for value in point)
