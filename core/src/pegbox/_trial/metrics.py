"""The rules of a report's metrics, checked where the user reports; their stored form.

It knows nothing of trials beyond which metrics are needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, NoReturn

from pegbox import jsonvalue
from pegbox.autofill import AUTOFILLED
from pegbox.errors import ConfigError, ReportError
from pegbox.nearest import nearest_name
from pegbox.text import clip, shown

__all__ = ["LARGE_BYTES", "MAX_BYTES", "EncodedMetrics", "encode"]

#: A report may not be larger. One larger than ``LARGE_BYTES`` is said once per trial.
MAX_BYTES: Final = 1_000_000
LARGE_BYTES: Final = 64_000

_ATOMS: Final = frozenset({type(None), bool, float, str})
#: Integers below need no closer look.
_LARGE_INT: Final = 2**64


class EncodedMetrics(NamedTuple):
    """Metrics as they are stored.

    Attributes:
        text: JSON of the flat metrics.
        dropped: Names that the user reported and pegbox fills in itself.
    """

    text: str
    dropped: tuple[str, ...]


def encode(metrics: object, required: Sequence[str]) -> EncodedMetrics:
    """Check and encode what a user reports.

    Args:
        metrics: What came; a dict with strings as keys is right.
        required: Names that must be in it.

    Raises:
        ReportError: A rule is broken; metric and rule are named.
    """
    flat = _flat(metrics)
    dropped = tuple(name for name in flat if name in AUTOFILLED)
    if dropped:
        flat = _without_autofilled(flat)
    for name in required:
        if name not in flat and name not in AUTOFILLED:
            _refuse_missing(name, flat)
    try:
        text = jsonvalue.dumps(flat)
    except ConfigError as error:
        raise _as_report_error(error) from None
    if len(text) > MAX_BYTES:
        _refuse_large(flat, len(text))
    return EncodedMetrics(text, dropped)


def _flat(metrics: object) -> Mapping[str, Any]:
    if not isinstance(metrics, Mapping):
        raise ReportError(
            f"report() takes a dict of metrics, got {type(metrics).__name__}",
            hint='Write report({"loss": loss}).',
        )
    # Most reports are flat and plain already, and then need no copy.
    for name, value in metrics.items():
        if type(name) is not str or not _is_plain(value):
            break
    else:
        return metrics
    try:
        return jsonvalue.flatten(jsonvalue.plain(metrics))
    except ConfigError as error:
        raise _as_report_error(error) from None


def _is_plain(value: object) -> bool:
    kind = type(value)
    return kind in _ATOMS or (kind is int and -_LARGE_INT < value < _LARGE_INT)  # type: ignore[operator]


def _as_report_error(error: ConfigError) -> ReportError:
    return ReportError(f"report(): {error.message}", hint=error.hint)


def _without_autofilled(flat: Mapping[str, Any]) -> Mapping[str, Any]:
    if flat.get("done"):
        raise ReportError(
            "report(): 'done' is filled in by pegbox; it does not end a trial",
            hint="Return from the function to end the trial, or use a stop rule.",
        )
    return {name: value for name, value in flat.items() if name not in AUTOFILLED}


def _refuse_missing(name: str, flat: Mapping[str, Any]) -> NoReturn:
    near = nearest_name(name, flat)
    came = clip(", ".join(sorted(flat)[:20]), 500, "...") or "nothing"
    raise ReportError(
        f"report() needs the metric {shown(name)}; it came with: {came}",
        hint=f"Use one name, in report() and in the run: {shown(near)} or {shown(name)}."
        if near
        else "It is named by metric, by the scheduler or by stop.",
    )


def _refuse_large(flat: Mapping[str, Any], size: int) -> NoReturn:
    largest = max(flat, key=lambda name: len(jsonvalue.dumps(flat[name])))
    raise ReportError(
        f"report() is {size:,} bytes large, at most {MAX_BYTES:,} are allowed;"
        f" the largest value is {shown(largest)}",
        hint="Write large values into a file of a checkpoint.",
    )
