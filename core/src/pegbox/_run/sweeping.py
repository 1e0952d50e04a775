"""What killed drivers and tries leave in trials' folders, and no fact promises: found and deleted.

There are checkpoints that a driver dropped and had no time to delete, others that came with a
report which was never stored, and half-written ones. Where all checkpoints are kept, only the last
kind is deleted. A trial whose only try ended by itself leaves nothing, and is not looked at.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pegbox._engine.state import RunState
from pegbox._run.deleting import Deleter, going
from pegbox._run.plan import Plan
from pegbox._store.writer import Store
from pegbox._trial.checkpointing import discard_unfinished, epoch_of_name
from pegbox.checkpoint import MANIFEST_NAME
from pegbox.events import Resumed
from pegbox.trial import State

__all__ = ["Sweeper", "leftovers"]


class Sweeper:
    """Sweeps the folders of one run's trials.

    Args:
        plan: The run's.
        state: As the engine keeps it.
        store: The run's.
        deleter: Does it in its thread.
    """

    def __init__(self, plan: Plan, state: RunState, store: Store, deleter: Deleter) -> None:
        self._folder = plan.folder
        self._keeps_all = plan.checkpoint_config.num_to_keep is None
        self._state = state
        self._store = store
        self._deleter = deleter

    def begin(self, resumed: Resumed) -> None:
        """Before a restore goes on: what earlier epochs left. New checkpoints are left alone."""
        if self._keeps_all:
            return
        promised = self._promised()
        found = (resumed.checkpoints or {}).values()
        promised |= {record.path for record in found if record is not None}
        names, folder = self._begun(), self._folder
        self._deleter.delete_found(lambda: leftovers(folder, names, promised, resumed.epoch))

    def end(self) -> None:
        """After the last try has ended."""
        names = self._begun() if self._state.epoch > 1 else self._disturbed()
        if names:
            promised = set() if self._keeps_all else self._promised()
            self._store.when_in_folder(
                lambda: self._deleter.delete_found(lambda: self._all_left(names, promised))
            )

    def _all_left(self, names: Iterable[str], promised: Collection[str]) -> Iterator[str]:
        for name in names:
            discard_unfinished(str(self._folder / name))
        if not self._keeps_all:
            yield from leftovers(self._folder, names, promised, self._state.epoch + 1)

    def _promised(self) -> set[str]:
        records = (record.checkpoint for record in self._state.trials.values())
        return self._store.kept_checkpoints() | {one.path for one in records if one is not None}

    def _begun(self) -> list[str]:
        return [view.folder_name for view in self._state.views.values() if view.attempt]

    def _disturbed(self) -> list[str]:
        """Folders of trials whose only try did not just end."""
        return [
            view.folder_name
            for number, view in self._state.views.items()
            if view.attempt > 1 or self._state.trials[number].state is State.FAILED
        ]


def leftovers(
    folder: Path, trial_folders: Iterable[str], promised: Collection[str], before: int
) -> Iterator[str]:
    """Checkpoints on disk that no fact promises.

    Args:
        folder: The experiment's folder.
        trial_folders: Names of the trials' folders in it.
        promised: Paths of the checkpoints that stay.
        before: Those of this epoch and of later ones are left alone.

    Yields:
        Paths relative to the experiment's folder.
    """
    for name in trial_folders:
        for entry in _names(folder / name):
            path = f"{name}/{entry}"
            if (dropped := going(entry)) is not None:
                yield f"{name}/{dropped}"
            elif path not in promised and _is_checkpoint(folder / path, before):
                yield path


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _is_checkpoint(path: Path, before: int) -> bool:
    epoch = epoch_of_name(path.name)
    # The user may have a folder of such a name; only pegbox writes a manifest.
    return epoch is not None and epoch < before and (path / MANIFEST_NAME).is_file()
