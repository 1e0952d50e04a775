"""The loggers that write Ray Tune's files of each trial while a run goes; off until named.

`pegbox.result_files` says how the files read, `result_file` keeps one of them to what counts.
"""

from pegbox.builtin.loggers.csv_logger import CSVLoggerCallback
from pegbox.builtin.loggers.json_logger import JsonLoggerCallback

__all__ = ["CSVLoggerCallback", "JsonLoggerCallback"]
