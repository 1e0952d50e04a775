"""Where results lie, as Ray Tune's names ask for it: folders of this machine, for now."""

from __future__ import annotations

from typing import Any

from pegbox.errors import ConfigError

__all__ = ["local_filesystem", "refuse_filesystem"]


def local_filesystem() -> Any:
    """fsspec's, which is imported only here."""
    import fsspec

    return fsspec.filesystem("file")


def refuse_filesystem(where: str, filesystem: object) -> None:
    """Ray Tune's argument for storage that is no folder.

    Raises:
        ConfigError: One is given.
    """
    if filesystem is not None:
        raise ConfigError(
            f"{where}(storage_filesystem=...) is not supported, got {filesystem!r}",
            hint="Copy the experiment's folder to this machine, and give its path.",
        )
