"""The contract of a syncer: it moves folders to and from where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

__all__ = ["Syncer", "is_excluded"]


class Syncer:
    """Base class of syncers. Methods are bound to the hooks ``syncer_*`` by name.

    A transfer is whole or it raises: a partial upload is never reported as done. What is only at
    the other end stays there. Links are moved as what they point to, folders too. A slash at the
    end of a folder's name means nothing. Empty folders need not be moved: object stores have none.
    """

    def sync_up(self, local_dir: str, remote_dir: str, exclude: Sequence[str]) -> int:
        """Copy a local folder to a remote one.

        Args:
            local_dir: An existing folder.
            remote_dir: Where its content goes; made where it is missing.
            exclude: Patterns of paths relative to ``local_dir``, left out; see `is_excluded`.

        Returns:
            Bytes moved.
        """
        raise NotImplementedError

    def sync_down(self, local_dir: str, remote_dir: str, exclude: Sequence[str]) -> int:
        """Copy a remote folder to a local one.

        Args:
            local_dir: Where the content goes; made where it is missing.
            remote_dir: An existing folder.
            exclude: Patterns of paths relative to ``remote_dir``, left out; see `is_excluded`.

        Returns:
            Bytes moved.
        """
        raise NotImplementedError

    def list(self, remote_dir: str) -> Sequence[str]:
        """Paths of all files below ``remote_dir``, relative to it, with ``/``.

        Empty where it is missing.
        """
        raise NotImplementedError

    def delete(self, remote_dir: str) -> int:
        """Remove a folder, ``remote_dir``; answers how many files went, 0 where it is missing."""
        raise NotImplementedError


def is_excluded(path: str, patterns: Sequence[str]) -> bool:
    """Whether a file is left out.

    Args:
        path: Of the file, relative to the folder that is moved, with ``/``.
        patterns: As for `fnmatch.fnmatchcase`: ``*`` matches across folders, and what fits a
            folder leaves out all below it.
    """
    names = path.split("/")
    steps = ["/".join(names[:end]) for end in range(1, len(names) + 1)]
    return any(fnmatchcase(step, pattern) for pattern in patterns for step in steps)
