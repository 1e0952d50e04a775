"""One try of a trial as its code sees it: numbered reports, decisions, the checkpoint.

It counts, times and checks; how a message travels is the channel's affair.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Final

from pegbox._trial import checkpointing, metrics
from pegbox._trial.task import Channel, Order, ReportMessage, TrialTask
from pegbox.checkpoint import Checkpoint
from pegbox.errors import ReportError, StoreError

__all__ = ["Session"]

_logger: Final = logging.getLogger("pegbox")


class Session:
    """One try of a trial, while its code runs. Safe to use from several threads.

    Args:
        task: The try.
        channel: The way to whoever decides.
        by_steps: Whether results come from a class's ``step``, so that its code does not report.
    """

    def __init__(self, task: TrialTask, channel: Channel, *, by_steps: bool = False) -> None:
        self.task = task
        self._channel = channel
        self._by_steps = by_steps
        #: Held from a report's numbering to its answer: reports are one after the other.
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._start = self._last = time.monotonic()
        self._iteration = task.iteration
        #: Latest checkpoint, relative to the experiment's folder, and whether it is known whole.
        self._checkpoint = task.checkpoint
        self._whole = False
        self._last_message: ReportMessage | None = None
        self._order = Order.GO_ON
        self._ended = False
        self._said: set[str] = set()

    @property
    def halted(self) -> bool:
        """Whether the trial was told to end."""
        return self._order is not Order.GO_ON

    @property
    def is_saved(self) -> bool:
        """Whether the last report came with a checkpoint."""
        return self._last_message is not None and self._last_message.checkpoint is not None

    def report(self, values: object, checkpoint: object) -> None:
        """Hand in a report and wait for the decision.

        Raises:
            ReportError: A rule is broken; see `pegbox.report`.
            SystemExit: The trial is to end; again at each further report.
        """
        if self._by_steps:
            raise ReportError(
                "report() was called inside a class trainable",
                hint="A class reports what step() returns: put the values into that dict.",
            )
        if self.hand_in(values, _folder_of(checkpoint)) is not Order.GO_ON:
            # Not caught by `except Exception`; code that lets an exit pass lets this pass
            # too, and a thread that exactly this class ends prints no traceback.
            raise SystemExit(f"trial {self.task.trial_id} was told to end")

    def hand_in(self, values: object, folder: str | None) -> Order:
        """Hand in a report and wait for the decision; once told to end, nothing is handed in.

        Args:
            values: The metrics.
            folder: One that is kept as a checkpoint with them, or None.

        Raises:
            ReportError: A rule is broken.
        """
        self._check_process("report()")
        encoded = self._encode(values)
        with self._lock:
            self._check_open("report()")
            if not self.halted:
                message = self._message(encoded, folder)
                self._order = self._channel.send(message)
                self._count(message)
            return self._order

    def close(self) -> None:
        """The function is over: nothing is reported any more. Waits for a report under way."""
        with self._lock:
            self._ended = True

    def last_report(self, values: object, folder: str | None = None) -> ReportMessage:
        """One more report that waits for no decision; after `close`.

        Args:
            values: The metrics. ``folder``: as for `hand_in`.

        Raises:
            ReportError: As for `report`.
        """
        message = self._message(self._encode(values), folder)
        self._count(message)
        return message

    def save_after(self, folder: str) -> tuple[str, int, float, int]:
        """Keep a folder as the checkpoint of the last report, which came without one.

        Returns:
            As `EndMessage.checkpoint` has it.

        Raises:
            ReportError: The folder cannot be kept.
        """
        last = self._last_message
        assert last is not None, "a trial is told to end when it has reported"
        path, size = checkpointing.persist(folder, self.task, last)
        return path, last.iteration, last.time_total_s, size

    def checkpoint(self) -> Checkpoint | None:
        """The latest checkpoint: this try's own, else the one that it goes on from.

        Raises:
            ReportError: The try has ended, or this is another process.
            StoreError: The checkpoint to go on from is no longer whole.
        """
        self._check_process("get_checkpoint()")
        self._check_open("get_checkpoint()")
        if self._checkpoint is None:
            return None
        path = os.path.join(self.task.folder, *self._checkpoint.split("/"))
        if not self._whole:
            self._require_whole(path)
        return Checkpoint(path)

    def _encode(self, values: object) -> str:
        encoded = metrics.encode(values, self.task.required_metrics)
        for name in encoded.dropped:
            self._say_once(
                f"{name!r} is filled in by pegbox, so the reported value is not kept;"
                " report it under another name"
            )
        if len(encoded.text) > metrics.LARGE_BYTES:
            self._say_once(
                f"reports are larger than {metrics.LARGE_BYTES:,} bytes, which slows every"
                " report down; write large values into a file of a checkpoint"
            )
        return encoded.text

    def _message(self, encoded: str, folder: str | None) -> ReportMessage:
        now = time.monotonic()
        iteration = self._iteration + 1
        total_s = self.task.time_total_s + now - self._start
        since_s, self._last = now - self._last, now
        message = ReportMessage(iteration, since_s, total_s, time.time(), encoded, None)
        if folder is None:
            return message
        return message._replace(checkpoint=checkpointing.persist(folder, self.task, message))

    def _count(self, message: ReportMessage) -> None:
        self._iteration = message.iteration
        self._last_message = message
        if message.checkpoint is not None:
            self._checkpoint, self._whole = message.checkpoint[0], True

    def _check_process(self, caller: str) -> None:
        # Before the lock, which a forked child may have inherited locked.
        if os.getpid() != self._pid:
            raise ReportError(
                f"{caller} was called in process {os.getpid()}, a child of process {self._pid}"
                f" that runs trial {self.task.trial_id}",
                hint="Hand the values back to the function, and report there.",
            )

    def _check_open(self, caller: str) -> None:
        if self._ended:
            raise ReportError(
                f"{caller} was called after trial {self.task.trial_id} had ended",
                hint="Wait for your threads before the function returns.",
            )

    def _require_whole(self, path: str) -> None:
        """Compare digests once: a training that goes on from torn files fails in odd ways."""
        checkpointing.require_visible(self.task)
        if checkpointing.verify(path, deep=True) is None:
            raise StoreError(
                f"trial {self.task.trial_id} cannot go on from its checkpoint {path}:"
                " a file is missing or differs from what was written",
                path=path,
                hint="Tuner.restore(..., resume_errored=True) goes on from the last checkpoint that"
                " is whole.",
            )
        self._whole = True

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            _logger.warning("trial %s: %s", self.task.trial_id, sentence)


def _folder_of(checkpoint: object) -> str | None:
    if checkpoint is None:
        return None
    if not isinstance(checkpoint, Checkpoint):
        raise ReportError(
            f"report(checkpoint=...) takes a Checkpoint, got {type(checkpoint).__name__}",
            hint="Write checkpoint=Checkpoint.from_dict(data)."
            if isinstance(checkpoint, Mapping)
            else "Write checkpoint=Checkpoint.from_directory(folder).",
        )
    return checkpoint.path
