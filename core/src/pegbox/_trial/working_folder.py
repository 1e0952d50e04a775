"""A trial in its own folder: ``TuneConfig(chdir_to_trial_dir=True)``.

The working folder belongs to the process, so this is for processes that run one trial at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pegbox._trial.checkpointing import make_trial_folder
from pegbox._trial.task import TrialTask

__all__ = ["ORIGINAL", "in_own_folder", "outside"]

#: Environment variable with the folder that the process worked in before.
ORIGINAL: Final = "PEGBOX_ORIG_WORKING_DIR"


@contextmanager
def in_own_folder(task: TrialTask) -> Iterator[None]:
    """Within, the process works in the trial's folder.

    Raises:
        ReportError, OSError: The folder cannot be used.
    """
    folder, before = make_trial_folder(task), _current()
    os.chdir(folder)
    if before is not None:
        os.environ[ORIGINAL] = before
    try:
        yield
    finally:
        os.environ.pop(ORIGINAL, None)
        if before is not None:
            os.chdir(before)


@contextmanager
def outside() -> Iterator[None]:
    """Within, the process works where it did before: the runner works in the trial's thread."""
    before = os.environ.get(ORIGINAL)
    if before is None:
        yield
        return
    inside = _current()
    os.chdir(before)
    try:
        yield
    finally:
        if inside is not None:
            os.chdir(inside)


def _current() -> str | None:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it has been removed
        return None
