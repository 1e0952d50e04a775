"""How one trial reads: what it was tried with, what it found, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.trials_table import Column
from pegbox.autofill import AUTOFILLED
from pegbox.cli.output import print_pairs, say
from pegbox.cli.tables import print_table
from pegbox.jsonvalue import flatten
from pegbox.text import duration, metric, parameter

__all__ = ["print_config", "print_metrics", "show_trial"]

#: Reported values that a history has a column for.
_MAX_COLUMNS = 6


def show_trial(
    experiment: StoredExperiment,
    number: int,
    history: Sequence[Mapping[str, Any]],
    limit: int,
) -> None:
    """Print one trial.

    Args:
        experiment: Whose trial.
        number: The trial's.
        history: All its results that count.
        limit: Iterations that are shown at most, of the last ones.
    """
    row = experiment.rows[number]
    checkpoint = row.checkpoint
    say(row.name, style="bold")
    print_pairs(
        {
            "status": row.state.status.value,
            "experiment": experiment.folder,
            "tries": row.attempt,
            "checkpoint": experiment.folder / checkpoint.path if checkpoint else "none",
        }
    )
    print_config(experiment, number)
    print_metrics(experiment, number)
    _print_history(history, limit)
    _print_failure(experiment, number)


def print_config(experiment: StoredExperiment, number: int) -> None:
    """The configuration, a line for each value."""
    config = experiment.space.decode_config(experiment.rows[number].config)
    _print_block("config", {path: _value(value) for path, value in flatten(config).items()})


def print_metrics(experiment: StoredExperiment, number: int) -> None:
    """The last result, with the times and the iteration of what is filled in."""
    result = experiment.rows[number].result or {}
    own = {name: _value(value) for name, value in result.items() if name not in AUTOFILLED}
    if result:
        own["training_iteration"] = result["training_iteration"]
        own["time_total_s"] = duration(result["time_total_s"])
    _print_block("last result", own)


def _value(value: object) -> str:
    """In full, unlike in tables: it may be copied."""
    return repr(value) if isinstance(value, float) else str(value)


def _print_block(head: str, pairs: Mapping[str, object]) -> None:
    if pairs:
        say()
        say(head, style="bold")
        print_pairs(pairs, indent=2)


def _print_history(history: Sequence[Mapping[str, Any]], limit: int) -> None:
    if len(history) < 2:
        return
    shown = history[-limit:]
    names = dict.fromkeys(name for result in shown for name in result if name not in AUTOFILLED)
    columns = [
        Column("iter", [str(each["training_iteration"]) for each in shown], rank=0),
        Column("time", [duration(each["time_total_s"]) for each in shown], rank=1),
        *(
            Column(name, [_cell(each, name) for each in shown], rank=2)
            for name in list(names)[:_MAX_COLUMNS]
        ),
    ]
    say()
    say("history" if len(shown) == len(history) else f"last {len(shown)} of {len(history)}", "bold")
    print_table(columns, indent=2)


def _cell(result: Mapping[str, Any], name: str) -> str:
    value = result.get(name)
    if value is None:
        return ""
    return metric(value) if isinstance(value, float) else parameter(value)


def _print_failure(experiment: StoredExperiment, number: int) -> None:
    failure = experiment.rows[number].failure
    if failure is None:
        return
    say()
    say(f"{failure.cause}: {failure.message}", style="bold")
    for line in failure.traceback.rstrip().splitlines():
        say(f"  {line}")
