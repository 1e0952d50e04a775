"""Copying a user's folder: every file with its size and digest, and nothing that is no file."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import xxhash

from pegbox.errors import ReportError

__all__ = ["Entry", "FileFact", "copy_tree", "has_digest", "list_tree"]

#: A part that is read, digested and written while it lies in a core's own cache.
_CHUNK_BYTES: Final = 1 << 18

#: A digest says by its beginning how it was made; without one, it is a blake2b of 16 bytes, as
#: in checkpoints of format 1. Nothing is to be proved by it, so the quickest will do.
_XXH3: Final = "xxh3:"

#: Device and inode of each folder from the source down to where a walk is.
_Ancestors = tuple[tuple[int, int], ...]


class Entry(NamedTuple):
    """One file or folder to be copied; the path is relative, with ``/``."""

    path: str
    is_folder: bool


class FileFact(NamedTuple):
    """One file of a copy.

    Attributes:
        path: Relative to the folder, with ``/``.
        size: Bytes.
        digest: ``xxh3:`` and the XXH3 of 128 bits, as hex (https://xxhash.com).
    """

    path: str
    size: int
    digest: str


def list_tree(source: str, *, without: str) -> list[Entry]:
    """What a folder holds, folders before what is in them; reads no file.

    Args:
        source: The folder.
        without: Name of a file directly in ``source`` that is left out.

    Raises:
        ReportError: A broken link, a link to a folder that it is in, or a special file.
    """
    return [entry for entry in _walk(source, "", ()) if entry.path != without]


def copy_tree(source: str, target: str, entries: Sequence[Entry]) -> tuple[FileFact, ...]:
    """Copy the content of a folder into an existing empty one.

    Symbolic links are copied as what they point to; permissions are not kept.

    Args:
        source: The folder.
        target: Where its content goes.
        entries: What `list_tree` found in ``source``.

    Raises:
        OSError: Something cannot be read or written.
    """
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    facts = []
    for path, is_folder in entries:
        goal = os.path.join(target, path)
        if is_folder:
            os.mkdir(goal)
        else:
            facts.append(FileFact(path, *_copy_file(os.path.join(source, path), goal, buffer)))
    return tuple(facts)


def has_digest(path: str, digest: str) -> bool:
    """Whether a file's content has a digest, as in `FileFact`."""
    known = xxhash.xxh3_128() if digest.startswith(_XXH3) else hashlib.blake2b(digest_size=16)
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            known.update(buffer[:count])
    return known.hexdigest() == digest.removeprefix(_XXH3)


def _walk(folder: str, prefix: str, ancestors: _Ancestors) -> Iterator[Entry]:
    """Folders (before what is in them) and files below a folder, by name."""
    ancestors = (*ancestors, _identity(os.stat(folder)))
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        path = f"{prefix}{entry.name}"
        status = _status(entry)
        if stat.S_ISREG(status.st_mode):
            yield Entry(path, False)
        elif not stat.S_ISDIR(status.st_mode):
            raise ReportError(
                f"the checkpoint holds {entry.path}, which is neither a file nor a folder",
                hint="Keep sockets, pipes and devices out of the checkpoint's folder.",
            )
        elif _identity(status) in ancestors:
            raise ReportError(
                f"the checkpoint holds the link {entry.path}, which leads to a folder it is in",
                hint="Take the link out: what it leads to is copied.",
            )
        else:
            yield Entry(path, True)
            yield from _walk(entry.path, f"{path}/", ancestors)


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    try:
        return entry.stat()
    except FileNotFoundError:
        raise ReportError(
            f"the checkpoint holds {entry.path}, which leads nowhere or has just been removed",
            hint="Report a checkpoint when all its files are written, and nobody changes them.",
        ) from None


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _copy_file(origin: str, goal: str, buffer: memoryview) -> tuple[int, str]:
    """Copy and digest in one pass: the pages are read once."""
    digest = xxhash.xxh3_128()
    size = 0
    with open(origin, "rb", buffering=0) as source, open(goal, "xb", buffering=0) as target:
        while count := source.readinto(buffer):
            part = buffer[:count]
            digest.update(part)
            _write_all(target.fileno(), part)
            size += count
    return size, _XXH3 + digest.hexdigest()


def _write_all(descriptor: int, part: memoryview) -> None:
    # An unbuffered write may be short, e.g. when a disk is about to be full.
    while part:
        part = part[os.write(descriptor, part) :]
