"""An experiment as it stood at one moment: what `ResultGrid` and the command line show.

Read once, from the store alone. It compares nothing and formats nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pegbox._store.folder_path import folder_at
from pegbox._store.meta import Epoch, ExperimentMeta, as_last_started
from pegbox._store.reader import Reader, TrialRow
from pegbox.autofill import AUTOFILLED
from pegbox.constraints import OutcomeConstraint
from pegbox.constraints.given import from_description
from pegbox.jsonvalue import dumps
from pegbox.objective import Objective
from pegbox.space import Space
from pegbox.trial import Status, trial_id
from pegbox.usage import Usage

__all__ = ["StoredExperiment"]


class StoredExperiment:
    """All that is known of an experiment, but for the histories of its trials.

    Args:
        path: The experiment's folder.
        param_space: The space as the tuner was given it; needed only for objects in
            configurations.

    Attributes:
        folder: The experiment's folder, absolute.
        meta: What was fixed at its creation.
        epochs: Its starts. ``settings``: what the last one was given.
        rows: Number of the trial -> what the store has of it, in the order of the numbers.

    Raises:
        StoreError: There is no experiment in the folder, or it cannot be read.
        ConfigError: ``param_space`` is not the one that the experiment was started with.
    """

    def __init__(
        self, path: str | os.PathLike[str], param_space: Mapping[str, Any] | None = None
    ) -> None:
        with Reader(folder_at("the path of an experiment", path)) as reader:
            self.folder: Path = reader.folder
            self.meta: ExperimentMeta = reader.meta
            self.epochs: list[Epoch] = reader.epochs
            self.settings: dict[str, Any] = as_last_started(self.meta, self.epochs)
            self.rows: dict[int, TrialRow] = {row.number: row for row in reader.trials()}
        self.space = Space.from_description(self.meta.space, param_space)
        #: A space that this one was compared with, and whether it is the same.
        self._other: tuple[Space, bool] | None = None

    @cached_property
    def objectives(self) -> tuple[Objective, ...]:
        """What counts, as of the last start; empty where no metric was named."""
        return tuple(Objective(**each) for each in self.settings["objectives"])

    @cached_property
    def outcome_constraints(self) -> tuple[OutcomeConstraint, ...]:
        """What results must satisfy, as of the last start."""
        return from_description(OutcomeConstraint, self.settings.get("outcome_constraints", ()))

    @property
    def usage(self) -> Usage:
        """Where the time of all its starts went, as far as it was stored."""
        return Usage.total(epoch.usage for epoch in self.epochs if epoch.usage is not None)

    def trial_id(self, number: int) -> str:
        """The public id of a trial."""
        return trial_id(self.meta.run, number)

    def trial_folder(self, number: int) -> Path:
        """The folder of a trial; it exists only once something is in it."""
        return self.folder / self.rows[number].folder_name

    def config_for(self, number: int, space: Space) -> dict[str, Any]:
        """The configuration of a trial for another run, without what a plugin added for its own.

        Args:
            space: What the other run searches. Where it is the same, its objects are taken.
        """
        if self._other is None or self._other[0] is not space:
            self._other = space, dumps(space.describe()) == dumps(self.meta.space)
        decoder = space if self._other[1] else self.space
        config = decoder.decode_config(self.rows[number].config)
        known = self.space.names | space.names
        return {name: value for name, value in config.items() if name in known}

    @cached_property
    def statuses(self) -> Counter[Status]:
        """How many trials stand where."""
        return Counter(row.state.status for row in self.rows.values())

    @cached_property
    def reported(self) -> list[str]:
        """Names of all metrics of the last results, sorted; with what is filled in."""
        return sorted({name for row in self.rows.values() for name in row.result or ()})

    @property
    def own_metrics(self) -> list[str]:
        """The same without what is filled in."""
        return [name for name in self.reported if name not in AUTOFILLED]
