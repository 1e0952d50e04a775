"""Trials of every fate, for callbacks to be told of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox.checkpoint import Checkpoint
from pegbox.decisions import CONTINUE, PAUSE, Decision
from pegbox.reporting import get_checkpoint, report
from pegbox.scheduler import Scheduler
from pegbox.trial import TrialView

__all__ = ["ALL_FATES", "PLAIN_FATES", "STOPPED_AT", "PausesOnce", "trainable"]

#: What happens to trials that nobody has to be afraid of.
PLAIN_FATES: Final = ("stopped", "ends")

#: Everything that can happen to a trial.
ALL_FATES: Final = (
    *PLAIN_FATES,
    *("fails", "fails at once", "recovers", "pauses", "says nothing"),
    *("nan", "infinite", "no loss", "nested", "text", "odd names", "more names later"),
)

#: Reports after which a trial is stopped.
STOPPED_AT: Final = 4

_LAST: Final = 3

#: What a trial reports beside its loss.
_MORE: Final[Mapping[str, Mapping[str, Any]]] = {
    "nan": {"loss": math.nan},
    "infinite": {"loss": math.inf, "lowest": -math.inf},
    "no loss": {"loss": None},
    "nested": {"deep": {"er": {"value": 1}, "list": [1, [2, "x"], None]}, "empty": {}},
    "text": {"text": "first, second;\n\t\"third\" 'fourth' é 模", "flag": True, "nothing": None},
    "odd names": {"a b/c,d": 1.0, "": 2, "é\n=1": 3, "config": 4, "../../../up": 5},
}


def trainable(at: Callable[[str, int], None]) -> Callable[[Mapping[str, Any]], None]:
    """A function that does what ``config["fate"]`` says.

    Args:
        at: Called with fate and number of the report that is to come.
    """

    def train(config: Mapping[str, Any]) -> None:
        fate = config["fate"]
        checkpoint = get_checkpoint()
        before = 0 if checkpoint is None else checkpoint.to_dict()["step"]
        for step in range(before + 1, 100 if fate == "stopped" else _LAST + 1):
            at(fate, step)
            if _breaks(fate, step, before):
                raise ValueError(f"of fate, in try from {before}")
            if fate == "says nothing":
                return
            kept = Checkpoint.from_dict({"step": step}) if step == 2 else None
            report(_metrics(fate, step), checkpoint=kept)

    return train


def _breaks(fate: str, step: int, before: int) -> bool:
    return (
        (fate == "fails" and step == _LAST)
        or (fate == "fails at once")
        or (fate == "recovers" and step == _LAST and not before)
    )


def _metrics(fate: str, step: int) -> dict[str, Any]:
    late = {"late": step} if fate == "more names later" and step > 1 else {}
    return {"loss": 1.0 / step, **_MORE.get(fate, {}), **late}


class PausesOnce(Scheduler):
    """Pauses each trial of the fate ``"pauses"`` once."""

    def __init__(self) -> None:
        self._paused = False

    def on_trial_result(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        """Pause, or go on."""
        if trial.config["fate"] != "pauses" or self._paused or result["training_iteration"] < 2:
            return CONTINUE
        self._paused = True
        return PAUSE
