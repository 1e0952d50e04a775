"""A syncer that is called as a run calls it, with folders that are made and looked at for it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from pegbox._plugins.manager import RoleManager

__all__ = [
    "ROOM",
    "SyncerRig",
    "contents",
    "empty_folders",
    "folders_below",
    "short_of_room",
    "temporary_files_in",
    "write",
]

#: Bytes that a file can have where there is no room for more.
ROOM: Final = 64 * 1024


class SyncerRig:
    """A syncer, a remote folder, and a local place for folders of any name.

    Args:
        make: Gives a new syncer.
        remote: The remote folder; not there yet.
        local: A local folder; not there yet.
    """

    def __init__(self, make: Callable[[], Any], remote: str, local: Path) -> None:
        self._make, self.remote, self.local = make, remote, local
        self._manager = RoleManager("syncer")
        self._manager.register(make())
        self._pulls = 0

    def another(self) -> SyncerRig:
        """The same with a new syncer, as another process has it."""
        return SyncerRig(self._make, self.remote, self.local)

    @property
    def above(self) -> str:
        """The folder that the remote folder is in."""
        return self.remote.rstrip("/").rpartition("/")[0]

    def given(self, files: Mapping[str, bytes], name: str = "from") -> str:
        """A local folder that has exactly these files.

        Args:
            files: Content by path.
            name: Of the folder.
        """
        shutil.rmtree(self.local / name, ignore_errors=True)
        return write(self.local / name, files)

    def push(self, local_dir: str, remote: str = "", exclude: Sequence[str] = ()) -> Any:
        """Move a folder up.

        Args:
            local_dir: As for the hook.
            remote: Empty for the rig's own.
            exclude: As for the hook.
        """
        return self._manager.call(
            "syncer_push", local_dir=local_dir, remote_dir=remote or self.remote, exclude=exclude
        )

    def pull(self, local_dir: str, remote: str = "", exclude: Sequence[str] = ()) -> Any:
        """Move a folder down; arguments as for `push`."""
        return self._manager.call(
            "syncer_pull", local_dir=local_dir, remote_dir=remote or self.remote, exclude=exclude
        )

    def pulled(self, remote: str = "", exclude: Sequence[str] = ()) -> dict[str, bytes]:
        """What comes down into a new folder; arguments as for `push`."""
        self._pulls += 1
        target = self.local / f"pulled {self._pulls}"
        self.pull(str(target), remote, exclude)
        return contents(target)

    def listed(self, remote: str = "") -> list[str]:
        """What is listed; sorted.

        Args:
            remote: Empty for the rig's own.
        """
        return sorted(self._manager.call("syncer_list", remote_dir=remote or self.remote))

    def delete(self, remote: str = "") -> Any:
        """Remove a folder.

        Args:
            remote: Empty for the rig's own.
        """
        return self._manager.call("syncer_delete", remote_dir=remote or self.remote)


def write(folder: Path, files: Mapping[str, bytes]) -> str:
    """Put files into a folder, and answer its path.

    Args:
        folder: Made where it is missing.
        files: Content by path relative to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(folder)


def contents(folder: Path) -> dict[str, bytes]:
    """Content of all files below a folder, by path relative to it with ``/``."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def folders_below(folder: Path) -> set[str]:
    """Paths of all folders below a folder, relative to it, with ``/``."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir()}


def empty_folders(folder: Path, but: Collection[str]) -> list[str]:
    """Those of `folders_below` with nothing in them, but for some that were there before."""
    empty = (path for path in folders_below(folder) if not any((folder / path).iterdir()))
    return sorted(path for path in empty if path not in but)


@contextmanager
def short_of_room() -> Iterator[None]:
    """While entered, this process can write no file that is larger than `ROOM`.

    Fails the test where there are no such limits.
    """
    try:
        import resource
    except ModuleNotFoundError:
        pytest.fail(
            "this case limits the size of files by the module `resource`, which is not there (it "
            "is Unix's alone): override `broken` by something that breaks a transfer off",
            pytrace=False,
        )
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores the signal that comes with it, so the write fails as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """While entered, temporary files are made in a folder, which is made for it."""
    folder.mkdir()
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
