"""The inline executor: trials one after the other in the runner's own thread.

For finding mistakes: ``breakpoint()`` and print work as in any script. It knows one worker,
``"inline"``, with room for one trial, and no process but its own.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pegbox._trial.devices import visible_devices
from pegbox._trial.facts import ended, order_of, reported
from pegbox._trial.output import at_terminal
from pegbox._trial.stage import Stage, no_parameters
from pegbox._trial.task import Order, ReportMessage, TrialTask
from pegbox._trial.working_folder import outside
from pegbox.commands import Answer, Kill, Launch
from pegbox.events import Event, GrowthJudged, PlaceOpened, WorkerJoined
from pegbox.executor import Inbox, Post
from pegbox.resources import Resources

__all__ = ["InlineExecutor"]

_WORKER: Final = "inline"


class InlineExecutor:
    """Runs each trial inside `wait`; a report handles the runner's inbox until it is answered.

    Ctrl-C inside a trial is the runner's: it leaves `wait`, and the trial has no end.

    Args:
        make_task: The task of a launch.
        trainable: The user's function or class.
        resources: What the one worker has: room for one trial.
        first_place: Number of the place that it opens, unique within the experiment.
        parameters: Gives what the trainable is given beside the configuration, for each trial.
    """

    #: The searcher is asked in the same thread, too.
    shares_runners_thread = True

    def __init__(
        self,
        make_task: Callable[[Launch], TrialTask],
        trainable: Callable[..., Any],
        resources: Resources,
        *,
        first_place: int,
        parameters: Callable[[], Mapping[str, Any]] = no_parameters,
    ) -> None:
        self._make_task = make_task
        self._stage = Stage(trainable, parameters, owns_folder=True)
        self._resources = resources
        self._place = first_place
        self._offset_s = time.time() - time.monotonic()
        self._queue: deque[Launch] = deque()
        #: The try whose report waits for its decision; the decision, once it is there.
        self._waiting: tuple[int, int] | None = None
        self._decisions: list[Order] = []
        #: What went wrong in the runner while a trial reported.
        self._broken: Exception | SystemExit | None = None
        self._post: Post = _not_started

    def start(self, inbox: Inbox) -> None:
        """Announce the worker and this process."""
        post = self._post = inbox.post
        at, host = self.clock(), socket.gethostname()
        place = PlaceOpened(at, self._place, host, "127.0.0.1", os.getpid(), _WORKER)
        post([WorkerJoined(at, _WORKER, self._resources), place, GrowthJudged(at, grows=False)])

    def clock(self) -> float:
        """Seconds on the run's clock: monotonic, near wall time."""
        return time.monotonic() + self._offset_s

    def answer(self, answers: Sequence[Answer]) -> None:
        """Keep the decision that the running trial waits for."""
        for one in answers:
            if (one.trial, one.attempt) == self._waiting:
                self._decisions.append(order_of(one))

    def launch(self, launches: Sequence[Launch]) -> None:
        """Queue tries of trials; `wait` runs them."""
        self._queue.extend(launches)

    def kill(self, kills: Sequence[Kill]) -> None:
        """No way: the trial runs in this very thread, and ends at its next report."""

    def wait(self, inbox: Inbox, timeout_s: float | None) -> None:
        """Run the next try from its start to its end, or wait where there is none."""
        if self._queue:
            self._run(self._queue.popleft(), inbox)
        else:
            inbox.wait(timeout_s)

    def close(self) -> None:
        """Forget what has not begun."""
        self._queue.clear()
        self._stage.close()

    def _run(self, launch: Launch, inbox: Inbox) -> None:
        channel = _InlineChannel(lambda report: self._decide(launch, report, inbox))
        task = self._make_task(launch)
        if launch.gpus:
            seen = visible_devices()
            task = task._replace(gpu_ids=tuple(seen[n] for n in launch.gpus if n < len(seen)))
        message = self._stage.run(task, channel)
        if self._broken is not None:
            raise self._broken
        trial, attempt, place = launch.trial, launch.attempt, self._place
        self._post(ended(message, at=self.clock(), trial=trial, attempt=attempt, place=place))

    def _decide(self, launch: Launch, report: ReportMessage, inbox: Inbox) -> Order:
        trial, attempt, place = launch.trial, launch.attempt, self._place
        self._waiting = (trial, attempt)
        at = self.clock()
        self._post([reported(report, at=at, trial=trial, attempt=attempt, place=place)])
        try:
            with at_terminal(), outside():
                inbox.handle()
                while not self._decisions:
                    inbox.wait(None)
                    inbox.handle()
        except (Exception, SystemExit) as error:
            # The run's fault, or a callback's wish to exit, and not the trial's: the function is
            # told to end, and `wait` raises it.
            self._broken = error
            return Order.END
        self._waiting = None
        return self._decisions.pop()


class _InlineChannel:
    """The way of a report to the runner: a plain call, in whatever thread reports."""

    def __init__(self, decide: Callable[[ReportMessage], Order]) -> None:
        self._decide = decide

    def send(self, report: ReportMessage) -> Order:
        """Hand in a report and wait for the decision."""
        return self._decide(report)


def _not_started(events: Sequence[Event]) -> None:
    raise RuntimeError("start() comes before everything else")
