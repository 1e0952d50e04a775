"""A checkpoint as users hold it: a folder, and a small JSON file of their own notes inside it.

It does not know where checkpoints are kept, nor which of them are whole; a folder becomes a
checkpoint of a trial when it is handed to `pegbox.report`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pegbox.errors import StoreError

__all__ = ["MANIFEST_NAME", "METADATA_NAME", "Checkpoint"]

#: Written by pegbox once a kept checkpoint is whole; never part of a user's files.
MANIFEST_NAME: Final = ".pegbox-checkpoint.json"
#: The user's notes. May change after the checkpoint was kept, so the manifest leaves it out.
METADATA_NAME: Final = ".pegbox-metadata.json"


class Checkpoint:
    """A folder with the state of a training.

    Attributes:
        path: The folder, absolute. It is not read until it is used, so a checkpoint can be named
            whose folder is elsewhere or gone.

    Args:
        path: The folder.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.path.abspath(os.path.expanduser(os.fspath(path)))

    @classmethod
    def from_directory(cls, path: str | os.PathLike[str]) -> Checkpoint:
        """The checkpoint in a folder; the folder is copied when it is reported, not before."""
        return cls(path)

    def to_directory(self, path: str | os.PathLike[str] | None = None) -> str:
        """Copy the files into a folder.

        Args:
            path: The folder; made where it is missing, and files of the same name are replaced.
                None makes a new temporary folder, which is then the caller's to remove.

        Returns:
            The folder, absolute.

        Raises:
            StoreError: The checkpoint's folder is not there.
        """
        self._require_folder()
        if path is None:
            target = tempfile.mkdtemp(prefix="pegbox_checkpoint_")
        else:
            target = os.path.abspath(os.path.expanduser(os.fspath(path)))
        without_manifest = shutil.ignore_patterns(MANIFEST_NAME)
        shutil.copytree(self.path, target, ignore=without_manifest, dirs_exist_ok=True)
        return target

    @contextmanager
    def as_directory(self) -> Iterator[str]:
        """Read the files in place: yields the folder itself, which must not be changed.

        Raises:
            StoreError: The checkpoint's folder is not there.
        """
        self._require_folder()
        yield self.path

    def get_metadata(self) -> dict[str, Any]:
        """The notes kept with the checkpoint; empty where there are none."""
        try:
            with open(self._metadata_path(), encoding="utf-8") as file:
                notes: dict[str, Any] = json.load(file)
        except FileNotFoundError:
            return {}
        return notes

    def set_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Replace the notes.

        Args:
            metadata: JSON data, small.

        Raises:
            StoreError: The checkpoint's folder is not there.
            TypeError: Something in it is not JSON data.
        """
        text = json.dumps(dict(metadata))
        self._require_folder()
        # Written aside and renamed, so that a reader never meets half of it.
        aside = f"{self._metadata_path()}.{os.getpid()}"
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(aside, self._metadata_path())

    def update_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Add to the notes, or replace those of the same name."""
        self.set_metadata({**self.get_metadata(), **metadata})

    def _metadata_path(self) -> str:
        return os.path.join(self.path, METADATA_NAME)

    def _require_folder(self) -> None:
        if not os.path.isdir(self.path):
            raise StoreError(
                f"the checkpoint's folder {self.path} is not there",
                path=self.path,
                hint="It was removed, or it is on another machine.",
            )

    def __repr__(self) -> str:
        return f"Checkpoint(path={self.path!r})"
