"""``pegbox ls``: the experiments in a folder."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import click

from pegbox._analysis.best import Best, find_best
from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.feasible import pareto_numbers
from pegbox._analysis.standing import Standing, standing_of
from pegbox._analysis.trials_table import Column
from pegbox.cli.data import experiment_data
from pegbox.cli.output import json_option, print_json, say
from pegbox.cli.places import experiments_in, root
from pegbox.cli.tables import print_table
from pegbox.errors import PegboxError
from pegbox.text import metric
from pegbox.trial import Status

__all__ = ["ls"]


@click.command()
@click.argument("folder", required=False)
@json_option
def ls(folder: str | None, as_json: bool) -> None:
    """List the experiments in FOLDER, the newest first.

    FOLDER is ~/pegbox_results by default; an experiment's own folder is listed by itself.
    """
    place = root() if folder is None else Path(folder).expanduser().absolute()
    found = _read(experiments_in(place))
    if as_json:
        print_json([_data(*each) for each in found])
    elif found:
        print_table(_table(found))
    else:
        say(f"no experiment in {place}")


_Found = tuple[StoredExperiment, Standing]


def _read(folders: Sequence[Path]) -> list[_Found]:
    """What can be read; what cannot is named on standard error, and the others are shown."""
    found = []
    for folder in folders:
        try:
            experiment = StoredExperiment(folder)
            found.append((experiment, standing_of(experiment)))
        except PegboxError as error:
            click.echo(f"pegbox: {error}", err=True)
    return sorted(found, key=lambda each: each[0].meta.created, reverse=True)


def _best(experiment: StoredExperiment) -> Best | None:
    try:
        return find_best(experiment, None, None, "last", finite_only=True)
    except PegboxError:
        return None


def _data(experiment: StoredExperiment, standing: Standing) -> dict[str, object]:
    best = _best(experiment)
    return {
        **experiment_data(experiment, standing),
        "best": best and {"trial_id": experiment.trial_id(best.number), "score": best.score},
    }


def _table(found: Sequence[_Found]) -> list[Column]:
    experiments = [experiment for experiment, _ in found]

    def count(status: Status) -> list[str]:
        return [str(each.statuses[status] or "") for each in experiments]

    created = [datetime.datetime.fromtimestamp(each.meta.created) for each in experiments]
    return [
        Column("experiment", [each.folder.name for each in experiments], rank=0, right=False),
        Column("state", [standing.state for _, standing in found], rank=0, right=False),
        Column("trials", [str(len(each.rows)) for each in experiments], rank=1),
        Column("ended", count(Status.TERMINATED), rank=3),
        Column("failed", count(Status.ERROR), rank=1),
        Column("best", [_best_text(each) for each in experiments], rank=2, right=False),
        Column("created", [f"{each:%Y-%m-%d %H:%M}" for each in created], rank=4, right=False),
    ]


def _best_text(experiment: StoredExperiment) -> str:
    if len(experiment.objectives) > 1:
        return f"Pareto set of {len(pareto_numbers(experiment, experiment.objectives))}"
    best = _best(experiment)
    return "" if best is None else f"{best.objective.metric} {metric(best.score)}"
