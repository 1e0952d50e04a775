"""Which experiment, and which of its trials, a word of the command line means."""

from __future__ import annotations

from pathlib import Path

from pegbox._analysis.experiment import StoredExperiment
from pegbox._run.folder import DEFAULT_ROOT
from pegbox._store.schema import FILE_NAME
from pegbox.errors import ConfigError, StoreError
from pegbox.nearest import nearest_name

__all__ = ["experiments_in", "find_experiment", "find_trial", "root"]


def root() -> Path:
    """The folder that experiments lie in where nobody chose another."""
    return Path(DEFAULT_ROOT).expanduser()


def experiments_in(folder: Path) -> list[Path]:
    """The folders of all experiments in a folder, itself included, by name.

    Raises:
        StoreError: There is no such folder.
    """
    if not folder.is_dir():
        raise StoreError(
            f"there is no folder {folder}",
            path=str(folder),
            hint="Experiments are made there by default; name the folder of yours."
            if folder == root()
            else "",
        )
    candidates = [folder, *sorted(folder.iterdir())]
    return [each for each in candidates if (each / FILE_NAME).is_file()]


def find_experiment(name: str) -> Path:
    """The folder that a path means, or a name here or among the experiments of `root`.

    Raises:
        StoreError: There is none; the nearest is named.
    """
    given = Path(name).expanduser()
    if given.name == FILE_NAME and given.is_file():
        return given.parent.absolute()
    for folder in dict.fromkeys([given, root() / given]):
        if (folder / FILE_NAME).is_file():
            return folder.absolute()
    raise _no_experiment(name, given)


def find_trial(experiment: StoredExperiment, word: str) -> int:
    """The number of the trial that an id, a name or a number means.

    Raises:
        ConfigError: There is none; the nearest is named.
    """
    words = {
        text: number
        for number, row in experiment.rows.items()
        for text in (experiment.trial_id(number), row.name, str(number))
    }
    if word in words:
        return words[word]
    near = None if word.isdecimal() else nearest_name(word, words)
    count = len(experiment.rows)
    raise ConfigError(
        f"no trial of {experiment.folder.name} is called {word!r}",
        hint=f"Did you mean {near}?" if near else f"It has {count} trials, numbered from 0.",
    )


def _no_experiment(name: str, given: Path) -> StoreError:
    places = [each for each in (given.parent, root() / given.parent) if each.is_dir()]
    known = {each.name: each for place in places for each in experiments_in(place)}
    near = nearest_name(given.name, known)
    if near is not None:
        hint = f"Did you mean {known[near]}?"
    elif given.is_dir():
        hint = f"`pegbox ls {name}` shows the experiments in it."
    else:
        hint = "`pegbox ls` shows those in ~/pegbox_results, `pegbox ls FOLDER` those elsewhere."
    what = (
        f"{given.absolute()} holds no experiment"
        if given.is_dir()
        else (f"there is no experiment {name!r}, neither here nor in ~/pegbox_results")
    )
    return StoreError(what, path=str(given), hint=hint)
