"""Where the live file of an experiment lies."""

import os
import stat
from pathlib import Path

import pytest
from pegbox._store.home import find_home
from pegbox._store.mounts import Mount
from pegbox.errors import ConfigError, StoreError

RUN = "ab1de"


@pytest.fixture
def share(tmp_path, monkeypatch):
    """A folder that the table of mounts says is on a network, and a state folder that is not."""
    for name in ("PEGBOX_STATE_DIR", "PEGBOX_LOCAL_DISK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "share").mkdir()
    return tmp_path / "share"


def mounts(*network):
    return [Mount("/", "ext4"), *(Mount(str(folder), "nfs4") for folder in network)]


def test_on_a_local_disk_the_live_file_is_in_the_folder(share):
    home = find_home(share / "exp", RUN, mounts())

    assert not home.apart
    assert home.file == home.snapshot == share / "exp" / "experiment.sqlite"


def test_on_a_network_it_is_in_the_users_state_folder(share, tmp_path):
    home = find_home(share / "exp", RUN, mounts(share))

    assert home.apart
    assert home.snapshot == share / "exp" / "experiment.sqlite"
    assert home.live.parent == tmp_path / "state" / "pegbox"
    assert home.live.name.startswith(f"{RUN}-")


def test_a_link_to_a_network_is_seen_through(share, tmp_path):
    (tmp_path / "results").symlink_to(share)

    linked = find_home(tmp_path / "results" / "exp", RUN, mounts(share))

    assert linked.apart
    assert linked.live == find_home(share / "exp", RUN, mounts(share)).live


def test_two_copies_of_an_experiment_have_two_live_files(share):
    one, other = (find_home(share / name, RUN, mounts(share)) for name in ("exp", "copy"))

    assert one.live != other.live


def test_a_state_folder_on_the_network_is_no_place_either(share, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))

    home = find_home(share / "exp", RUN, mounts(share, tmp_path / "state"))

    assert home.live.parent.parent == tmp_path / "tmp"


def test_without_any_local_disk_it_is_said_what_to_set(share, tmp_path):
    with pytest.raises(StoreError, match="no local disk") as error:
        find_home(share / "exp", RUN, [Mount("/", "nfs")])

    assert "PEGBOX_STATE_DIR" in error.value.hint


def test_another_users_temporary_folder_is_refused(share, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    someone = os.getuid() + 1
    (tmp_path / f"pegbox-{someone}").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: someone)

    with pytest.raises(StoreError, match="belongs to another user"):
        find_home(share / "exp", RUN, mounts(share, tmp_path / "state"))


def test_the_state_folder_can_be_chosen(share, tmp_path, monkeypatch):
    monkeypatch.setenv("PEGBOX_STATE_DIR", str(tmp_path / "fast"))

    assert find_home(share / "exp", RUN, mounts(share)).live.parent == tmp_path / "fast"


def test_a_chosen_state_folder_on_a_network_is_refused(share, tmp_path, monkeypatch):
    monkeypatch.setenv("PEGBOX_STATE_DIR", str(share / "state"))

    with pytest.raises(ConfigError, match=r"PEGBOX_STATE_DIR names .*network file system \(nfs4\)"):
        find_home(share / "exp", RUN, mounts(share))


@pytest.mark.parametrize(("said", "apart"), [("0", True), ("1", False)])
def test_the_table_can_be_overruled(share, monkeypatch, said, apart):
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", said)

    assert find_home(share / "exp", RUN, mounts() if apart else mounts(share)).apart is apart


def test_a_word_for_it_that_is_not_known_is_refused(share, monkeypatch):
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "yes")

    with pytest.raises(ConfigError, match="PEGBOX_LOCAL_DISK must be 0 or 1, got 'yes'"):
        find_home(share / "exp", RUN, mounts())


def test_a_state_home_that_is_no_whole_path_does_not_count(share, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path))

    live = find_home(share / "exp", RUN, mounts(share)).live

    assert live.parent == Path(tmp_path, ".local", "state", "pegbox")


def test_the_live_folder_is_for_its_user_alone(share):
    home = find_home(share / "exp", RUN, mounts(share))
    home.make()
    home.make()

    for folder in (home.live, home.live.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
