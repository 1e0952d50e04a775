"""The syncer for whatever fsspec reaches: local and shared folders, object stores, SSH, memory.

Moves files and checks that they arrived. Knows nothing of experiments, schedules or retries.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pegbox.errors import ConfigError, MissingDependency, StoreError
from pegbox.syncer import Syncer, is_excluded

__all__ = ["FsspecSyncer"]


class FsspecSyncer(Syncer):
    """Moves folders through fsspec.

    A folder that is a symbolic link is moved as what it points to. Empty folders are not moved:
    object stores have none.

    Args:
        storage_options: Passed to the file system, such as ``{"anon": True}``.

    Raises:
        ConfigError: From any method: the URI names no file system that fsspec knows.
        MissingDependency: From any method: the file system needs a package of its own.
        StoreError: From any method: the folder is missing, or not all of it arrived.
    """

    def __init__(self, storage_options: Mapping[str, Any] | None = None) -> None:
        self._options = dict(storage_options or {})

    def sync_up(self, local_dir: str, remote_dir: str, exclude: Sequence[str]) -> int:
        """Copy a local folder to a remote one; files that are only there stay.

        Args:
            local_dir: An existing folder.
            remote_dir: A URI or path; made where it is missing.
            exclude: Patterns of paths relative to ``local_dir``, left out; see `is_excluded`.

        Returns:
            Bytes moved.
        """
        if not os.path.isdir(local_dir):
            raise StoreError(f"there is no folder {local_dir} to upload", path=local_dir)
        fs, root = self._file_system(remote_dir)
        sizes = {
            name: os.path.getsize(os.path.join(local_dir, name))
            for name in _local_files(local_dir)
            if not is_excluded(name, exclude)
        }
        for folder in sorted({_parent(root, name) for name in sizes} | {root}):
            fs.makedirs(folder, exist_ok=True)
        fs.put([os.path.join(local_dir, name) for name in sizes], [_at(root, n) for n in sizes])
        _check_arrived(sizes, _remote_sizes(fs, root), remote_dir)
        return sum(sizes.values())

    def sync_down(self, local_dir: str, remote_dir: str, exclude: Sequence[str]) -> int:
        """Copy a remote folder to a local one, which is left as it was if not all arrives.

        Arguments and answer as for `sync_up`; patterns are relative to ``remote_dir``.
        """
        fs, root = self._file_system(remote_dir)
        found = _remote_sizes(fs, root)
        if not found and not fs.exists(root):
            raise StoreError(f"there is no folder {remote_dir} to download", path=remote_dir)
        sizes = {name: size for name, size in found.items() if not is_excluded(name, exclude)}
        _check_names(sizes, remote_dir)
        os.makedirs(local_dir, exist_ok=True)
        # Beside the files' final place, so that moving them there is a rename.
        staging = tempfile.mkdtemp(prefix=".download-", dir=local_dir)
        try:
            _download(fs, root, sizes, staging)
            _check_arrived(sizes, _local_sizes(staging), remote_dir)
            _move_into(staging, local_dir, sizes)
        finally:
            shutil.rmtree(staging)
        return sum(sizes.values())

    def list(self, remote_dir: str) -> Sequence[str]:
        """Paths of all files below a remote folder, relative to it, sorted."""
        return sorted(_remote_sizes(*self._file_system(remote_dir)))

    def delete(self, remote_dir: str) -> int:
        """Remove a remote folder; answers how many files went, 0 where it is missing."""
        fs, root = self._file_system(remote_dir)
        if not root.strip("/"):
            raise StoreError(f"refused to delete all of {remote_dir}", path=remote_dir)
        files = len(_remote_sizes(fs, root))
        if files or fs.exists(root):
            fs.rm(root, recursive=True)
        return files

    def _file_system(self, remote_dir: str) -> tuple[Any, str]:
        """The file system behind a URI or path, and the path in it."""
        # Here, since a run that syncs nothing should not pay for the import.
        from fsspec.core import url_to_fs

        try:
            fs, root = url_to_fs(remote_dir, **self._options)
        except ImportError as error:
            raise MissingDependency(f"{remote_dir} cannot be reached: {error}") from error
        except ValueError as error:
            raise ConfigError(
                f"{remote_dir} cannot be reached: {error}",
                hint='Use a path, or a URI such as "s3://bucket/folder".',
            ) from error
        return fs, str(root).rstrip("/")


def _local_files(folder: str) -> Iterator[str]:
    """Paths of all files below a folder, relative to it, with ``/``."""
    for here, folders, files in os.walk(folder, followlinks=True):
        for name in folders:
            _check_no_loop(os.path.join(here, name))
        for name in files:
            yield Path(here, name).relative_to(folder).as_posix()


def _check_no_loop(path: str) -> None:
    if not os.path.islink(path):
        return
    target, parent = os.path.realpath(path), os.path.realpath(os.path.dirname(path))
    if os.path.commonpath([target, parent]) == target:
        raise StoreError(f"the link {path} leads back to a folder that holds it", path=path)


def _local_sizes(folder: str) -> dict[str, int]:
    return {name: os.path.getsize(os.path.join(folder, name)) for name in _local_files(folder)}


def _remote_sizes(fs: Any, root: str) -> dict[str, int]:
    """Size in bytes of every file below ``root``, by its relative path; empty where missing."""
    fs.invalidate_cache()  # a listing of before a transfer would hide what arrived
    found = fs.find(root, detail=True)
    return {
        path.removeprefix(root).lstrip("/"): int(entry["size"]) for path, entry in found.items()
    }


def _at(root: str, name: str) -> str:
    return f"{root}/{name}"


def _parent(root: str, name: str) -> str:
    return _at(root, name).rpartition("/")[0]


def _check_names(names: Mapping[str, int], remote_dir: str) -> None:
    """Names in a bucket are anybody's: none may lead out of the local folder."""
    for name in names:
        if ".." in name.split("/") or os.path.isabs(name):
            raise StoreError(f"{remote_dir} holds a file with the unsafe name {name!r}")


def _check_arrived(sent: Mapping[str, int], arrived: Mapping[str, int], remote_dir: str) -> None:
    wrong = sorted(name for name, size in sent.items() if arrived.get(name) != size)
    if wrong:
        raise StoreError(
            f"{len(wrong)} of {len(sent)} files did not arrive whole, {wrong[0]} among them "
            f"({sent[wrong[0]]} bytes sent, {arrived.get(wrong[0], 'none')} arrived)",
            path=remote_dir,
            hint="Was the folder written to meanwhile?",
        )


def _download(fs: Any, root: str, names: Mapping[str, int], folder: str) -> None:
    targets = [os.path.join(folder, name) for name in names]
    for parent in {os.path.dirname(target) for target in targets}:
        os.makedirs(parent, exist_ok=True)
    fs.get([_at(root, name) for name in names], targets)


def _move_into(staging: str, folder: str, names: Mapping[str, int]) -> None:
    for name in names:
        target = os.path.join(folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(os.path.join(staging, name), target)
