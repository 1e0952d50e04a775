"""Checkpoints in the experiment's folder: written whole or not at all, and told apart later.

A checkpoint is copied beside its final place, its manifest is written last, and one rename makes
it visible. It does not decide which checkpoints are kept, nor which one a trial goes on from.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
from collections.abc import Mapping
from typing import Any, Final

from pegbox import jsonvalue
from pegbox._trial.copying import FileFact, copy_tree, has_digest, list_tree
from pegbox._trial.manifest import Manifest, read_manifest, write_manifest
from pegbox._trial.task import ReportMessage, TrialTask
from pegbox.checkpoint import MANIFEST_NAME, METADATA_NAME
from pegbox.errors import ConfigError, ReportError

__all__ = [
    "MARKER_NAME",
    "checkpoint_name",
    "discard_unfinished",
    "epoch_of_name",
    "json_or_none",
    "make_trial_folder",
    "mark_folder",
    "persist",
    "require_visible",
    "verify",
    "whole_checkpoints",
]

#: Holds the run's 5 hex digits, so that a process can tell whether it sees the driver's folder.
MARKER_NAME: Final = ".pegbox-run"

_UNFINISHED: Final = ".tmp-"
_FINISHED: Final = "checkpoint_"
#: See `checkpoint_name`.
_NAME: Final = re.compile(rf"{_FINISHED}\d{{6,}}(-e(?P<epoch>\d+)a\d+)?")


def mark_folder(folder: str, run: str) -> None:
    """Make a folder known as that of a run; the driver does so before the first trial.

    Args:
        folder: The experiment's folder; exists.
        run: The run's 5 hex digits.
    """
    aside = os.path.join(folder, f"{_UNFINISHED}{secrets.token_hex(4)}")
    with open(aside, "w", encoding="ascii") as file:
        file.write(f"{run}\n")
    os.replace(aside, os.path.join(folder, MARKER_NAME))


def require_visible(task: TrialTask) -> None:
    """Make sure that this process sees the experiment's folder that the driver made.

    Raises:
        ReportError: It does not: the folder is missing here, or is another run's.
    """
    run = task.trial_id.rpartition("_")[0]
    try:
        with open(os.path.join(task.folder, MARKER_NAME), encoding="ascii") as file:
            found = file.read().strip()
    except (OSError, UnicodeDecodeError):
        found = ""
    if found != run:
        what = f"belongs to run {found}, not {run}" if found else "is not visible from here"
        raise ReportError(
            f"trial {task.name}: the experiment's folder {task.folder} {what}"
            f" (process {os.getpid()} on {platform.node()})",
            hint="Checkpoints need a folder that all workers share: set storage_path to one.",
        )


def make_trial_folder(task: TrialTask) -> str:
    """The trial's folder, absolute; made where it is missing.

    Raises:
        ReportError: The experiment's folder is not visible from here.
    """
    require_visible(task)
    os.makedirs(task.path, exist_ok=True)
    return task.path


def checkpoint_name(iteration: int, *, attempt: int, epoch: int) -> str:
    """Name of a checkpoint's folder, which no other try of the trial uses.

    A late try that still runs somewhere thus cannot write into the checkpoints of a newer one.
    """
    suffix = f"-e{epoch}a{attempt}" if epoch > 1 or attempt > 1 else ""
    return f"{_FINISHED}{iteration:06d}{suffix}"


def epoch_of_name(name: str) -> int | None:
    """The epoch in which a checkpoint with this name was written; None for another name."""
    found = _NAME.fullmatch(name)
    return found and int(found["epoch"] or 1)


def persist(source: str, task: TrialTask, report: ReportMessage) -> tuple[str, int]:
    """Copy a folder into the trial's folder as a whole checkpoint.

    Nothing is forced to disk: that would cost each report many times the copy itself, and a
    power cut that tears a checkpoint is found by the digests, whereupon an older one is taken.

    Args:
        source: The user's folder; left as it is.
        task: The try that reports.
        report: What it reports with the checkpoint.

    Returns:
        Path relative to the experiment's folder, and bytes of all files.

    Raises:
        ReportError: The folder is missing, empty, holds what cannot be copied, or the
            experiment's folder is not visible here.
        OSError: Something cannot be read or written; nothing is left behind.
    """
    require_visible(task)
    trial_folder = task.path
    _check_source(source, trial_folder)
    entries = list_tree(source, without=MANIFEST_NAME)
    os.makedirs(trial_folder, exist_ok=True)
    name = checkpoint_name(report.iteration, attempt=task.attempt, epoch=task.epoch)
    aside = os.path.join(trial_folder, f"{_UNFINISHED}{name}-{secrets.token_hex(4)}")
    os.mkdir(aside)
    try:
        facts = copy_tree(source, aside, entries)
        manifest = _manifest(facts, task, name, report)
        write_manifest(aside, manifest)
        _rename(aside, os.path.join(trial_folder, name))
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return manifest.path, manifest.size


def verify(folder: str, *, deep: bool = False) -> Manifest | None:
    """Whether a folder is a whole checkpoint.

    Args:
        folder: The checkpoint's folder, within its trial's folder.
        deep: Whether to compare the files' content by their digests too; otherwise their sizes.

    Returns:
        Its manifest, or None where the manifest or a file is missing, or differs.

    Raises:
        StoreError: A newer pegbox wrote it in a format that this one does not know.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    for file in manifest.files:
        path = os.path.join(folder, *file.path.split("/"))
        try:
            same = os.path.getsize(path) == file.size
            same = same and (not deep or has_digest(path, file.digest))
        except OSError:
            return None
        if not same:
            return None
    return manifest


