"""Progress reporters, with Ray Tune's arguments: how the view looks, or a view of the user's own.

A `CLIReporter` or `JupyterNotebookReporter` as it is only says how the view looks: which columns,
how many rows, how often. One whose class overrides ``should_report`` or ``report`` is asked
instead, as is any other `ProgressReporter`; `pegbox.builtin.progress.reporter_output` asks it.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pegbox.argument_checks import flag, positive, whole
from pegbox.builtin.progress.board import Board
from pegbox.builtin.progress.glyphs import ASCII, plain
from pegbox.builtin.progress.layout import status_block
from pegbox.builtin.progress.options import ViewOptions
from pegbox.builtin.progress.snapshot import Moment
from pegbox.callback import ExperimentInfo
from pegbox.errors import ConfigError
from pegbox.objective import Objective, make_objectives
from pegbox.text import shown
from pegbox.trial import TrialView

__all__ = ["CLIReporter", "JupyterNotebookReporter", "ProgressReporter", "TableReporter"]

_WIDTH = 100
_DEFAULT_PERIOD_S = 5.0

_Columns = Sequence[str] | Mapping[str, str]


class ProgressReporter:
    """Base class of reporters. ``report`` is called where ``should_report`` says so."""

    def setup(
        self,
        start_time: float | None = None,
        total_samples: int | None = None,
        metric: str | None = None,
        mode: str | None = None,
        **info: Any,
    ) -> None:
        """Before the first trial.

        Args:
            start_time: Wall time, seconds since 1970.
            total_samples: How many trials there will be; None where nobody knows.
            metric: What counts, if anything. ``mode``: ``"min"`` or ``"max"``.
            **info: ``experiment``, a `pegbox.callback.ExperimentInfo`.
        """

    def should_report(self, trials: list[TrialView], done: bool = False) -> bool:
        """Whether to report now; asked twice a second.

        Args:
            trials: All of them.
            done: Whether the run has ended; it is asked a last time then.
        """
        return True

    def report(self, trials: list[TrialView], done: bool, *sys_info: str) -> None:
        """Show how things stand.

        Args:
            trials: All of them.
            done: Whether the run has ended.
            *sys_info: Lines about the scheduler and the resources in use.
        """
        raise NotImplementedError

    @property
    def reports_itself(self) -> bool:
        """Whether it is asked; otherwise it only says how pegbox's own view looks."""
        return True


class TableReporter(ProgressReporter):
    """What reporters with tables share; see `CLIReporter`.

    Raises:
        ConfigError: An argument that cannot be used.
    """

    def __init__(
        self,
        *,
        metric_columns: _Columns | None = None,
        parameter_columns: _Columns | None = None,
        total_samples: int | None = None,
        max_progress_rows: int = 20,
        max_error_rows: int = 20,
        max_column_length: int = 20,
        max_report_frequency: float | None = None,
        infer_limit: int = 3,
        print_intermediate_tables: bool | None = None,
        metric: str | None = None,
        mode: str | None = None,
        sort_by_metric: bool = False,
    ) -> None:
        self._metric_columns = self._columns("metric_columns", metric_columns)
        self._parameter_columns = self._columns("parameter_columns", parameter_columns)
        owner = type(self).__name__
        if total_samples is not None:
            whole(owner, "total_samples", total_samples, 1)
        whole(owner, "max_progress_rows", max_progress_rows, 0)
        whole(owner, "max_error_rows", max_error_rows, 0)
        whole(owner, "max_column_length", max_column_length, 4)
        whole(owner, "infer_limit", infer_limit, 0)
        if max_report_frequency is not None:
            positive(owner, "max_report_frequency", max_report_frequency, "It is in seconds.")
        if print_intermediate_tables is not None:
            flag(owner, "print_intermediate_tables", print_intermediate_tables)
        flag(owner, "sort_by_metric", sort_by_metric)
        self._total_samples = total_samples
        self._max_rows = max_progress_rows
        self._max_error_rows = max_error_rows
        self._max_column_length = max_column_length
        self._period_s = max_report_frequency
        self._infer_limit = infer_limit
        self._tables = print_intermediate_tables
        self._objective = _objective(metric, mode)
        self._sort_by_metric = sort_by_metric
        self._experiment: ExperimentInfo | None = None
        self._start_time: float | None = None
        self._said_s: float | None = None

    def add_metric_column(self, metric: str, representation: str | None = None) -> None:
        """Show one more reported value.

        Args:
            metric: Its flat name.
            representation: The column's head; None for the name.

        Raises:
            ConfigError: It is shown already.
        """
        known = self._metric_columns
        self._metric_columns = self._with("metric", known or {}, metric, representation)

    def add_parameter_column(self, parameter: str, representation: str | None = None) -> None:
        """Show one more parameter.

        Args:
            parameter: Its flat path.
            representation: The column's head; None for the path.

        Raises:
            ConfigError: It is shown already.
        """
        known = self._parameter_columns
        self._parameter_columns = self._with("parameter", known or {}, parameter, representation)

    @property
    def options(self) -> ViewOptions:
        """The same for the view."""
        return ViewOptions(
            chosen=True,
            metric_columns=self._metric_columns,
            parameter_columns=self._parameter_columns,
            max_rows=self._max_rows,
            max_error_rows=self._max_error_rows,
            max_column_length=self._max_column_length,
            infer_limit=self._infer_limit,
            tables=self._tables,
            period_s=self._period_s,
            objective=self._objective,
            sort_by_metric=self._sort_by_metric,
            total_samples=self._total_samples,
        )

    @property
    def reports_itself(self) -> bool:
        """Whether a class of the user's own says when to report, or how."""
        ours = (TableReporter, CLIReporter, JupyterNotebookReporter)
        methods = ("should_report", "report")
        return not all(
            any(getattr(type(self), name) is getattr(kind, name) for kind in ours)
            for name in methods
        )

    def setup(
        self,
        start_time: float | None = None,
        total_samples: int | None = None,
        metric: str | None = None,
        mode: str | None = None,
        **info: Any,
    ) -> None:
        """See `ProgressReporter`."""
        self._start_time = start_time
        self._experiment = info.get("experiment")
        self._total_samples = self._total_samples or total_samples
        self._objective = self._objective or _objective(metric, mode)

    def should_report(self, trials: list[TrialView], done: bool = False) -> bool:
        """Every ``max_report_frequency`` seconds, and at the end."""
        now_s = time.monotonic()
        period_s = self._period_s or _DEFAULT_PERIOD_S
        if done or self._said_s is None or now_s - self._said_s >= period_s:
            self._said_s = now_s
            return True
        return False

    def report(self, trials: list[TrialView], done: bool, *sys_info: str) -> None:
        """Print the status block."""
        sys.stdout.write("\n".join([self.status(trials), *sys_info, ""]) + "\n")
        sys.stdout.flush()

    def status(self, trials: list[TrialView]) -> str:
        """The status block: how things stand, with the table of ``trials``."""
        experiment = self._experiment or _nameless(trials, self._objective)
        board = Board(experiment, self.options)
        board.recount(trials)
        now_s = time.time()
        moment = Moment(now_s - (self._start_time or now_s), now_s)
        lines = status_block(board.snapshot(moment, self._max_rows), _WIDTH, ASCII)
        return "\n".join(map(plain, lines))

    # -- arguments ---------------------------------------------------------------------

    def _refuse(self, name: str, rule: str, value: object) -> ConfigError:
        return ConfigError(
            f"{type(self).__name__}({name}=...) must be {rule}, got {shown(value)}",
            hint=f'Write e.g. {name}=["lr"], or {name}={{"lr": "learning rate"}}.',
        )

    def _columns(self, name: str, columns: object) -> dict[str, str] | None:
        if columns is None:
            return None
        if isinstance(columns, list | tuple):
            listed = columns
        elif isinstance(columns, Mapping):
            listed = [*columns, *columns.values()]
        else:
            raise self._refuse(name, "a list of names, or a dict of names and heads", columns)
        if not all(isinstance(each, str) for each in listed):
            raise self._refuse(name, "of names, which are texts", columns)
        return dict(columns) if isinstance(columns, Mapping) else {each: each for each in listed}

    def _with(
        self, what: str, known: Mapping[str, str], name: str, head: str | None
    ) -> dict[str, str]:
        if name in known:
            raise ConfigError(
                f"{type(self).__name__} shows the {what} {shown(name)} already",
                hint="Leave the second one out.",
            )
        return {**known, name: head or name}


