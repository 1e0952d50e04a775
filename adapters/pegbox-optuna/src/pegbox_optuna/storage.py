"""Optuna's trials in memory, as a list that can be edited.

Optuna's own storage only adds, and checks and copies each trial that is added, which at a restore
of thousands takes seconds. What is put here has been made here.
"""

from __future__ import annotations

import copy
from collections.abc import Collection

from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial

__all__ = ["EditableStorage"]


class EditableStorage(InMemoryStorage):
    """The storage of one study."""

    def put(self, study_id: int, trial: FrozenTrial) -> None:
        """Add a trial, which becomes the last one; it is kept as it is."""
        with self._lock:
            trials = self._studies[study_id].trials
            self._max_trial_id += 1
            trial._trial_id = self._max_trial_id
            trials.append(trial)
            self._number(study_id, trial, len(trials) - 1)

    def replace(self, study_id: int, number: int, trial: FrozenTrial) -> None:
        """Let another trial stand in the place of one."""
        with self._lock:
            trials = self._studies[study_id].trials
            trial._trial_id = trials[number]._trial_id
            trials[number] = trial
            self._number(study_id, trial, number)

    def remove(self, study_id: int, numbers: Collection[int]) -> None:
        """Let it be as if some trials had never been: those after them move up."""
        with self._lock:
            trials = self._studies[study_id].trials
            for number in numbers:
                del self._trial_id_to_study_id_and_number[trials[number]._trial_id]
            trials[:] = [trial for trial in trials if trial.number not in numbers]
            for number in range(min(numbers), len(trials)):
                trials[number] = copy.copy(trials[number])
                self._number(study_id, trials[number], number)

    def _number(self, study_id: int, trial: FrozenTrial, number: int) -> None:
        trial.number = number
        self._trial_id_to_study_id_and_number[trial._trial_id] = (study_id, number)
