"""What users may choose about the view: which columns, how many rows, how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pegbox.objective import Objective

__all__ = ["ViewOptions"]


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """How the view looks. The defaults are those without a progress reporter.

    Attributes:
        verbose: 1 for the view alone, 2 for each result in a line too, 3 for each result whole.
        chosen: Whether the user passed a reporter; then tables are shown wherever they can be.
        metric_columns: Flat name of a reported or autofilled value -> its column's head; None
            shows iteration, time, what counts, and some other numbers.
        parameter_columns: Flat path -> its column's head; None shows all that vary.
        max_rows: Trials in the table. ``max_error_rows``: failed trials that are listed.
        max_column_length: Characters of a cell.
        infer_limit: Numbers beside what counts that are shown without being named.
        tables: Whether tables are shown while the run goes; None where they fit in well.
        period_s: Seconds between two refreshes; None as it suits the output.
        objective: What counts, where the run itself was told of nothing.
        sort_by_metric: Whether ended trials are listed best first rather than latest first.
        total_samples: How many trials to expect; None as the run says.
        overwrite: Whether a notebook's output is replaced; else each refresh is another one.
    """

    verbose: int = 1
    chosen: bool = False
    metric_columns: Mapping[str, str] | None = None
    parameter_columns: Mapping[str, str] | None = None
    max_rows: int = 12
    max_error_rows: int = 4
    max_column_length: int = 16
    infer_limit: int = 6
    tables: bool | None = None
    period_s: float | None = None
    objective: Objective | None = None
    sort_by_metric: bool = False
    total_samples: int | None = None
    overwrite: bool = True

    @property
    def table_in_frame(self) -> bool:
        """Whether a view that is redrawn has the table."""
        return self.tables is not False

    @property
    def table_in_lines(self) -> bool:
        """Whether plain lines have it each time."""
        return self.chosen if self.tables is None else self.tables

    @property
    def table_at_end(self) -> bool:
        """Whether the summary has it."""
        return self.chosen or self.verbose >= 2 or bool(self.tables)
