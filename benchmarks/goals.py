"""What pegbox's speed must reach, as data: which figure of which row, against whom, how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["GOALS", "Goal"]


@dataclass(frozen=True)
class Goal:
    """One goal.

    Attributes:
        what: As the table says it.
        row: A key of `plan.ROWS`.
        figure: Figure of pegbox in that row.
        sign: Whether the value must be at least or at most the bound.
        bound: In units of the figure; a factor where there is an ``against``.
        against: Subject and variant whose figure divides pegbox's, in the same repetition.
        other_figure: Its figure, where it has another name.
        subject: Who stands for pegbox in that row.
    """

    what: str
    row: str
    figure: str
    sign: Literal["≥", "≤"]
    bound: float
    against: tuple[str, str] | None = None
    other_figure: str = ""
    subject: str = "pegbox"


_RANDOM: Final = ("random-search", "")
_FLOOR: Final = ("bare-mailbox", "")
_SHARED: Final = ("bare-shared", "")
_TUNE: Final = ("ray-tune", "reuse")
_TRIALS: Final = "steady_trials_per_s"
_REPORTS: Final = "together_results_per_s"
_ACTIVE: Final = "active_results_per_s"

GOALS: Final = (
    *(
        Goal(f"{n} no-op trials: rate / bare slots", f"trials-{n}", _TRIALS, "≥", 0.8, _FLOOR)
        for n in (200, 1000, 5000)
    ),
    *(
        Goal(f"{n} no-op trials: rate / Ray Tune", f"trials-{n}", _TRIALS, "≥", 20, _TUNE)
        for n in (200, 1000, 5000)
    ),
    Goal("cost of a trial at 10,000 / at 100", "trials-10000", "growth", "≤", 1.1),
    Goal("the same, in CPU time of the driver", "trials-10000", "cpu_growth", "≤", 1.1),
    Goal("2 x 500 reports: rate / bare mailbox", "reports-2x500", _REPORTS, "≥", 0.8, _FLOOR),
    Goal("16 x 100 reports: rate / bare mailbox", "reports-16x100", _REPORTS, "≥", 0.8, _FLOOR),
    Goal("2 x 500 reports: rate / Ray Tune", "reports-2x500", _ACTIVE, "≥", 5, _TUNE),
    Goal("16 x 100 reports: rate / Ray Tune", "reports-16x100", _ACTIVE, "≥", 5, _TUNE),
    Goal("16 trials x 10 reports/s: wall time / floor", "cadence", "wall_s", "≤", 1.05, _FLOOR),
    Goal("10 MB checkpoints: wall time / floor", "checkpoints", "wall_s", "≤", 1.1, _FLOOR),
    Goal("500 MB for every trial: wall time / floor", "broadcast", "wall_s", "≤", 1.5, _SHARED),
    Goal("the same on a given cluster", "broadcast-given", "wall_s", "≤", 1.5, _SHARED),
    *(
        Goal(
            f"p99 of an answer beside {what} / with random search",
            row,
            "p99_ms",
            "≤",
            2,
            _RANDOM,
            subject=subject,
        )
        for what, row, subject in (
            ("a loop of 2 s an ask", "answers-loop", "python-loop"),
            ("scikit-optimize", "answers-skopt", "scikit-optimize"),
        )
    ),
    Goal("driver's peak memory, 10,000 x 10 reports, MB", "memory", "peak_mb", "≤", 300),
    Goal("its growth for 100,000 further reports, MB", "memory", "growth_mb", "≤", 10),
    Goal(
        "simulated: 100,000 trials on 10,000 workers, s",
        "simulated",
        "wall_s_full",
        "≤",
        60,
        subject="simulated",
    ),
    Goal(
        "simulated: cost of an event / at a tenth of the size",
        "simulated",
        "growth",
        "≤",
        1.1,
        subject="simulated",
    ),
    *(
        Goal(
            f"simulated: {what}: time / least (Tune {tune})",
            "guide",
            f"{name}_ratio",
            "≤",
            1.02,
            subject="simulated",
        )
        for what, tune, name in (
            ("10,000 trials of 1 s on 16 cpus", 1.144, "many_trials"),
            ("1,000 trials on 1,024 cpus", 1.68, "many_at_once"),
            ("96 trials x 10 results/s", 1.69, "many_results"),
            ("200 trials on 200 nodes", 7.6, "many_nodes"),
        )
    ),
    *(
        Goal(f"{what}: time / least", row, figure, "≤", 1.02)
        for what, row, figure in (
            ("trials of 1 s, two at a time", "guide-trials", "active_ratio"),
            ("64 trials at once", "guide-at-once", "slowest_ratio"),
            ("96 trials x 10 results/s for 100 s", "guide-results", "active_ratio"),
            ("8 trials on 8 workers", "guide-nodes", "slowest_ratio"),
        )
    ),
    Goal("restore 1,000 trials to the table, s", "resume-1000", "table_s", "≤", 0.05),
    Goal("restore 10,000 trials to the table, s", "resume-10000", "table_s", "≤", 0.5),
    *(
        Goal(f"{row}: to the first new trial, s", row, "first_new_trial_s", "≤", 3)
        for row in ("resume-1000", "resume-1000-tpe", "resume-10000")
    ),
    Goal("state on disk of a no-op trial, bytes", "trials-1000", "bytes_per_trial", "≤", 1000),
    Goal("state of a report of 2 numbers / its result's JSON", "state", "ratio_of_2", "≤", 1.5),
    Goal("state of a report of 20 numbers / its result's JSON", "state", "ratio_of_20", "≤", 1.5),
    Goal("first result, cold / bare Dask", "first-result", "wall_s", "≤", 1.3, ("bare-dask", "")),
    Goal(
        "import pegbox / import distributed",
        "import",
        "pegbox_s",
        "≤",
        1.2,
        ("imports", ""),
        "distributed_s",
        "imports",
    ),
    Goal("events/s through the engine", "engine", "events_per_s", "≥", 20_000, subject="engine"),
)
