"""Checkpoint, and how a folder becomes a whole checkpoint of a trial or does not."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import resource
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import xxhash
from pegbox._trial import checkpointing
from pegbox._trial.checkpointing import (
    checkpoint_name,
    discard_unfinished,
    mark_folder,
    persist,
    verify,
    whole_checkpoints,
)
from pegbox._trial.task import ReportMessage, TrialTask
from pegbox.checkpoint import MANIFEST_NAME, METADATA_NAME, Checkpoint
from pegbox.errors import ReportError, StoreError
from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord

NAME = "train_abcde_00000"


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    folder = tmp_path / "experiment"
    folder.mkdir()
    mark_folder(str(folder), "abcde")
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A user's folder with two files, one of them in a subfolder."""
    folder = tmp_path / "work"
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"m" * 3_000_000)
    (folder / "sub" / "ö.txt").write_text("optimizer")
    return folder


def make_task(experiment: Path, **changes: Any) -> TrialTask:
    facts: dict[str, Any] = {
        "trial": 0,
        "trial_id": "abcde_00000",
        "name": NAME,
        "attempt": 1,
        "epoch": 1,
        "experiment": "exp",
        "folder": str(experiment),
        "config": {"lr": float("inf")},
        "resources": Resources(),
        "checkpoint": None,
        "iteration": 0,
        "time_total_s": 0.0,
        "required_metrics": (),
        "seed": 7,
    }
    return TrialTask(**{**facts, **changes})


def report_at(iteration: int) -> ReportMessage:
    return ReportMessage(iteration, 2.0, iteration * 2.0, 1.7e9, '{"loss":{"$float":"nan"}}', None)


def keep(source: Path, experiment: Path, iteration: int = 1, **changes: Any) -> Path:
    task = make_task(experiment, **changes)
    path, _ = persist(str(source), task, report_at(iteration))
    return experiment / path


def tree(folder: Path) -> dict[str, bytes]:
    ours = (MANIFEST_NAME, METADATA_NAME)
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in ours)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# --- Checkpoint, the class ---


def test_a_checkpoint_is_its_folder(work: Path, tmp_path: Path) -> None:
    checkpoint = Checkpoint.from_directory(work)
    assert checkpoint.path == str(work)
    with checkpoint.as_directory() as folder:
        assert folder == str(work)
    target = checkpoint.to_directory(tmp_path / "copy")
    assert target == str(tmp_path / "copy")
    assert tree(Path(target)) == tree(work)
    assert pickle.loads(pickle.dumps(checkpoint)).path == checkpoint.path


