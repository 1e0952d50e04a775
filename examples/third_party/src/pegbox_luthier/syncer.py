"""The syncer: folders on a disk that is mounted here, every file compressed by gzip."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pegbox.errors import ConfigError, StoreError
from pegbox.syncer import Syncer, is_excluded

__all__ = ["LuthierSyncer"]

_SUFFIX = ".gz"


class LuthierSyncer(Syncer):
    """Moves folders to where a path leads, and back.

    Args:
        level: How hard to compress, 1 (fast) to 9 (small).

    Raises:
        ConfigError: The level is out of range; from any method, a remote folder that is no path.
        StoreError: From any method: a folder is missing, or not all of it arrived.
    """

    def __init__(self, level: int = 6) -> None:
        if level not in range(1, 10):
            raise ConfigError(
                f"level must be a whole number from 1 to 9, got {level!r}",
                hint="Write e.g. level=6.",
            )
        self._level = level

    def sync_up(self, local_dir: str, remote_dir: str, exclude: Sequence[str]) -> int:
        """Compress each file of a local folder into a remote one; answers their bytes."""
        source, target = Path(local_dir), _remote(remote_dir)
        _refuse_missing(source)
        moved = 0
        for file in _files(source):
            name = file.relative_to(source).as_posix()
            if not is_excluded(name, exclude):
                moved += self._compress(file, target / (name + _SUFFIX))
        target.mkdir(parents=True, exist_ok=True)
        return moved

    def sync_down(self, local_dir: str, remote_dir: str, exclude: Sequence[str]) -> int:
        """Bring a remote folder, whole; if that fails, the local one is left as it was."""
        source, target = _remote(remote_dir), Path(local_dir)
        _refuse_missing(source)
        target.mkdir(parents=True, exist_ok=True)
        # Beside the files' final place, so that moving them there is a rename.
        staging = Path(tempfile.mkdtemp(prefix=".coming-", dir=target))
        try:
            names = [name for name in self.list(remote_dir) if not is_excluded(name, exclude)]
            moved = sum(_expand(source / (name + _SUFFIX), staging / name) for name in names)
            for name in names:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(staging / name, target / name)
        finally:
            shutil.rmtree(staging)
        return moved

    def list(self, remote_dir: str) -> Sequence[str]:
        """Paths of all files below a remote folder, without what compression adds to them."""
        root = _remote(remote_dir)
        found = (file.relative_to(root).as_posix() for file in root.rglob(f"*{_SUFFIX}"))
        return sorted(name.removesuffix(_SUFFIX) for name in found)

    def delete(self, remote_dir: str) -> int:
        """Remove a remote folder; answers how many files went."""
        count = len(self.list(remote_dir))
        if (root := _remote(remote_dir)).exists():
            shutil.rmtree(root)
        return count

    def _compress(self, file: Path, target: Path) -> int:
        """Written aside and renamed, so that no half of a file is ever under its name."""
        target.parent.mkdir(parents=True, exist_ok=True)
        number, aside = tempfile.mkstemp(prefix=".going-", dir=target.parent)
        try:
            with (
                open(number, "wb") as raw,
                gzip.GzipFile("", "wb", self._level, raw, mtime=0) as packed,
                file.open("rb") as content,
            ):
                shutil.copyfileobj(content, packed)
                size = content.tell()
            os.replace(aside, target)
        except BaseException:
            os.unlink(aside)
            raise
        return size


def _expand(file: Path, target: Path) -> int:
    """Bytes written; gzip's own check raises where the file is not whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file) as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
        return plain.tell()


def _files(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """All files below a folder; links count as what they point to."""
    real = folder.resolve()
    if real in above:
        raise StoreError(f"the link {folder} leads back to a folder that holds it")
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield from _files(entry, (*above, real))
        else:
            yield entry


def _remote(remote_dir: str) -> Path:
    if "://" in remote_dir:
        raise ConfigError(f"{remote_dir} is no path", hint="Name a folder of a mounted disk.")
    return Path(remote_dir)


def _refuse_missing(folder: Path) -> None:
    if not folder.is_dir():
        raise StoreError(f"there is no folder {folder}", path=str(folder))
