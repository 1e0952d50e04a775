"""A block that the processes of one host share: made, opened, told from others, and freed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import pytest
from pegbox.executors.dask.parameters import shared_block
from pegbox.executors.dask.parameters.shared_block import BlockName, SharedBlock, host_key

CONTENT = bytes(range(256)) * 100
NAME = BlockName("c0ffee", len(CONTENT))


def write(file: BinaryIO) -> None:
    file.write(CONTENT)


@pytest.fixture(params=["memory", "no memfd", "no room", "no room there"])
def block(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> SharedBlock:
    """One, in each of the places where it may lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if request.param == "no room":
        monkeypatch.setattr(shared_block, "_SHARE", 10**18)
    elif request.param != "memory":
        monkeypatch.delattr(os, "memfd_create")
    if request.param == "no room there":
        monkeypatch.setattr(shared_block, "_IN_MEMORY", str(tmp_path / "nowhere"))
    return SharedBlock.make(NAME, write)


def opened_elsewhere(path: str | None, name: BlockName = NAME) -> str:
    """What another process says that opens a block and tries to write to the file."""
    program = f"""
import os
from pegbox.executors.dask.parameters.shared_block import BlockName, SharedBlock
try:
    block = SharedBlock.open(BlockName({name.token!r}, {name.size}), {path!r})
except OSError as error:
    print(type(error).__name__)
else:
    print(len(block.memory), sum(block.memory), block.memory.readonly)
"""
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return found.stdout.strip()


def test_another_process_opens_it(block: SharedBlock, tmp_path: Path) -> None:
    assert bytes(block.memory) == CONTENT
    assert block.memory.readonly
    assert opened_elsewhere(block.path) == f"{len(CONTENT)} {sum(CONTENT)} True"
    assert list(tmp_path.iterdir()) == []  # it has no name that could be left behind
    assert block.path is not None
    again = SharedBlock.open(NAME, block.path)
    block.close()
    block.close()
    assert not os.path.exists(block.path)
    # Who has it open passes it on, as the one did that made it.
    assert again.path != block.path
    assert opened_elsewhere(again.path) == f"{len(CONTENT)} {sum(CONTENT)} True"
    again.close()
    assert bytes(again.memory) == CONTENT


def test_what_is_not_the_block_is_not_opened(tmp_path: Path) -> None:
    block = SharedBlock.make(NAME, write)
    assert block.path is not None
    for name in (BlockName("another", NAME.size), BlockName(NAME.token, NAME.size + 1)):
        with pytest.raises(OSError, match="block"):
            SharedBlock.open(name, block.path)
    block.close()
    with pytest.raises(OSError, match="is not the block"):
        SharedBlock.open(NAME, block.path)
    # The number of a descriptor is soon used again, and a pipe's end would be waited for.
    pipe = tmp_path / "pegbox-c0ffee"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="size"):
        SharedBlock.open(NAME, str(pipe))
    with open(tmp_path / "other", "wb") as other:
        other.write(CONTENT)
        other.flush()
        with pytest.raises(OSError, match="is not the block"):
            SharedBlock.open(NAME, f"/proc/{os.getpid()}/fd/{other.fileno()}")


def test_nobody_can_change_a_block_in_memory() -> None:
    block = SharedBlock.make(NAME, write)
    assert block.path is not None
    with pytest.raises(PermissionError):
        os.truncate(block.path, 0)
    fd = os.open(block.path, os.O_RDWR)
    with pytest.raises(PermissionError):
        os.write(fd, b"other")
    os.close(fd)
    block.close()


def test_nothing_is_left_of_one_that_could_not_be_written() -> None:
    before = set(os.listdir("/proc/self/fd"))

    def fail(file: BinaryIO) -> None:
        file.write(b"some")
        raise KeyError("gone")

    with pytest.raises(KeyError):
        SharedBlock.make(NAME, fail)
    assert set(os.listdir("/proc/self/fd")) == before


def test_without_proc_it_is_opened_by_name_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shared_block, "_FOLDER_OF_FILES", "/nowhere")
    named = SharedBlock.make(NAME, write, tmp_path)
    assert named.path is not None
    assert Path(named.path).parent == tmp_path
    opened = SharedBlock.open(NAME, named.path)
    assert opened.path == named.path
    assert bytes(opened.memory) == CONTENT
    lone = SharedBlock.make(NAME, write)
    assert lone.path is None
    assert bytes(lone.memory) == CONTENT
    for block in (named, opened, lone):
        block.close()


def test_processes_of_one_host_have_one_key() -> None:
    program = (
        "from pegbox.executors.dask.parameters.shared_block import host_key; print(host_key())"
    )
    found = subprocess.check_output([sys.executable, "-c", program], text=True, timeout=60)
    assert found.strip() == host_key()


def test_another_user_is_on_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    here = host_key()
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert host_key() not in (None, here)
