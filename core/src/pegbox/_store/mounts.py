"""Which file systems are reached over a network, and which of them holds a path.

SQLite's log needs memory that all its processes share, and locks that hold; both fail on what
is listed here. It reads no table of mounts itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["Mount", "file_system_of", "is_network"]

_NETWORK: Final = frozenset(
    {
        # Servers of files.
        *("nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "afpfs"),
        *("coda", "davfs", "webdav", "sshfs"),
        # File systems of clusters.
        *("lustre", "gpfs", "beegfs", "beegfs_nodev", "fhgfs", "ceph", "glusterfs", "orangefs"),
        *("pvfs2", "panfs", "wekafs", "ocfs2", "gfs", "gfs2", "cvfs", "dvs"),
        # Folders of the host, seen from a virtual machine or a container.
        *("9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "drvfs", "osxfs", "grpcfuse"),
        "fakeowner",
    }
)

#: Whatever else is named ``fuse.<something>`` counts as a network's: a snapshot too many costs
#: little, a log in the wrong place costs the experiment.
_LOCAL_FUSE: Final = frozenset(
    f"fuse.{name}"
    for name in ("fuse-overlayfs", "overlayfs", "ntfs-3g", "exfat", "encfs", "gocryptfs", "zfs")
)


class Mount(NamedTuple):
    """A line of the table of mounts.

    Attributes:
        point: The folder under which it is seen, absolute.
        kind: Type of the file system, e.g. ``"ext4"``.
    """

    point: str
    kind: str


def is_network(kind: str) -> bool:
    """Whether a type of file system is reached over a network, or like one."""
    kind = kind.lower()
    return kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def file_system_of(path: Path, mounts: Iterable[Mount]) -> str:
    """Type of the file system that holds a path; empty where the table does not say.

    Args:
        path: Absolute, without links.
        mounts: In the order of mounting: of two at one point the later one is seen.
    """
    above = {path, *path.parents}
    depth, found = 0, ""
    for mount in mounts:
        point = Path(mount.point)
        if point in above and len(point.parts) >= depth:
            depth, found = len(point.parts), mount.kind
    return found
