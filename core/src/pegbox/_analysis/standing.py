"""How an experiment stands: running, ended in one way or another, or cut off."""

from __future__ import annotations

from dataclasses import dataclass

from pegbox._analysis.experiment import StoredExperiment
from pegbox._store.living_driver import living_driver

__all__ = ["Standing", "standing_of"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an experiment stands.

    Attributes:
        state: ``"running"``, ``"complete"``, ``"interrupted"``, ``"failed"``, or ``"cut off"``
            where its driver died.
        reason: For people; may be empty.
    """

    state: str
    reason: str = ""

    @property
    def restorable(self) -> bool:
        """Whether a restore would find trials that have not ended."""
        return self.state in ("interrupted", "failed", "cut off")


def standing_of(experiment: StoredExperiment) -> Standing:
    """How an experiment stands, as of its last stored event; a driver at work is looked for."""
    last = experiment.epochs[-1] if experiment.epochs else None
    if last is not None and last.how is not None:
        return Standing(last.how, last.reason or "")
    driver = living_driver(experiment.folder, experiment.meta.run)
    if driver is not None:
        return Standing("running", str(driver))
    before = "" if last is None else f"it was process {last.pid} on host {last.host}"
    return Standing("cut off", before)
