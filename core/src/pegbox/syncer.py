"""The contract of a syncer: it moves folders to and from where they are kept."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Syncer"]


class Syncer:
    """Base class of syncers. Methods are bound to the hooks ``syncer_*`` by name.

    A transfer is whole or it raises: a partial upload is never reported as done.
    """

    def sync_up(self, local_dir: str, remote_dir: str, exclude: Sequence[str]) -> int:
        """Copy a local folder to a remote one.

        Args:
            local_dir: An existing folder.
            remote_dir: Where its content goes; made where it is missing.
            exclude: Glob patterns relative to ``local_dir``, left out.

        Returns:
            Bytes moved.
        """
        raise NotImplementedError

    def sync_down(self, local_dir: str, remote_dir: str, exclude: Sequence[str]) -> int:
        """Copy a remote folder to a local one.

        Args:
            local_dir: Where the content goes; made where it is missing.
            remote_dir: An existing folder.
            exclude: Glob patterns relative to ``remote_dir``, left out.

        Returns:
            Bytes moved.
        """
        raise NotImplementedError

    def list(self, remote_dir: str) -> Sequence[str]:
        """Paths of all files below ``remote_dir``, relative to it; empty where it is missing."""
        raise NotImplementedError

    def delete(self, remote_dir: str) -> int:
        """Remove a folder, ``remote_dir``; answers how many files went, 0 where it is missing."""
        raise NotImplementedError
