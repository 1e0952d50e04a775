"""``pegbox best``: the best trial of an experiment."""

from __future__ import annotations

import click

from pegbox._analysis.best import find_best
from pegbox._analysis.experiment import StoredExperiment
from pegbox._store.scores import SCOPES
from pegbox.cli.data import trial_data
from pegbox.cli.output import json_option, print_json, print_pairs, say
from pegbox.cli.places import find_experiment
from pegbox.cli.show_trial import print_config, print_metrics
from pegbox.errors import ConfigError, RunError

__all__ = ["best"]


@click.command()
@click.argument("experiment")
@click.option("--metric", help="A reported value. [default: the experiment's objective]")
@click.option("--mode", type=click.Choice(["min", "max"]), help="Which values are good.")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="last",
    show_default=True,
    help="What of a trial is compared: its last value, the best of all, or a mean.",
)
@json_option
def best(experiment: str, metric: str | None, mode: str | None, scope: str, as_json: bool) -> None:
    """Show the best trial of EXPERIMENT, with its configuration.

    Trials whose value is NaN or infinite do not count.
    """
    found = StoredExperiment(find_experiment(experiment))
    if metric is None and len(found.objectives) > 1:
        names = [objective.metric for objective in found.objectives]
        raise ConfigError(
            f"no one trial is best, since the experiment has several metrics: {', '.join(names)}",
            hint=f"`pegbox show {experiment}` marks the Pareto set; or add --metric {names[0]}.",
        )
    try:
        winner = find_best(found, metric, mode, scope, finite_only=True)
    except RunError as error:
        hint = f"`pegbox show {experiment}` shows what became of its trials."
        raise RunError(error.message, hint=hint) from error
    name, number = winner.objective.metric, winner.number
    if as_json:
        score = {"metric": name, "mode": winner.objective.mode, "scope": scope}
        print_json({**trial_data(found, number), **score, "score": winner.score})
        return
    row = found.rows[number]
    say(row.name, style="bold")
    print_pairs(
        {
            "best": f"{name} {winner.score!r} ({winner.objective.mode}, {scope})",
            "status": row.state.status.value,
            "checkpoint": found.folder / row.checkpoint.path if row.checkpoint else "none",
        }
    )
    print_config(found, number)
    print_metrics(found, number)
