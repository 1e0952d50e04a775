"""What a whole checkpoint says about itself, and the file in which it says so.

It does not look at the checkpoint's other files; see `pegbox._trial.checkpointing`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox import jsonvalue
from pegbox._trial.copying import FileFact
from pegbox.checkpoint import MANIFEST_NAME
from pegbox.errors import StoreError
from pegbox.trial import CheckpointRecord

__all__ = ["Manifest", "read_manifest", "write_manifest"]

#: 1: digests were blake2b. 2: they say what they are.
_FORMAT: Final = 2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a whole checkpoint says about itself.

    Attributes:
        path: Folder of the checkpoint relative to the experiment's, with ``/``.
        trial: The trial's number.
        trial_id: Its public id.
        attempt: The try that wrote it. ``epoch``: the restore in which it ran.
        iteration: ``training_iteration`` that was reported with it.
        time_total_s: The trial's training seconds up to it.
        time_this_iter_s: Seconds since the report before the one that it came with.
        timestamp: Wall time of that report, seconds since 1970.
        metrics: What was reported with it, flat, so that the report outlives a lost store.
        config: The trial's configuration; None where it is not JSON data.
        files: Every file but the user's notes, by path.
    """

    path: str
    trial: int
    trial_id: str
    attempt: int
    epoch: int
    iteration: int
    time_total_s: float
    time_this_iter_s: float
    timestamp: float
    metrics: Mapping[str, Any]
    config: Mapping[str, Any] | None
    files: tuple[FileFact, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def record(self) -> CheckpointRecord:
        """The same as the engine knows it."""
        return CheckpointRecord(self.path, self.iteration, self.time_total_s, self.size)


def write_manifest(folder: str, manifest: Manifest) -> None:
    """Write it into a checkpoint's folder, as the last of its files."""
    data = {
        "format": _FORMAT,
        "trial": manifest.trial,
        "trial_id": manifest.trial_id,
        "attempt": manifest.attempt,
        "epoch": manifest.epoch,
        "iteration": manifest.iteration,
        "time_total_s": manifest.time_total_s,
        "time_this_iter_s": manifest.time_this_iter_s,
        "timestamp": manifest.timestamp,
        "metrics": manifest.metrics,
        "config": manifest.config,
        "files": [list(file) for file in manifest.files],
    }
    with open(os.path.join(folder, MANIFEST_NAME), "w", encoding="ascii") as file:
        file.write(jsonvalue.dumps(data))


def read_manifest(folder: str) -> Manifest | None:
    """The manifest in a checkpoint's folder, or None where there is none that can be read.

    Raises:
        StoreError: A newer pegbox wrote it in a format that this one does not know.
    """
    folder = os.path.abspath(folder)
    try:
        with open(os.path.join(folder, MANIFEST_NAME), encoding="ascii") as file:
            data = jsonvalue.loads(file.read())
        if data["format"] > _FORMAT:
            raise StoreError(
                f"the checkpoint {folder} has format {data['format']}, known is up to {_FORMAT}",
                path=folder,
                hint="A newer pegbox wrote it: update pegbox with pip install -U pegbox.",
            )
        return _manifest_of(folder, data)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _manifest_of(folder: str, data: Mapping[str, Any]) -> Manifest:
    files = tuple(
        FileFact(str(path), int(size), str(digest)) for path, size, digest in data["files"]
    )
    if any(file.path.startswith("/") or ".." in file.path.split("/") for file in files):
        raise ValueError("a path that leaves the checkpoint")
    trial_folder, name = os.path.split(folder)
    return Manifest(
        path=f"{os.path.basename(trial_folder)}/{name}",
        trial=data["trial"],
        trial_id=data["trial_id"],
        attempt=data["attempt"],
        epoch=data["epoch"],
        iteration=data["iteration"],
        time_total_s=data["time_total_s"],
        time_this_iter_s=data["time_this_iter_s"],
        timestamp=data["timestamp"],
        metrics=data["metrics"],
        config=data["config"],
        files=files,
    )
