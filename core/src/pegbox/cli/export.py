"""``pegbox export``: Ray Tune's files of each trial, from the store, at any time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from pegbox._analysis.experiment import StoredExperiment
from pegbox._store.reader import Reader
from pegbox.cli.output import say
from pegbox.cli.places import find_experiment
from pegbox.errors import StoreError
from pegbox.result_files import (
    PARAMS_FILE,
    PROGRESS_FILE,
    RESULT_FILE,
    csv_lines,
    json_lines,
    params_text,
)

__all__ = ["export"]


@click.command(short_help="Write Ray Tune's files of each trial.")
@click.argument("experiment")
@click.option("--csv", "as_csv", is_flag=True, help="Write progress.csv: a row for each report.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Write params.json (the configuration) and result.json (a line for each report).",
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder that gets one folder for each trial. [default: the experiment's own]",
)
@click.option(
    "--paths", is_flag=True, help="Print the path of each file, one a line, for programs."
)
def export(experiment: str, as_csv: bool, as_json: bool, to: Path | None, paths: bool) -> None:
    """Write the results of EXPERIMENT as Ray Tune's files, one folder for each trial.

    They hold the same as what the loggers "csv" and "json" write during a run. Older files are
    replaced.
    """
    if not as_csv and not as_json:
        raise click.UsageError("say what to write: --csv, --json or both")
    found = StoredExperiment(find_experiment(experiment))
    target = (to or found.folder).expanduser().absolute()
    written = list(_write(found, target, as_csv=as_csv, as_json=as_json))
    if paths:
        for path in written:
            say(str(path))
        return
    count = len({path.parent for path in written})
    say(f"{len(written)} files of {count} trials are in {target}")


def _write(
    experiment: StoredExperiment, target: Path, *, as_csv: bool, as_json: bool
) -> Iterator[Path]:
    with Reader(experiment.folder) as reader:
        for number, row in experiment.rows.items():
            folder = target / _plain(row.folder_name)
            results = reader.results(number)
            if as_json:
                yield _file(folder / PARAMS_FILE, [params_text(row.config)])
            if results and as_json:
                yield _file(folder / RESULT_FILE, json_lines(results, row.config))
            if results and as_csv:
                yield _file(folder / PROGRESS_FILE, csv_lines(results))


def _plain(name: str) -> str:
    """The name of a folder; a store of strange origin must not lead elsewhere.

    Raises:
        StoreError: It is a path.
    """
    if name in ("", ".", "..") or any(each in name for each in "/\\\0"):
        raise StoreError(f"a trial's folder is called {name!r}, which is not written to")
    return name


def _file(path: Path, lines: Iterable[str]) -> Path:
    """Write a file aside and give it its name, so that a reader never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(aside, "w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    os.replace(aside, path)
    return path