def test_to_directory_makes_a_temporary_folder_or_fills_an_existing_one(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = Path(Checkpoint(work).to_directory())
    assert made.parent == tmp_path
    assert tree(made) == tree(work)
    (made / "own").write_text("stays")
    (made / "model.bin").write_text("is replaced")
    Checkpoint(work).to_directory(made)
    assert tree(made) == {**tree(work), "own": b"stays"}


def test_a_missing_folder_is_said_when_it_is_used(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "gone")
    with pytest.raises(StoreError, match="gone is not there"):
        checkpoint.to_directory()
    with pytest.raises(StoreError, match="not there"), checkpoint.as_directory():
        pass
    with pytest.raises(StoreError, match="not there"):
        checkpoint.set_metadata({})
    assert checkpoint.get_metadata() == {}


def test_notes_travel_and_may_change_without_harm(work: Path, experiment: Path) -> None:
    Checkpoint(work).set_metadata({"epoch": 1, "kind": "mlp"})
    kept = keep(work, experiment)
    notes = Checkpoint(kept)
    assert notes.get_metadata() == {"epoch": 1, "kind": "mlp"}
    notes.update_metadata({"epoch": 2, "why": "best"})
    assert Checkpoint(kept).get_metadata() == {"epoch": 2, "kind": "mlp", "why": "best"}
    assert verify(str(kept), deep=True) is not None
    with pytest.raises(TypeError):
        notes.set_metadata({"model": object()})
    assert notes.get_metadata()["epoch"] == 2
    assert Checkpoint(work).get_metadata()["epoch"] == 1


# --- Becoming whole ---


def test_a_kept_checkpoint_has_the_content_and_says_what_it_is(
    work: Path, experiment: Path
) -> None:
    kept = keep(work, experiment, 12)
    assert kept == experiment / NAME / "checkpoint_000012"
    assert tree(kept) == tree(work)
    assert (kept / "sub" / "empty").is_dir()
    manifest = verify(str(kept), deep=True)
    assert manifest is not None
    assert (manifest.trial, manifest.trial_id) == (0, "abcde_00000")
    assert (manifest.attempt, manifest.epoch) == (1, 1)
    assert manifest.config == {"lr": float("inf")}
    assert (manifest.time_this_iter_s, manifest.timestamp) == (2.0, 1.7e9)
    assert manifest.metrics == {"loss": pytest.approx(float("nan"), nan_ok=True)}
    assert [file.path for file in manifest.files] == ["model.bin", "sub/ö.txt"]
    size = 3_000_000 + len("optimizer")
    assert manifest.record() == CheckpointRecord(f"{NAME}/checkpoint_000012", 12, 24.0, size)
    assert os.listdir(experiment / NAME) == ["checkpoint_000012"]


def test_the_manifest_is_json_that_anyone_reads(work: Path, experiment: Path) -> None:
    kept = keep(work, experiment, config={"object": object()})
    data = json.loads((kept / MANIFEST_NAME).read_text())
    assert data["format"] == 2
    assert data["config"] is None
    assert data["files"][1] == ["sub/ö.txt", 9, "xxh3:" + xxhash.xxh3_128_hexdigest(b"optimizer")]


def test_the_copy_does_not_carry_the_manifest_on(work: Path, experiment: Path) -> None:
    """A trial may report the very checkpoint that it began from."""
    first = keep(work, experiment, 1)
    second = keep(first, experiment, 2)
    manifest = verify(str(second), deep=True)
    assert manifest is not None
    assert manifest.iteration == 2
    assert tree(second) == tree(work)
    assert MANIFEST_NAME not in os.listdir(Checkpoint(second).to_directory(work.parent / "copy"))


@pytest.mark.parametrize(
    ("attempt", "epoch", "name"),
    [
        (1, 1, "checkpoint_000003"),
        (2, 1, "checkpoint_000003-e1a2"),
        (1, 2, "checkpoint_000003-e2a1"),
        (3, 2, "checkpoint_000003-e2a3"),
    ],
)
def test_each_try_has_names_of_its_own(attempt: int, epoch: int, name: str) -> None:
    assert checkpoint_name(3, attempt=attempt, epoch=epoch) == name


def test_a_late_try_cannot_touch_a_newer_ones(work: Path, experiment: Path) -> None:
    newer = keep(work, experiment, 5, attempt=2)
    (work / "model.bin").write_bytes(b"late")
    older = keep(work, experiment, 5, attempt=1)
    assert newer != older
    assert (newer / "model.bin").stat().st_size == 3_000_000


def test_the_same_report_twice_leaves_the_later_one(work: Path, experiment: Path) -> None:
    keep(work, experiment)
    (work / "model.bin").write_bytes(b"again")
    kept = keep(work, experiment)
    assert (kept / "model.bin").read_bytes() == b"again"
    assert verify(str(kept), deep=True) is not None
    assert os.listdir(experiment / NAME) == ["checkpoint_000001"]


def test_links_are_copied_as_what_they_point_to(
    work: Path, experiment: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "data").write_text("data")
    (work / "file").symlink_to(outside / "data")
    (work / "folder").symlink_to(outside)
    kept = keep(work, experiment)
    shutil.rmtree(outside)
    assert not (kept / "file").is_symlink()
    assert (kept / "file").read_text() == "data"
    assert (kept / "folder" / "data").read_text() == "data"
    assert verify(str(kept), deep=True) is not None


def test_a_folder_inside_the_trials_own_is_fine(experiment: Path) -> None:
    inside = experiment / NAME / "mine"
    inside.mkdir(parents=True)
    (inside / "model").write_text("x")
    assert tree(keep(inside, experiment)) == {"model": b"x"}


# --- What is refused, and leaves nothing behind ---


def refuse(source: Path, experiment: Path, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        keep(source, experiment)
    left = os.listdir(experiment / NAME) if (experiment / NAME).exists() else []
    assert [name for name in left if name.startswith((".tmp", "checkpoint"))] == []


def test_a_missing_source_is_refused(experiment: Path, tmp_path: Path) -> None:
    refuse(tmp_path / "gone", experiment, "gone is not there")


def test_a_file_as_source_is_refused(experiment: Path, work: Path) -> None:
    refuse(work / "model.bin", experiment, "is a file, not a folder")


def test_an_empty_source_is_refused_before_a_folder_is_made(
    experiment: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    Checkpoint(empty).set_metadata({"only": "notes"})
    refuse(empty, experiment, "is empty")
    assert not (experiment / NAME).exists()


def test_the_trials_own_folder_is_refused(experiment: Path) -> None:
    (experiment / NAME).mkdir()
    (experiment / NAME / "model").write_text("x")
    refuse(experiment / NAME, experiment, "holds the trial's own folder")
    refuse(experiment, experiment, "holds the trial's own folder")


def test_a_link_in_a_circle_is_refused(work: Path, experiment: Path) -> None:
    (work / "sub" / "up").symlink_to(work)
    refuse(work, experiment, "leads to a folder it is in")


def test_a_broken_link_is_refused(work: Path, experiment: Path) -> None:
    (work / "sub" / "broken").symlink_to("nowhere")
    refuse(work, experiment, "broken, which leads nowhere")


def test_special_files_are_refused_and_not_read(
    work: Path, experiment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(work / "pipe")
    refuse(work, experiment, "pipe, which is neither a file nor a folder")
    assert not (experiment / NAME).exists()
    (work / "pipe").unlink()
    monkeypatch.chdir(work)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        refuse(work, experiment, "socket, which is neither")


def test_a_write_that_fails_leaves_nothing_behind(work: Path, experiment: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            keep(work, experiment)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert os.listdir(experiment / NAME) == []


# --- Telling whole from torn ---


def test_sizes_are_always_compared_and_content_when_asked(work: Path, experiment: Path) -> None:
    kept = keep(work, experiment)
    model = kept / "model.bin"
    model.write_bytes(b"x" * 3_000_000)
    assert verify(str(kept)) is not None
    assert verify(str(kept), deep=True) is None
    model.write_bytes(b"m" * 2_999_999)
    assert verify(str(kept)) is None
    model.unlink()
    assert verify(str(kept)) is None


def test_digests_of_the_first_format_still_count(work: Path, experiment: Path) -> None:
    kept = keep(work, experiment)
    data = json.loads((kept / MANIFEST_NAME).read_text())
    for file in data["files"]:
        file[2] = hashlib.blake2b((kept / file[0]).read_bytes(), digest_size=16).hexdigest()
    (kept / MANIFEST_NAME).write_text(json.dumps({**data, "format": 1}))
    assert verify(str(kept), deep=True) is not None
    (kept / "model.bin").write_bytes(b"x" * 3_000_000)
    assert verify(str(kept), deep=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"format": "1"}',
        '{"format": 1, "files": 3}',
        '{"format":1,"trial":0,"trial_id":"a","attempt":1,"epoch":1,"iteration":1,'
        '"time_total_s":1.0,"time_this_iter_s":1.0,"timestamp":1.0,"metrics":{},"config":null,'
        '"files":[["../../secret",1,"00"]]}',
    ],
)
def test_a_damaged_manifest_is_no_checkpoint(text: str, work: Path, experiment: Path) -> None:
    kept = keep(work, experiment)
    (kept / MANIFEST_NAME).write_text(text)
    assert verify(str(kept)) is None


def test_a_newer_format_is_refused_with_the_command(work: Path, experiment: Path) -> None:
    kept = keep(work, experiment)
    data = json.loads((kept / MANIFEST_NAME).read_text())
    (kept / MANIFEST_NAME).write_text(json.dumps({**data, "format": 3}))
    with pytest.raises(StoreError, match="pip install -U pegbox"):
        verify(str(kept))


def test_whole_checkpoints_come_newest_first_and_only_whole(work: Path, experiment: Path) -> None:
    for attempt, iteration in [(1, 9), (1, 10), (2, 8), (3, 2)]:
        keep(work, experiment, iteration, attempt=attempt)
    torn = keep(work, experiment, 11, attempt=3)
    (torn / "model.bin").write_bytes(b"")
    no_manifest = experiment / NAME / "checkpoint_000099"
    shutil.copytree(work, no_manifest)
    (experiment / NAME / "user_folder").mkdir()
    found = whole_checkpoints(str(experiment / NAME), deep=True)
    assert [(one.attempt, one.iteration) for one in found] == [(3, 2), (2, 8), (1, 10), (1, 9)]
    assert found[1].path == f"{NAME}/checkpoint_000008-e1a2"
    assert whole_checkpoints(str(experiment / "no_trial")) == []


def test_a_moved_experiment_is_read_by_its_new_place(work: Path, experiment: Path) -> None:
    keep(work, experiment)
    moved = experiment.with_name("moved")
    experiment.rename(moved)
    (found,) = whole_checkpoints(str(moved / NAME), deep=True)
    assert found.path == f"{NAME}/checkpoint_000001"


_KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_checkpoint import keep
from pegbox._trial import checkpointing, copying

moments = int(sys.argv[1])
seen = 0
def trace(frame, event, arg):
    global seen
    if frame.f_code.co_filename in (checkpointing.__file__, copying.__file__):
        if event == "line":
            seen += 1
            if seen == moments:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
sys.settrace(trace)
keep(Path({work!r}), Path({experiment!r}), 2)
sys.settrace(None)
print(seen)
"""


def test_a_kill_at_any_line_leaves_a_whole_checkpoint_or_none(
    work: Path, experiment: Path, tmp_path: Path
) -> None:
    keep(work, experiment, 1)
    script = tmp_path / "killed.py"
    script.write_text(
        _KILLED.format(tests=os.path.dirname(__file__), work=str(work), experiment=str(experiment))
    )

    def killed_at(line: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(script), str(line)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    lines = int(killed_at(-1).stdout)
    shutil.rmtree(experiment / NAME / "checkpoint_000002")
    unfinished = 0
    # The last steps are where a checkpoint becomes visible: each of their lines.
    for moment in [*range(8, lines - 10, lines // 6), *range(lines - 10, lines)]:
        assert killed_at(moment).returncode == -signal.SIGKILL
        unfinished += discard_unfinished(str(experiment / NAME))
        listed = [name for name in os.listdir(experiment / NAME) if name.startswith("checkpoint")]
        whole = whole_checkpoints(str(experiment / NAME), deep=True)
        assert len(whole) == len(listed)
        assert whole[-1].iteration == 1
        shutil.rmtree(experiment / NAME / "checkpoint_000002", ignore_errors=True)
    assert unfinished >= 5
    assert os.listdir(experiment / NAME) == ["checkpoint_000001"]


def test_the_marker_tells_runs_apart(experiment: Path, work: Path) -> None:
    other = make_task(experiment, trial_id="fffff_00000")
    with pytest.raises(ReportError, match="belongs to run abcde, not fffff"):
        persist(str(work), other, report_at(1))
    (experiment / checkpointing.MARKER_NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(ReportError, match="not visible"):
        keep(work, experiment)
