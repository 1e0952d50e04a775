"""The view of a run while it goes, and its summary: a callback like any stranger's.

A `board` keeps the counts, `layout` and `lines` say how they read, and the outputs `terminal`,
`notebook` and `lines` show them. rich is imported only when a terminal is drawn on.
"""

from pegbox.builtin.progress.view import ProgressView

__all__ = ["ProgressView"]
