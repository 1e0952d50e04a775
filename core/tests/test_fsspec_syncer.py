"""The fsspec syncer on real folders and on fsspec's memory file system."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.manager import RoleManager
from pegbox.builtin.fsspec_syncer import FsspecSyncer
from pegbox.errors import ConfigError, PluginError, StoreError

FILES = {"a.txt": b"one", "deep/er/b.bin": b"\0" * 1000, "deep/c.tmp": b"x", "empty": b""}


def write(folder: Path, files: dict[str, bytes] = FILES) -> str:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(folder)


def read(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(params=["path", "file", "memory"])
def remote(request, tmp_path):
    if request.param == "memory":
        return f"memory://{uuid4().hex}/exp"
    prefix = "file://" if request.param == "file" else ""
    return f"{prefix}{tmp_path}/remote folder/exp"


def test_a_folder_goes_up_and_comes_back(tmp_path, remote):
    syncer = FsspecSyncer()
    moved = syncer.sync_up(write(tmp_path / "from"), remote, [])
    assert moved == 1004
    assert syncer.list(remote) == sorted(FILES)
    assert syncer.sync_down(str(tmp_path / "to"), remote, []) == 1004
    assert read(tmp_path / "to") == FILES


def test_a_trailing_slash_changes_nothing(tmp_path, remote):
    syncer = FsspecSyncer()
    syncer.sync_up(write(tmp_path / "from") + "/", remote + "/", [])
    assert syncer.list(remote) == sorted(FILES)


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["*.tmp"], {"a.txt", "deep/er/b.bin", "empty"}),
        (["deep"], {"a.txt", "empty"}),
        (["deep/er/*", "a.*"], {"deep/c.tmp", "empty"}),
        (["eep", "*/empty"], set(FILES)),
    ],
)
def test_exclude(tmp_path, remote, patterns, left):
    syncer = FsspecSyncer()
    syncer.sync_up(write(tmp_path / "from"), remote, patterns)
    assert set(syncer.list(remote)) == left
    everything = f"{remote}-all"
    syncer.sync_up(str(tmp_path / "from"), everything, [])
    syncer.sync_down(str(tmp_path / "to"), everything, patterns)
    assert set(read(tmp_path / "to")) == left


def test_going_up_again_replaces_what_changed_and_keeps_what_is_only_there(tmp_path, remote):
    syncer = FsspecSyncer()
    syncer.sync_up(write(tmp_path / "from"), remote, [])
    syncer.sync_up(write(tmp_path / "second", {"a.txt": b"longer", "new": b"n"}), remote, [])
    syncer.sync_down(str(tmp_path / "to"), remote, [])
    assert read(tmp_path / "to") == {**FILES, "a.txt": b"longer", "new": b"n"}


def test_delete_counts_and_forgets(tmp_path, remote):
    syncer = FsspecSyncer()
    syncer.sync_up(write(tmp_path / "from"), remote, [])
    assert syncer.delete(remote) == len(FILES)
    assert syncer.list(remote) == []
    assert syncer.delete(remote) == 0


@pytest.mark.parametrize("everything", ["memory://", "/", "file:///"])
def test_delete_refuses_a_whole_file_system(everything):
    with pytest.raises(StoreError, match="refused to delete all"):
        FsspecSyncer().delete(everything)


def test_what_is_missing_is_named(tmp_path, remote):
    syncer = FsspecSyncer()
    assert syncer.list(remote) == []
    with pytest.raises(StoreError, match=r"no folder .* to download"):
        syncer.sync_down(str(tmp_path / "to"), remote, [])
    assert not (tmp_path / "to").exists()
    with pytest.raises(StoreError, match=r"no folder .*nowhere to upload"):
        syncer.sync_up(str(tmp_path / "nowhere"), remote, [])


def test_an_unknown_protocol_is_the_users_mistake():
    with pytest.raises(ConfigError, match="s4://bucket/x cannot be reached"):
        FsspecSyncer().list("s4://bucket/x")


class TruncatingFileSystem(MemoryFileSystem):
    """Loses the end of every file, silently: what a bad proxy or a full disk may do."""

    protocol = "truncating"
    store: dict = {}
    pseudo_dirs = [""]

    def put_file(self, lpath, rpath, **kwargs):
        self.pipe_file(rpath, Path(lpath).read_bytes()[:2])

    def get_file(self, rpath, lpath, **kwargs):
        Path(lpath).write_bytes(self.cat_file(rpath)[:1])


@pytest.fixture
def truncating():
    fsspec.register_implementation("truncating", TruncatingFileSystem, clobber=True)
    TruncatingFileSystem.store.clear()
    return f"truncating://{uuid4().hex}"


def test_a_partial_upload_is_never_reported_as_done(tmp_path, truncating):
    with pytest.raises(StoreError, match=r"2 of 4 files did not arrive whole, a\.txt among them"):
        FsspecSyncer().sync_up(write(tmp_path / "from"), truncating, [])


def test_a_partial_download_leaves_the_local_folder_as_it_was(tmp_path, truncating):
    FsspecSyncer().sync_up(write(tmp_path / "from", {"a": b"12"}), truncating, [])
    before = {"a": b"old", "b": b"mine"}
    write(tmp_path / "to", before)
    with pytest.raises(StoreError, match="did not arrive whole"):
        FsspecSyncer().sync_down(str(tmp_path / "to"), truncating, [])
    assert read(tmp_path / "to") == before
    assert {path.name for path in (tmp_path / "to").iterdir()} == {"a", "b"}


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path):
    name = uuid4().hex
    MemoryFileSystem.store[f"/{name}/../../evil"] = MemoryFileSystem().open("/tmp-evil", "wb")
    try:
        with pytest.raises(StoreError, match="unsafe name"):
            FsspecSyncer().sync_down(str(tmp_path / "deep" / "to"), f"memory://{name}", [])
    finally:
        del MemoryFileSystem.store[f"/{name}/../../evil"]
    assert list(tmp_path.rglob("evil")) == []


def test_links_are_moved_as_what_they_point_to(tmp_path, remote):
    folder = tmp_path / "from"
    write(folder, {"checkpoint_1/model": b"m"})
    (folder / "latest").symlink_to("checkpoint_1")
    syncer = FsspecSyncer()
    syncer.sync_up(str(folder), remote, [])
    assert syncer.list(remote) == ["checkpoint_1/model", "latest/model"]


def test_a_link_to_its_own_parent_is_refused_rather_than_followed_for_ever(tmp_path, remote):
    folder = tmp_path / "from"
    write(folder)
    (folder / "deep" / "loop").symlink_to("..")
    with pytest.raises(StoreError, match="leads back"):
        FsspecSyncer().sync_up(str(folder), remote, [])


def test_through_the_hooks_and_by_name(tmp_path, remote):
    manager = RoleManager("syncer")
    manager.register(Catalog.discover().create("syncer", "fsspec"), "fsspec")
    local = write(tmp_path / "from")
    moved = manager.call("syncer_push", local_dir=local, remote_dir=remote, exclude=())
    assert moved == 1004
    assert manager.call("syncer_list", remote_dir=remote) == sorted(FILES)
    with pytest.raises(PluginError, match=r"fsspec \(pegbox .*\) raised in sync_up: StoreError"):
        manager.call("syncer_push", local_dir="/nowhere/at/all", remote_dir=remote, exclude=())
    assert manager.call("syncer_delete", remote_dir=remote) == len(FILES)