class CLIReporter(TableReporter):
    """How the view looks, on a terminal and elsewhere.

    Pass it as ``RunConfig(progress_reporter=CLIReporter(...))``.

    Args:
        metric_columns: Reported and autofilled values to show: a list of flat names, or a dict of
            names and the columns' heads. None shows iteration, time, what counts, and some other
            numbers.
        parameter_columns: Parameters to show, likewise by their flat paths. None shows all that
            vary.
        total_samples: How many trials to expect; None as the run says.
        max_progress_rows: Trials in the table at most; running ones come first.
        max_error_rows: Failed trials that are listed at most, the latest ones.
        max_column_length: Characters of a cell; what is longer is cut.
        max_report_frequency: Seconds between two refreshes. None is 0.25 on a terminal, where
            the view is redrawn, and 5 elsewhere; Ray Tune's 5 everywhere.
        infer_limit: Numbers to show beside what counts where ``metric_columns`` is None.
        print_intermediate_tables: Whether there are tables while the run goes; False leaves them
            to the end. None shows them.
        metric: What counts, for the best trial, where `TuneConfig` has none. ``mode``: ``"min"``
            or ``"max"``.
        sort_by_metric: Whether ended trials are listed best first rather than latest first.

    Raises:
        ConfigError: An argument that cannot be used.
    """


class JupyterNotebookReporter(TableReporter):
    """How the view looks, in a notebook and elsewhere; see `CLIReporter` for the arguments.

    Args:
        overwrite: Whether one output is replaced while the run goes; False leaves each.
        **options: As for `CLIReporter`.

    Raises:
        ConfigError: An argument that cannot be used.
    """

    def __init__(self, *, overwrite: bool = True, **options: Any) -> None:
        super().__init__(**options)
        flag(type(self).__name__, "overwrite", overwrite)
        self._overwrite = overwrite

    @property
    def options(self) -> ViewOptions:
        """The same for the view."""
        return dataclasses.replace(super().options, overwrite=self._overwrite)


def _objective(metric: str | None, mode: str | None) -> Objective | None:
    objectives = make_objectives(metric, mode or ("max" if metric is not None else None))
    return objectives[0] if objectives else None


def _nameless(trials: Sequence[TrialView], objective: Objective | None) -> ExperimentInfo:
    """For a reporter that nobody has set up."""
    objectives = () if objective is None else (objective,)
    return ExperimentInfo("", "", "", 1, objectives, len(trials), "", "", (), 0)
