"""A checkpoint as users hold it: a folder, or a dict in one, and a small JSON file of their notes.

It does not know where checkpoints are kept, nor which of them are whole; a folder becomes a
checkpoint of a trial when it is handed to `pegbox.report`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from pegbox.dict_folder import read_dict, write_dict
from pegbox.errors import ConfigError, StoreError
from pegbox.scratch import scratch_folder

__all__ = ["MANIFEST_NAME", "METADATA_NAME", "Checkpoint"]

#: Written by pegbox once a kept checkpoint is whole; never part of a user's files.
MANIFEST_NAME: Final = ".pegbox-checkpoint.json"
#: The user's notes. May change after the checkpoint was kept, so the manifest leaves it out.
METADATA_NAME: Final = ".pegbox-metadata.json"


class _Refused:
    """A name of Ray Tune's that is not here: whoever reaches for it is told what is."""

    def __init__(self, instead: str) -> None:
        self._instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> NoReturn:
        raise AttributeError(f"pegbox's {owner.__name__} has no {self._name}: {self._instead}")


class Checkpoint:
    """A folder with the state of a training.

    Attributes:
        path: The folder, absolute. It is not read until it is used, so a checkpoint can be named
            whose folder is elsewhere or gone.

    Args:
        path: The folder.
        filesystem: Not supported: only None.

    Raises:
        ConfigError: The path is no path of a folder, or a file system is given.
    """

    def __init__(self, path: str | os.PathLike[str], filesystem: None = None) -> None:
        if filesystem is not None:
            raise ConfigError(
                f"Checkpoint(filesystem=...) is not supported, got {filesystem!r}",
                hint="Copy the files into a folder of this machine: Checkpoint(folder).",
            )
        self.path = os.path.abspath(os.path.expanduser(_folder_path(path)))

    @classmethod
    def from_directory(cls, path: str | os.PathLike[str]) -> Checkpoint:
        """The checkpoint in a folder.

        Args:
            path: The folder; it is copied when it is reported, not before.

        Raises:
            ConfigError: As for `Checkpoint`.
        """
        return cls(path)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Checkpoint:
        """A checkpoint of a dict, as it is now.

        It is written at once, into one file of a temporary folder, which is removed with the
        returned object or when the process ends. A report copies it before that, as it does any
        folder.

        Args:
            data: Any values that can be pickled: numbers, arrays, tensors, state dicts. Up to
                10,000 values of JSON data (None, booleans, numbers, strings; lists and dicts of
                these) are written as JSON.

        Raises:
            ConfigError: It is no dict, or something in it cannot be pickled.
        """
        if not isinstance(data, Mapping):
            raise ConfigError(
                f"Checkpoint.from_dict takes a dict, got {type(data).__name__}",
                hint='Name the value: Checkpoint.from_dict({"model": value}).',
            )
        folder = tempfile.mkdtemp(prefix="pegbox_dict_", dir=scratch_folder())
        try:
            write_dict(folder, dict(data))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        checkpoint = cls(folder)
        weakref.finalize(checkpoint, _remove_own, folder, os.getpid())
        return checkpoint

    def to_dict(self) -> dict[str, Any]:
        """The dict that the checkpoint was made of (`from_dict`), a new one with each call.

        This unpickles unless the dict was stored as JSON, and to unpickle can run any code: only
        open checkpoints whose origin you trust. pegbox never does this by itself.

        Raises:
            StoreError: The folder is not there, it was not made of a dict, or the dict cannot be
                read here, e.g. since a package is missing.
        """
        self._require_folder()
        return read_dict(self.path)

    from_bytes = _Refused("write the bytes into a file and use from_directory(folder)")
    to_bytes = _Refused("read the files in as_directory(), or copy them with to_directory(folder)")
    from_uri = _Refused("download it into a folder and use from_directory(folder)")
    to_uri = _Refused("upload the files of as_directory(), e.g. with fsspec")
    uri = _Refused("a checkpoint is a folder, see path")

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
        """Add to the notes, or replace those of the same name.

        Args:
            metadata: As for `set_metadata`, which says what is raised.
        """
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


def _folder_path(path: object) -> str:
    try:
        text = os.fspath(path)  # type: ignore[call-overload]
    except TypeError:
        text = None
    if not isinstance(text, str) or not text:
        form = "Checkpoint.from_dict(data)" if isinstance(path, Mapping) else "Checkpoint(folder)"
        raise ConfigError(
            f"a checkpoint needs the path of a folder, got {path!r}", hint=f"Write {form}."
        )
    if "://" in text:
        raise ConfigError(
            f"a checkpoint is a folder of this machine, got the address {text!r}",
            hint="Download it first, then use Checkpoint.from_directory(folder).",
        )
    return text


def _remove_own(folder: str, pid: int) -> None:
    # A forked child has a copy of the object, and not its folder.
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)
