"""What an experiment found: `ResultGrid` and `Result`, read from its folder.

They need no code of the user's and start nothing: a finished experiment, one that still runs and
one that was copied from elsewhere open in the same way. Objects inside a configuration come back
where ``param_space`` is passed again; otherwise stand-ins show their text.
"""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from pegbox._store.reader import Reader, TrialRow
from pegbox._store.scores import best_trial
from pegbox.autofill import AUTOFILLED
from pegbox.checkpoint import Checkpoint
from pegbox.errors import ConfigError, MissingDependency, RunError, TrialError
from pegbox.jsonvalue import flatten
from pegbox.objective import Mode, Objective, make_objectives
from pegbox.space import Space
from pegbox.trial import State, Status, trial_id

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result", "ResultGrid"]


class Result:
    """What one trial found. Made by `ResultGrid`.

    Attributes:
        trial_id: The trial's public id.
        status: Where it stands; of a finished experiment, ``TERMINATED`` or ``ERROR``.
        metrics: The last result with its autofilled values; empty before the first report.
        path: The trial's folder; it exists only once something is in it.
    """

    def __init__(
        self, folder: Path, trainable: str, trial_id: str, row: TrialRow, space: Space
    ) -> None:
        self._folder = folder
        self._row = row
        self._space = space
        self.trial_id = trial_id
        self.status: Status = row.state.status
        self.metrics: dict[str, Any] = row.result or {}
        self.path = str(folder / row.folder_name)

    @property
    def log_dir(self) -> Path:
        """The trial's folder, under its older name."""
        return Path(self.path)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration, nested as the space is."""
        return self._space.decode_config(self._row.config)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The latest whole checkpoint, or None."""
        record = self._row.checkpoint
        return None if record is None else Checkpoint(self._folder / record.path)

    @cached_property
    def error(self) -> TrialError | None:
        """What the trial died of, with its traceback as text; None unless it failed."""
        failure = self._row.failure
        if failure is None:
            return None
        return TrialError(
            failure.message,
            cause=failure.cause,
            type_name=failure.type_name,
            traceback=failure.traceback,
        )

    @property
    def metrics_dataframe(self) -> pd.DataFrame:
        """All results of the trial that count, a row for each iteration; read when asked for.

        Raises:
            MissingDependency: pandas is not installed.
        """
        pandas = _pandas()
        with Reader(self._folder) as reader:
            return pandas.DataFrame(reader.results(self._row.number))

    def __repr__(self) -> str:
        what = f"error={self.error.message!r}" if self.error else f"metrics={self.metrics}"
        return f"Result({self.trial_id}, {self.status.value}, {what})"


