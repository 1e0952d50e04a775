"""The fsspec syncer: what the kit does not ask of each syncer (test_kit_syncer.py)."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from losing_file_system import a_folder, losing_what_is_beyond
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


def test_a_partial_upload_says_what_did_not_arrive(tmp_path):
    said = r"2 of 4 files did not arrive whole, a\.txt among them"
    with losing_what_is_beyond(2), pytest.raises(StoreError, match=said):
        FsspecSyncer().sync_up(write(tmp_path / "from"), a_folder(), [])


def test_a_partial_download_leaves_the_local_folder_as_it_was(tmp_path):
    remote = a_folder()
    FsspecSyncer().sync_up(write(tmp_path / "from", {"a": b"12"}), remote, [])
    before = {"a": b"old", "b": b"mine"}
    write(tmp_path / "to", before)
    with losing_what_is_beyond(1), pytest.raises(StoreError, match="did not arrive whole"):
        FsspecSyncer().sync_down(str(tmp_path / "to"), remote, [])
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
