"""Ray Tune's `SyncConfig`, for scripts that have one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pegbox.argument_checks import positive

__all__ = ["SyncConfig"]


@dataclass(frozen=True)
class SyncConfig:
    """Ray Tune's settings for copying folders, of the 2.60 and the 2.3 generation.

    pegbox needs none of them: `RunConfig` takes this with a warning, and keeps ``sync_period``
    as its own ``sync_period_s`` and ``upload_dir`` as its ``storage_path``.

    Attributes:
        sync_period: Seconds between two snapshots of the experiment.
        sync_timeout: Not used: copying that hangs is ended by what copies.
        sync_artifacts: Not used: what a trial writes into its folder is there already.
        sync_artifacts_on_checkpoint: Not used.
        upload_dir: Where experiments are kept (2.3).
        syncer: Not used (2.3); the syncer follows from the storage path.
        sync_on_checkpoint: Not used (2.3): a checkpoint is always whole in its place before it
            counts.

    Raises:
        ConfigError: ``sync_period`` is no number above 0.
    """

    sync_period: float = 300
    sync_timeout: float = 1800
    sync_artifacts: bool = False
    sync_artifacts_on_checkpoint: bool = True
    upload_dir: str | None = None
    syncer: Any = "auto"
    sync_on_checkpoint: bool = True

    def __post_init__(self) -> None:
        positive("SyncConfig", "sync_period", self.sync_period)
