"""``pegbox export``: Ray Tune's files of each trial, from the store, at any time."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import click

from pegbox._analysis.experiment import StoredExperiment
from pegbox._store.living_driver import files_open_in, living_driver
from pegbox._store.reader import Reader
from pegbox.cli.output import say
from pegbox.cli.places import find_experiment
from pegbox.errors import ConfigError, StoreError
from pegbox.result_files import csv_files, json_files

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

    They hold what the loggers "csv" and "json" write during a run, and replace what is there.
    Files that the loggers of a run have open are left to them.
    """
    if not as_csv and not as_json:
        raise click.UsageError("say what to write: --csv, --json or both")
    found = StoredExperiment(find_experiment(experiment))
    busy = _written_by_the_run(found) if to is None else set()
    target = (found.folder if to is None else to.expanduser()).absolute()
    files = list(_write(found, target, busy, as_csv=as_csv, as_json=as_json))
    if paths:
        for path in files:
            say(str(path))
        return
    trials = len({path.parent for path in files})
    say(f"{len(files)} files of {trials} trials are in {target}")


def _written_by_the_run(experiment: StoredExperiment) -> set[Path]:
    """The files that the loggers of a run have open: they are as they should be.

    Raises:
        ConfigError: It runs where that cannot be seen.
    """
    driver = living_driver(experiment.folder, experiment.meta.run)
    files = set() if driver is None else files_open_in(driver)
    if files is None:
        raise ConfigError(
            f"the experiment is being run by {driver}, whose loggers may write the same files",
            hint="Write them elsewhere, with --to FOLDER.",
        )
    return files


def _write(
    experiment: StoredExperiment,
    target: Path,
    busy: Container[Path],
    *,
    as_csv: bool,
    as_json: bool,
) -> Iterator[Path]:
    with Reader(experiment.folder) as reader:
        for number, row in experiment.rows.items():
            folder = target / _plain(row.folder_name)
            results = reader.results_with_configs(number)
            files = {
                **(json_files(row.config, results) if as_json else {}),
                **(csv_files(results) if as_csv else {}),
            }
            for name, lines in files.items():
                path = folder / name
                if path.resolve() not in busy:
                    _write_file(path, lines)
                yield path


def _plain(name: str) -> str:
    """The name of a folder; a store of strange origin must not lead elsewhere.

    Raises:
        StoreError: It is a path.
    """
    if name in ("", ".", "..") or any(each in name for each in "/\\\0"):
        raise StoreError(
            f"a trial's folder is called {name!r}, which is not written to",
            hint="The experiment was changed by hand; restore it from a copy.",
        )
    return name


def _write_file(path: Path, lines: Iterable[str]) -> None:
    """Write a file aside and give it its name, so that a reader never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(aside, "w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    os.replace(aside, path)
