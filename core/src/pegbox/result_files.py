"""Ray Tune's files of a trial: ``params.json``, ``result.json`` and ``progress.csv`` as text.

Pure: configurations and results come in, lines come out. The loggers write them while a run goes,
``pegbox export`` from the store; so both write the same bytes. Nobody needs them: the store has
everything that they hold.

What they hold: ``params.json`` the configuration; ``result.json`` one line for each report, with
the configuration under ``config``; ``progress.csv`` one row for each report. Names of nested
metrics are joined with ``/``. NaN and infinity are written as Python does (``NaN``, ``nan``), and
an object in the configuration as its ``repr``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Any, Final, TypeAlias

from pegbox.space.values import Missing, decode_value

__all__ = [
    "PARAMS_FILE",
    "PROGRESS_FILE",
    "RESULT_FILE",
    "ResultsWithConfigs",
    "csv_files",
    "csv_line",
    "csv_lines",
    "json_files",
    "json_line",
    "json_lines",
    "params_text",
    "readable_config",
]

PARAMS_FILE: Final = "params.json"
RESULT_FILE: Final = "result.json"
PROGRESS_FILE: Final = "progress.csv"

#: The results of a trial that count, the first one first, each with the configuration that it was
#: reported with, as the store keeps it.
ResultsWithConfigs: TypeAlias = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]


def json_files(encoded: Any, results: ResultsWithConfigs) -> dict[str, Iterable[str]]:
    """Name and lines of the JSON files that a trial has.

    Args:
        encoded: Its configuration now, as the store keeps it.
        results: Those that count.
    """
    files: dict[str, Iterable[str]] = {PARAMS_FILE: [params_text(encoded)]}
    if results:
        # Of a trial that took another configuration over, each line has its own.
        groups = groupby(results, key=lambda pair: pair[1])
        lines = (json_lines([result for result, _ in each], config) for config, each in groups)
        files[RESULT_FILE] = chain.from_iterable(lines)
    return files


def csv_files(results: ResultsWithConfigs) -> dict[str, Iterable[str]]:
    """Name and lines of the CSV files that a trial has."""
    return {PROGRESS_FILE: csv_lines(result for result, _ in results)} if results else {}


def readable_config(encoded: Any) -> Any:
    """A configuration for files that people read.

    Args:
        encoded: As the store keeps it (`pegbox.trial.TrialView.encoded_config`).

    Returns:
        JSON data: tuples as lists, all keys as text, objects as their ``repr``.
    """
    return _readable(decode_value(encoded, Missing.from_marker))


def params_text(encoded: Any) -> str:
    """The text of ``params.json``.

    Args:
        encoded: The configuration as the store keeps it.
    """
    return json.dumps(readable_config(encoded), indent=2, sort_keys=True)


def json_line(result: Mapping[str, Any], config: Any) -> str:
    """A line of ``result.json``, with its end.

    Args:
        result: Metrics and autofilled values of one report, flat.
        config: The configuration as `readable_config` gives it.
    """
    return json.dumps({**result, "config": config}, default=str) + "\n"


def json_lines(results: Iterable[Mapping[str, Any]], encoded: Any) -> Iterator[str]:
    """``result.json`` line by line.

    Args:
        results: Those that count, the first one first.
        encoded: The configuration as the store keeps it.
    """
    config = readable_config(encoded)
    return (json_line(result, config) for result in results)


def csv_line(values: Iterable[Any]) -> str:
    """A row of ``progress.csv``, or its head, with the line's end."""
    line = _Line()
    csv.writer(line).writerow(values)
    # Half of a character, as in a name that was cut in the middle, cannot be written.
    return line.text.encode(errors="backslashreplace").decode()


def csv_lines(results: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """``progress.csv`` line by line, its head first; nothing where there are no results.

    The first result says which columns there are: what only later ones have is left out, and
    what they lack is empty.
    """
    columns: Sequence[str] = ()
    for result in results:
        if not columns:
            columns = list(result)
            yield csv_line(columns)
        yield csv_line(result.get(name, "") for name in columns)


class _Line:
    """The file that a `csv.writer` writes one row to."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _readable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(item) for item in value]
    return repr(value) if isinstance(value, Missing) else value
