"""Progress reporters, under Ray Tune's names: how the view of a run looks.

Pass one as ``RunConfig(progress_reporter=CLIReporter(metric_columns=["loss"]))``.
"""

from __future__ import annotations

from pegbox.builtin.progress.reporters import (
    CLIReporter,
    JupyterNotebookReporter,
    ProgressReporter,
)

__all__ = ["CLIReporter", "JupyterNotebookReporter", "ProgressReporter"]