def whole_checkpoints(trial_folder: str, *, deep: bool = False) -> list[Manifest]:
    """All whole checkpoints of a trial, newest first: by attempt, then by iteration.

    Args:
        trial_folder: The trial's folder; may be missing.
        deep: As for `verify`.

    Raises:
        StoreError: As for `verify`.
    """
    try:
        names = [name for name in os.listdir(trial_folder) if name.startswith(_FINISHED)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = (verify(os.path.join(trial_folder, name), deep=deep) for name in names)
    whole = [manifest for manifest in found if manifest is not None]
    return sorted(whole, key=lambda one: (one.attempt, one.iteration), reverse=True)


def discard_unfinished(trial_folder: str) -> int:
    """Remove what killed tries left half written; only while no try of the trial runs.

    Returns:
        How many folders were removed.
    """
    try:
        names = [name for name in os.listdir(trial_folder) if name.startswith(_UNFINISHED)]
    except (FileNotFoundError, NotADirectoryError):
        return 0
    for name in names:
        shutil.rmtree(os.path.join(trial_folder, name), ignore_errors=True)
    return len(names)


def _check_source(source: str, trial_folder: str) -> None:
    if not os.path.isdir(source):
        what = "is a file, not a folder" if os.path.exists(source) else "is not there"
        raise ReportError(
            f"the checkpoint's folder {source} {what}",
            hint="Write the files into a folder and pass Checkpoint.from_directory(folder).",
        )
    if all(name in (MANIFEST_NAME, METADATA_NAME) for name in os.listdir(source)):
        raise ReportError(
            f"the checkpoint's folder {source} is empty",
            hint="Write the files first, then report the checkpoint.",
        )
    real, kept = os.path.realpath(source), os.path.realpath(trial_folder)
    if os.path.commonpath([real, kept]) == real:
        raise ReportError(
            f"the checkpoint's folder {source} holds the trial's own folder {trial_folder}",
            hint="Write the checkpoint into a folder of its own, e.g. a temporary one.",
        )


def _manifest(
    facts: tuple[FileFact, ...], task: TrialTask, name: str, report: ReportMessage
) -> Manifest:
    return Manifest(
        path=f"{task.directory}/{name}",
        trial=task.trial,
        trial_id=task.trial_id,
        attempt=task.attempt,
        epoch=task.epoch,
        iteration=report.iteration,
        time_total_s=report.time_total_s,
        time_this_iter_s=report.time_this_iter_s,
        timestamp=report.timestamp,
        metrics=jsonvalue.loads(report.encoded),
        config=json_or_none(task.config),
        # The notes may be changed later, see `Checkpoint.set_metadata`.
        files=tuple(fact for fact in facts if fact.path != METADATA_NAME),
    )


def json_or_none(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A configuration as a manifest has it; None where it is not JSON data."""
    try:
        plain: Mapping[str, Any] = jsonvalue.plain(config)
    except ConfigError:
        return None
    return plain


def _rename(aside: str, final: str) -> None:
    try:
        os.rename(aside, final)
    except OSError:
        # The same try reported this iteration before, and that report did not arrive.
        if not os.path.isdir(final):
            raise
        old = f"{aside}-old"
        os.rename(final, old)
        os.rename(aside, final)
        shutil.rmtree(old, ignore_errors=True)
