"""A block of bytes that the processes of one host have in memory once.

A file without a name, which the process that made it holds open and others reach through
``/proc``: the kernel frees it with the last process that has it, however that ends. Knows nothing
of what the bytes are, nor of who makes a block and who opens it.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

__all__ = ["BlockName", "SharedBlock", "host_key"]

#: Linux keeps files there in memory; for a Python that was built without `os.memfd_create`.
_IN_MEMORY: Final = "/dev/shm"
#: Of the memory that is free, more is left to others; a larger block is a file on the disk.
_SHARE: Final = 4
_FOLDER_OF_FILES: Final = "/proc/self/fd"


class BlockName(NamedTuple):
    """What every block of a run has in common.

    Attributes:
        token: Random; in the name of each of its files, so that no other is taken for it.
        size: In bytes.
    """

    token: str
    size: int


def host_key() -> str | None:
    """The same for those processes that can open each other's files through ``/proc``.

    Containers on one machine differ, and so do users. None where there is no ``/proc``.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')} {socket.gethostname()} {os.geteuid()}"
    except OSError:
        return None


class SharedBlock:
    """A block that this process has in memory, made here or by another process of this host.

    Attributes:
        path: Where other processes of this host open it; None where they cannot.
        memory: The bytes, which cannot be written to.
    """

    def __init__(self, fd: int, path: str | None) -> None:
        self._fd = fd
        self.path = path
        mapped = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
        self.memory = memoryview(mapped)

    @classmethod
    def make(
        cls, name: BlockName, write: Callable[[BinaryIO], None], folder: Path | None = None
    ) -> SharedBlock:
        """A new block.

        Args:
            name: Its name.
            write: Writes all its bytes.
            folder: Where it may be a file that others open by name, on systems that have no
                ``/proc``; whoever owns the folder removes it.

        Raises:
            OSError: There is no room for it.
        """
        fd, path = _new_file(name, folder)
        try:
            with open(fd, "wb", closefd=False) as file:
                write(file)
            block = cls._reopened(name, path)
        except BaseException:
            os.close(fd)
            raise
        if block is None:
            return cls(fd, None)
        _seal(fd)
        os.close(fd)
        return block

    @classmethod
    def open(cls, name: BlockName, path: str) -> SharedBlock:
        """The block that another process of this host has.

        Raises:
            OSError: It is gone, or another file is there now, or this process may not read it.
        """
        _check_link(path, name)
        # What else may be there by now is not waited for, and does not become a terminal.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            own = _own_path(fd)
            _check_link(own or path, name)
            if os.fstat(fd).st_size != name.size:
                raise OSError(f"{path} has another size than the block")
            return cls(fd, own or path)
        except BaseException:
            os.close(fd)
            raise

    @classmethod
    def _reopened(cls, name: BlockName, path: str | None) -> SharedBlock | None:
        """As others open it, which is for reading alone; None where not even this process can."""
        with contextlib.suppress(OSError):
            return cls.open(name, path) if path is not None else None
        return None

    def close(self) -> None:
        """Nobody else can open it here any more; the memory lasts as long as anything uses it."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _own_path(fd: int) -> str | None:
    return f"/proc/{os.getpid()}/fd/{fd}" if os.path.exists(f"{_FOLDER_OF_FILES}/{fd}") else None


def _check_link(path: str, name: BlockName) -> None:
    """Look at a file's name before it is opened: the process may be another one by now."""
    target = os.readlink(path) if os.path.islink(path) else path
    if name.token not in os.path.basename(target):
        raise OSError(f"{path} is not the block")


def _new_file(name: BlockName, folder: Path | None) -> tuple[int, str | None]:
    """A file descriptor, and the path by which other processes open it."""
    if os.path.isdir(_FOLDER_OF_FILES):
        in_memory = _in_memory(name) if _fits_in_memory(name.size) else None
        fd = _unlinked(name, None) if in_memory is None else in_memory
        return fd, _own_path(fd)
    if folder is None:
        return _unlinked(name, None), None
    return tempfile.mkstemp(prefix=_file_name(name), dir=folder)


def _in_memory(name: BlockName) -> int | None:
    with contextlib.suppress(OSError, AttributeError):
        return os.memfd_create(_file_name(name), os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with contextlib.suppress(OSError):
        if shutil.disk_usage(_IN_MEMORY).free > _SHARE * name.size:
            return _unlinked(name, _IN_MEMORY)
    return None


def _unlinked(name: BlockName, folder: str | None) -> int:
    fd, path = tempfile.mkstemp(prefix=_file_name(name), dir=folder)
    os.unlink(path)
    return fd


def _file_name(name: BlockName) -> str:
    return f"pegbox-{name.token}"


def _fits_in_memory(size: int) -> bool:
    """Whether a block takes up little of the memory that is free."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return False
    available = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), "0")
    return int(available) * 1024 > _SHARE * size


def _seal(fd: int) -> None:
    """From now on, nobody can change it; a file that is not of memory has no seals."""
    with contextlib.suppress(OSError, AttributeError):
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