class ResultGrid(Sequence[Result]):
    """What all trials of an experiment found, in the order of their numbers, as of one moment.

    Args:
        path: The experiment's folder.
        param_space: The space as it was given to the tuner; needed only for objects inside
            configurations.

    Raises:
        StoreError: There is no experiment in the folder, or a newer release wrote it.
        ConfigError: ``param_space`` is not the one that the experiment was started with.
    """

    def __init__(
        self, path: str | os.PathLike[str], param_space: Mapping[str, Any] | None = None
    ) -> None:
        with Reader(path) as reader:
            self._folder = reader.folder
            meta = self._meta = reader.meta
            rows = reader.trials()
        space = Space.from_description(meta.space, param_space)
        self._results = [
            Result(self._folder, meta.trainable, trial_id(meta.run, row.number), row, space)
            for row in rows
        ]
        #: Number of the trial -> its result, in the same order.
        self._by_number = dict(zip((row.number for row in rows), self._results, strict=True))
        self._states = Counter(row.state for row in rows)

    @property
    def experiment_path(self) -> str:
        """The experiment's folder, absolute."""
        return str(self._folder)

    @property
    def errors(self) -> list[TrialError]:
        """What the failed trials died of, in the order of their numbers."""
        return [result.error for result in self._results if result.error is not None]

    @property
    def num_errors(self) -> int:
        """How many trials failed."""
        return self._states[State.FAILED]

    @property
    def num_terminated(self) -> int:
        """How many trials finished or were stopped."""
        return self._states[State.FINISHED] + self._states[State.STOPPED]

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._results)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> list[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | list[Result]:
        return self._results[index]

    def __repr__(self) -> str:
        return f"ResultGrid({len(self)} trials, {self.num_errors} errors, {self.experiment_path!r})"

    def get_best_result(
        self,
        metric: str | None = None,
        mode: str | None = None,
        scope: str = "last",
        filter_nan_and_inf: bool = True,
    ) -> Result:
        """The trial with the best value of a metric, the earliest of several.

        Args:
            metric: Name of a numeric value of the results; None for the experiment's first
                objective.
            mode: ``"min"`` or ``"max"``; None where the metric is one of the objectives.
            scope: What of a trial is compared: its ``"last"`` value, the best of ``"all"``, or
                the mean of all (``"avg"``) or of the last 5 or 10 (``"last-5-avg"``,
                ``"last-10-avg"``).
            filter_nan_and_inf: Leave out trials whose value is NaN or infinite. Otherwise
                infinity counts as any number, and NaN wins only where there is nothing else.

        Raises:
            ConfigError: Metric and mode are not known, or no trial reported the metric though
                others were reported.
            RunError: No trial has a value that counts, e.g. since all failed.
        """
        objective = self._objective(metric, mode)
        with Reader(self._folder) as reader:
            found = reader.scores(objective.metric, objective.mode, scope)
        # Trials that were suggested since this grid was read are not in it.
        found = {n: score for n, score in found.items() if n in self._by_number}
        best = best_trial(found, objective.mode, finite_only=filter_nan_and_inf)
        if best is None:
            raise self._no_best(objective.metric, len(found))
        return self._by_number[best]

    def get_dataframe(
        self, filter_metric: str | None = None, filter_mode: str | None = None
    ) -> pd.DataFrame:
        """One row for each trial, in the order of their numbers, also for those without a result.

        Args:
            filter_metric: Take the result of each trial in which this metric is best; None for
                the last result.
            filter_mode: ``"min"`` or ``"max"``; goes with ``filter_metric``.

        Returns:
            A frame with a column for each metric, and ``config/<path>`` for each parameter.

        Raises:
            ConfigError: One of the two arguments is given without the other.
            MissingDependency: pandas is not installed.
        """
        pandas = _pandas()
        chosen = make_objectives(filter_metric, filter_mode)
        rows = self._best_rows(chosen[0]) if chosen else [r.metrics for r in self._results]
        configs = (flatten({"config": result.config}) for result in self._results)
        return pandas.DataFrame(
            [
                {"trial_id": result.trial_id, **row, **config}
                for result, row, config in zip(self._results, rows, configs, strict=True)
            ]
        )

    def _best_rows(self, objective: Objective) -> list[dict[str, Any]]:
        def rank(row: Mapping[str, Any]) -> float:
            loss = objective.loss(row)
            return float("inf") if loss is None else loss

        with Reader(self._folder) as reader:
            histories = (reader.results(number) for number in self._by_number)
            return [min(history, key=rank) if history else {} for history in histories]

    def _objective(self, metric: str | None, mode: str | None) -> Objective:
        known = {objective.metric: objective for objective in self._meta.objectives}
        name = next(iter(known), None) if metric is None else metric
        if name is None:
            own = [reported for reported in self._names() if reported not in AUTOFILLED]
            raise ConfigError(
                "get_best_result needs a metric, since the experiment was run without one",
                hint=f'Call get_best_result(metric=..., mode="min") with one of {own}.',
            )
        chosen: Mode | str | None = known[name].mode if mode is None and name in known else mode
        (objective,) = make_objectives(name, chosen)
        return objective

    def _names(self) -> list[str]:
        return sorted({name for result in self._results for name in result.metrics})

    def _no_best(self, metric: str, reported: int) -> ConfigError | RunError:
        names = self._names()
        own = [name for name in names if name not in AUTOFILLED]
        count = f"of {len(self)} trials, {self.num_errors} failed"
        if reported:
            return RunError(
                f"no trial has a finite value of {metric!r}: {count}, and {reported} reported it "
                "as NaN or infinite",
                hint="Pass filter_nan_and_inf=False to take one of these, or look at .errors.",
            )
        if not names:
            return RunError(
                f"no trial has reported anything: {count}", hint="Look at .errors for the reasons."
            )
        near = difflib.get_close_matches(metric, names, 1)
        return ConfigError(
            f"no trial has reported a number as {metric!r}: {count}",
            hint=(f"Did you mean {near[0]!r}? " if near else "") + f"Reported: {own}.",
        )


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise MissingDependency(
            "data frames need pandas, which is not installed",
            hint='Install it with: pip install "pegbox[pandas]"',
        ) from error
    return pandas
