"""What a trial's code calls: report a result, get the checkpoint, ask who it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from pegbox._trial.checkpointing import make_trial_folder
from pegbox._trial.current import find
from pegbox._trial.task import TrialTask
from pegbox.checkpoint import Checkpoint
from pegbox.errors import ReportError
from pegbox.placement_group import PlacementGroupFactory

__all__ = ["TrialContext", "get_checkpoint", "get_context", "report"]

#: Stands for an argument that was left out.
_NOTHING: Final[Mapping[str, Any]] = {}


def report(
    metrics: Mapping[str, Any] = _NOTHING,
    *,
    checkpoint: Checkpoint | None = None,
    **by_name: Any,
) -> None:
    """Report a result from inside a trial, and wait until it is decided that the trial goes on.

    Each call counts as one ``training_iteration``. Where the trial is to end, this raises
    SystemExit, which ``except Exception`` does not catch: ``finally`` blocks run, and the trial
    is over.

    It may be called from any thread that the trial's function started, also from several at
    once: the reports are then taken one after the other. Where a process runs several trials,
    start threads with ``contextvars.copy_context().run``.

    Args:
        metrics: Names to JSON data: numbers (numpy's too; NaN and infinity are kept), strings,
            lists; nested dicts are joined with ``/``. Names that pegbox fills in itself, such as
            ``training_iteration``, ``timestamp`` or ``time_total_s``, are overwritten by it,
            which is said once. At most 1 MB as JSON.
        checkpoint: A folder that is copied into the experiment's folder before this returns; the
            original is the caller's to change or remove afterwards.
        **by_name: Refused: Ray Tune's oldest form had metrics as keywords.

    Raises:
        ReportError: Outside a trial, after its end, or in a child process of it; in a class
            trainable, whose ``step`` returns its results; metrics that are no dict, miss a needed
            name, are too large or cannot be stored; ``done`` is true; a checkpoint that is empty,
            or that cannot reach the experiment's folder.
        SystemExit: The trial is to end.
    """
    session = find("report()")
    if by_name or metrics is _NOTHING:
        _refuse_form(by_name)
    session.report(metrics, checkpoint)


def _refuse_form(by_name: Mapping[str, Any]) -> NoReturn:
    given = f"{', '.join(by_name)} by keyword" if by_name else "nothing"
    names = list(by_name) or ["loss"]
    right = ", ".join(f'"{name}": {name}' for name in names[:3])
    raise ReportError(
        f"report() takes one dict of metrics, got {given}",
        hint=f"Write report({{{right}{', ...' if names[3:] else ''}}}).",
    )


def get_checkpoint() -> Checkpoint | None:
    """The latest checkpoint of the trial that calls.

    Returns:
        The one that was reported last in this try; before that, the one to go on from (its
        files are compared with their digests once); None for a start from scratch.

    Raises:
        ReportError: Outside a trial, after its end, or in a child process of it.
        StoreError: The checkpoint to go on from is no longer whole. The trial fails with this,
            rather than silently start again.
    """
    return find("get_checkpoint()").checkpoint()


def get_context() -> TrialContext:
    """Who the trial is that calls.

    Raises:
        ReportError: Outside a trial.
    """
    return TrialContext(find("get_context()").task)


class TrialContext:
    """Facts about a trial, for its own function."""

    __slots__ = ("_task",)

    def __init__(self, task: TrialTask) -> None:
        self._task = task

    @property
    def trial_id(self) -> str:
        """Public id: ``<5 hex of the run>_<5 digits>``."""
        return self._task.trial_id

    @property
    def attempt(self) -> int:
        """Which try of the trial this is, from 1."""
        return self._task.attempt

    @property
    def seed(self) -> int:
        """A seed of the trial's own, derived from the run's; the same in each try."""
        return self._task.seed

    @property
    def gpu_ids(self) -> tuple[int | str, ...]:
        """The GPUs that the trial has, or the one that it has a share of; empty where it has none.

        By the names that CUDA knows them by on the machine: numbers, or texts like ``GPU-...``.
        The trial's process sees no others (``CUDA_VISIBLE_DEVICES``), so inside it they count from
        0: the first is ``cuda:0``. The inline executor shows all devices to all trials.
        """
        return self._task.gpu_ids

    def get_trial_id(self) -> str:
        """As `trial_id`."""
        return self._task.trial_id

    def get_trial_name(self) -> str:
        """``<trainable>_<trial id>``."""
        return self._task.name

    def get_trial_dir(self) -> str:
        """The trial's folder, absolute; made by this call where it is missing.

        Raises:
            ReportError: The experiment's folder is not visible from this process.
        """
        return make_trial_folder(self._task)

    def get_trial_resources(self) -> PlacementGroupFactory:
        """What the trial was given, by name; ``["cpu"]`` is a number of cores."""
        return PlacementGroupFactory([self._task.resources])

    def get_experiment_name(self) -> str:
        """The experiment's name."""
        return self._task.experiment

    def get_metadata(self) -> dict[str, Any]:
        """Ray's notes of a trainer: empty, since there is none here."""
        return {}

    def get_storage(self) -> NoReturn:
        """Not here.

        Raises:
            ReportError: Always; it says what there is instead.
        """
        raise ReportError(
            "get_storage() is about Ray's own storage, which is not here",
            hint="get_trial_dir() is the trial's folder; report(..., checkpoint=...) keeps files.",
        )

    def get_world_size(self) -> int:
        """Processes that train together: 1."""
        return 1

    def get_world_rank(self) -> int:
        """Which of them this is: 0."""
        return 0

    def get_local_world_size(self) -> int:
        """Processes of the trial on this machine: 1."""
        return 1

    def get_local_rank(self) -> int:
        """Which of them this is: 0."""
        return 0

    def get_node_rank(self) -> int:
        """Which of the trial's machines this is: 0."""
        return 0

    def __repr__(self) -> str:
        return f"<TrialContext {self._task.name} attempt {self._task.attempt}>"
