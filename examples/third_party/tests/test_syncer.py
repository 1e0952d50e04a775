"""The syncer: pegbox's kit, and what is special to it."""

from __future__ import annotations

import pegbox
import pytest
from pegbox.testing import SyncerConformance

from pegbox_luthier.syncer import LuthierSyncer


class TestSyncer(SyncerConformance):
    syncer = "luthier"


def test_files_are_compressed_there(tmp_path):
    folder, remote = tmp_path / "folder", tmp_path / "remote"
    folder.mkdir()
    (folder / "zeros").write_bytes(bytes(100_000))
    assert LuthierSyncer().sync_up(str(folder), str(remote), []) == 100_000
    assert (remote / "zeros.gz").stat().st_size < 1_000


def test_a_damaged_file_is_refused_and_the_folder_here_stays_as_it_was(tmp_path):
    folder, remote = tmp_path / "folder", tmp_path / "remote"
    folder.mkdir()
    (folder / "a").write_bytes(b"before")
    LuthierSyncer().sync_up(str(folder), str(remote), [])
    (remote / "a.gz").write_bytes((remote / "a.gz").read_bytes()[:-5])
    (folder / "a").write_bytes(b"after")
    with pytest.raises(EOFError):
        LuthierSyncer().sync_down(str(folder), str(remote), [])
    assert [file.read_bytes() for file in folder.iterdir()] == [b"after"]


def test_a_uri_and_a_level_out_of_range_are_refused():
    with pytest.raises(pegbox.errors.ConfigError, match="mounted disk"):
        LuthierSyncer().list("s3://bucket/folder")
    with pytest.raises(pegbox.errors.ConfigError, match="level"):
        LuthierSyncer(level=10)
