"""The view of a run while it goes, and its summary: a callback like any stranger's.

A `board` keeps the counts and makes each `snapshot`; `layout`, put together from `sections` and
the `table`, says how it reads; the outputs `terminal`, `notebook` and `lines` show it. `reporters`
say how it looks. rich is imported only when a terminal is drawn on.
"""

from pegbox.builtin.progress.view import ProgressView

__all__ = ["ProgressView"]
