"""Which file systems count as a network's, and which one holds a path."""

from pathlib import Path

import pytest
from pegbox._store.home import mount_table
from pegbox._store.mounts import Mount, file_system_of, is_network

TABLE = [
    Mount("/", "ext4"),
    Mount("/proc", "proc"),
    Mount("/home", "nfs4"),
    Mount("/home/ann/scratch", "xfs"),
    Mount("/data", "lustre"),
    Mount("/data2", "ext4"),
]


@pytest.mark.parametrize(
    "kind",
    [
        *("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "lustre"),
        *("gpfs", "beegfs", "ceph", "glusterfs", "9p", "virtiofs", "NFS"),
    ],
)
def test_network_file_systems(kind):
    assert is_network(kind)


@pytest.mark.parametrize(
    "kind",
    [
        *("ext4", "xfs", "btrfs", "zfs", "apfs", "NTFS", "tmpfs", "overlay", "fuseblk", ""),
        "fuse.fuse-overlayfs",
    ],
)
def test_local_file_systems(kind):
    assert not is_network(kind)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/x", "ext4"),
        ("/home", "nfs4"),
        ("/home/ann/results", "nfs4"),
        # A local disk below a network's folder, as on many clusters.
        ("/home/ann/scratch/results", "xfs"),
        # Names with a common beginning are not below each other.
        ("/home/ann/scratchy", "nfs4"),
        ("/data/x", "lustre"),
        ("/data2/x", "ext4"),
    ],
)
def test_the_longest_point_above_a_path_counts(path, kind):
    assert file_system_of(Path(path), TABLE) == kind


def test_of_two_at_one_point_the_later_is_seen():
    # A share that is mounted when first used, and a disk bound over it.
    table = [Mount("/net", "autofs"), Mount("/net", "nfs"), Mount("/", "ext4")]

    assert file_system_of(Path("/net/x"), table) == "nfs"
    assert file_system_of(Path("/net/x"), [*table, Mount("/net", "ext4")]) == "ext4"


def test_a_path_that_the_table_does_not_know_is_no_networks():
    assert file_system_of(Path("/srv/x"), []) == ""


def test_this_machines_table_has_a_root():
    assert file_system_of(Path("/nowhere/at/all"), mount_table()) != ""
