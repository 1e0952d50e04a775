"""Where an experiment's files lie: the folder that users know, and the live file's.

They are one folder on a local disk. Where the experiment's folder is on a network, the live file
lies in a folder of this machine, and the experiment's gets snapshots.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from pegbox._store.mounts import Mount, file_system_of, is_network
from pegbox._store.schema import FILE_NAME
from pegbox.errors import ConfigError, StoreError

__all__ = ["LOCAL_DISK", "STATE_DIR", "Home", "find_home", "is_on_network", "mount_table"]

#: Environment variable: the folder for live files of experiments whose own folder is on a network.
STATE_DIR: Final = "PEGBOX_STATE_DIR"

#: Environment variable: "1" has every experiment's folder count as on a local disk, "0" as on a
#: network, whatever the table of mounts says.
LOCAL_DISK: Final = "PEGBOX_LOCAL_DISK"


@dataclass(frozen=True, slots=True)
class Home:
    """The two places of one experiment.

    Attributes:
        folder: The experiment's folder, absolute.
        live: The folder of the live file and of the driver's lock.
        run: The run's 5 hex digits.
    """

    folder: Path
    live: Path
    run: str

    @property
    def apart(self) -> bool:
        """Whether the experiment's folder only gets snapshots."""
        return self.live != self.folder

    def make(self) -> None:
        """Make both folders; that of live files is for this user alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.apart:
            self.live.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.live.mkdir(mode=0o700, exist_ok=True)

    @property
    def file(self) -> Path:
        """The file that the driver writes."""
        return self.live / FILE_NAME

    @property
    def snapshot(self) -> Path:
        """The file in the experiment's folder; where these are not apart, the live one."""
        return self.folder / FILE_NAME


def mount_table() -> list[Mount]:
    """What is mounted on this machine; asks no file system, so a dead server is no obstacle."""
    return [Mount(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]


def is_on_network(folder: Path, mounts: Sequence[Mount]) -> bool:
    """Whether an experiment's folder counts as on a network.

    Raises:
        ConfigError: ``PEGBOX_LOCAL_DISK`` is neither 0 nor 1.
    """
    said = os.environ.get(LOCAL_DISK, "")
    if said not in ("", "0", "1"):
        raise ConfigError(
            f"the environment variable {LOCAL_DISK} must be 0 or 1, got {said!r}",
            hint="1 says that the folder is on a local disk, 0 that it is not.",
        )
    return said == "0" if said else is_network(file_system_of(folder.resolve(), mounts))


def find_home(folder: Path, run: str, mounts: Sequence[Mount] | None = None) -> Home:
    """Where the files of an experiment lie. Makes no folder.

    The live folder is named after the run and the experiment's folder, so that of two copies of
    an experiment neither takes the other's file for its own.

    Args:
        folder: The experiment's folder, absolute.
        run: The run's 5 hex digits.
        mounts: The table of mounts; None for this machine's.

    Raises:
        ConfigError: An environment variable says what cannot be.
        StoreError: There is no local disk for the live file.
    """
    mounts = mount_table() if mounts is None else mounts
    if not is_on_network(folder, mounts):
        return Home(folder, folder, run)
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:8]
    return Home(folder, _state_folder(folder, mounts) / f"{run}-{digest}", run)


def _state_folder(folder: Path, mounts: Sequence[Mount]) -> Path:
    if chosen := os.environ.get(STATE_DIR):
        return _chosen_state_folder(Path(chosen).expanduser().absolute(), mounts)
    # The home folder itself is often on the network.
    for place in (_state_home() / "pegbox", _temporary()):
        if not is_network(file_system_of(place.resolve(), mounts)):
            return place
    raise StoreError(
        f"{folder} is on a network file system, where the live file of an experiment cannot be, "
        "and no local disk was found for it",
        path=str(folder),
        hint=f"Set the environment variable {STATE_DIR} to a folder on a local disk.",
    )


def _chosen_state_folder(place: Path, mounts: Sequence[Mount]) -> Path:
    kind = file_system_of(place.resolve(), mounts)
    if is_network(kind):
        raise ConfigError(
            f"the environment variable {STATE_DIR} names {place}, which is on a network file "
            f"system ({kind})",
            hint="Give a folder on a local disk.",
        )
    return place


def _state_home() -> Path:
    """As the XDG base directories say; a path that is not absolute does not count."""
    said = Path(os.environ.get("XDG_STATE_HOME", ""))
    return said if said.is_absolute() else Path.home() / ".local" / "state"


def _temporary() -> Path:
    """A folder of this user's own, in a place where others may make folders too."""
    user = getattr(os, "getuid", lambda: "own")()
    place = Path(tempfile.gettempdir()) / f"pegbox-{user}"
    if place.exists() and user != "own" and place.lstat().st_uid != user:
        raise StoreError(
            f"{place} belongs to another user",
            path=str(place),
            hint=f"Set the environment variable {STATE_DIR} to a folder on a local disk.",
        )
    return place
