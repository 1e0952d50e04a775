"""``pegbox show``: one experiment, or one of its trials."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import click

from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.feasible import is_feasible, pareto_numbers
from pegbox._analysis.standing import Standing, standing_of
from pegbox._analysis.trials_table import trials_table
from pegbox.cli.data import experiment_data, trial_data, trial_history
from pegbox.cli.output import json_option, print_json, print_pairs, say
from pegbox.cli.places import find_experiment, find_trial
from pegbox.cli.show_trial import show_trial
from pegbox.cli.tables import print_table
from pegbox.constraints import LinearConstraint
from pegbox.constraints.given import from_description, passed
from pegbox.trial import Status
from pegbox.usage_text import seconds_text, slots_text

__all__ = ["show"]

_ROWS = 20


@click.command()
@click.argument("experiment")
@click.argument("trial", required=False)
@click.option(
    "--status",
    type=click.Choice([status.value for status in Status], case_sensitive=False),
    help="Only trials that stand so.",
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"Rows at most, 0 for all. [default: {_ROWS}; all with --json]",
)
@json_option
def show(
    experiment: str, trial: str | None, status: str | None, limit: int | None, as_json: bool
) -> None:
    """Show EXPERIMENT and its trials, the best first; or one TRIAL.

    TRIAL is an id, a name, or a number. Trials without a value come last, in their order.
    """
    found = StoredExperiment(find_experiment(experiment))
    if trial is not None:
        _refuse_filter(status)
        _show_one(found, find_trial(found, trial), limit, as_json)
        return
    numbers = [
        number
        for number in _ranked(found)
        if status is None or found.rows[number].state.status.value == status
    ]
    if as_json:
        shown = numbers[: limit or None]
        trials = [trial_data(found, number) for number in shown]
        print_json({**experiment_data(found, standing_of(found)), "trials": trials})
    else:
        _show_all(found, numbers, _ROWS if limit is None else limit or len(numbers))


def _ranked(experiment: StoredExperiment) -> list[int]:
    """Numbers of all trials by the first objective's last value, the best first.

    Before the others come those of the Pareto set, where there are several objectives, and then
    those that are feasible.
    """
    objective = next(iter(experiment.objectives), None)
    if objective is None:
        return list(experiment.rows)
    pareto = set(pareto_numbers(experiment, experiment.objectives))

    def rank(number: int) -> tuple[bool, bool, float, int]:
        found = objective.loss(experiment.rows[number].result or {})
        loss = float("inf") if found is None else found
        return number not in pareto, not is_feasible(experiment, number), loss, number

    return sorted(experiment.rows, key=rank)


def _refuse_filter(status: str | None) -> None:
    if status is not None:
        raise click.UsageError("--status goes with an experiment, not with one trial")


def _show_one(found: StoredExperiment, number: int, limit: int | None, as_json: bool) -> None:
    history = trial_history(found, number)
    if as_json:
        shown = history[-limit:] if limit else history
        print_json({**trial_data(found, number), "results": shown})
    else:
        show_trial(found, number, history, _ROWS if limit is None else limit or len(history))


def _show_all(found: StoredExperiment, numbers: Sequence[int], limit: int) -> None:
    standing = standing_of(found)
    _print_head(found, standing)
    if numbers:
        say()
        print_table(trials_table(found, numbers[:limit]))
        if (more := len(numbers) - limit) > 0:
            say(f"and {more} more; --limit 0 shows all", style="dim")
    _print_failures(found)
    if standing.restorable:
        _print_restore(found)


def _print_head(found: StoredExperiment, standing: Standing) -> None:
    meta, settings = found.meta, found.settings
    created = datetime.datetime.fromtimestamp(meta.created)
    counts = [f"{n} {status.value.lower()}" for status, n in sorted(found.statuses.items())]
    objectives = [f"{each.metric} ({each.mode})" for each in found.objectives]
    say(meta.name, style="bold")
    pairs = {
        "state": f"{standing.state}, {standing.reason}" if standing.reason else standing.state,
        "folder": found.folder,
        "created": f"{created:%Y-%m-%d %H:%M:%S} by pegbox {meta.version}",
        "settings": f"searcher {settings['searcher']['name']}, "
        f"scheduler {settings['scheduler']['name']}, seed {settings['seed']}",
        "objective": ", ".join(objectives) or "none",
        "constraints": ", ".join(_constraints(settings)),
        "trials": ", ".join(counts) or "none",
    }
    if len(objectives) > 1:
        best = len(pareto_numbers(found, found.objectives))
        pairs["pareto set"] = f"{best} trials, marked *" if best != 1 else "1 trial, marked *"
    if found.usage.slot_s:
        pairs["slots"] = slots_text(found.usage)
        pairs["time in"] = seconds_text(found.usage)
    print_pairs({name: text for name, text in pairs.items() if text})


def _constraints(settings: Mapping[str, Any]) -> list[str]:
    kept = [*settings.get("parameter_constraints", ()), *settings.get("outcome_constraints", ())]
    linear = from_description(LinearConstraint, kept)
    return [*map(str, linear), *passed(kept)]


def _print_failures(found: StoredExperiment) -> None:
    failed = [row for row in found.rows.values() if row.failure is not None]
    if not failed:
        return
    say()
    say("errors", style="bold")
    shown = {found.trial_id(row.number): row.failure.message for row in failed[:5] if row.failure}
    print_pairs(shown, indent=2)
    if len(failed) > len(shown):
        say(f"  and {len(failed) - len(shown)} more; --status error shows them", style="dim")


def _print_restore(found: StoredExperiment) -> None:
    from pegbox._run.restore_line import restore_line
    from pegbox._run.saved_plan import needed_again

    say()
    say("go on with", style="bold")
    say(f"  {restore_line(found.folder, found.meta.trainable)}")
    for each in needed_again(found.meta, found.epochs):
        say(f"  it needs again: {each}")
