"""The driver's end of a searcher's process: start it, exchange lines with it, see it end, end it.

Owns the process with its pipes. What the lines mean is the affair of
`pegbox._run.searcher_process.calls`; the other end is `pegbox._run.searcher_process.child`.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import select
import subprocess
import threading
import time
import uuid
import weakref
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final, cast

from pegbox._processes.dependent_process import command, search_path, working_folder
from pegbox._processes.exit_cause import explain_exit
from pegbox._processes.guard_handle import GuardHandle
from pegbox._processes.orphan_guard import group_lives, kill_group
from pegbox._run.environment import seconds_of
from pegbox._run.searcher_process.faults import fault_from_json
from pegbox._run.searcher_process.output import LastLines, show_output
from pegbox._run.searcher_process.protocol import (
    MOST_BYTES,
    PROTOCOL,
    SIGNALS,
    read_line,
    write_line,
)
from pegbox._trial.blas_threads import thread_variables
from pegbox.errors import PluginError

__all__ = ["NICE", "TIMEOUT_VARIABLE", "SearcherDied", "SearcherProcess"]

logger = logging.getLogger("pegbox")

#: Environment variable: seconds without an answer after which the process is given up.
TIMEOUT_VARIABLE: Final = "PEGBOX_SEARCHER_TIMEOUT_S"
_TIMEOUT_S: Final = 600.0

#: By how much trials and the driver go before the searcher where all want the same core.
NICE: Final = 5

#: In the environment of the process and of all that it starts.
_MARKER: Final = "PEGBOX_SEARCHER"

#: What it runs.
_CHILD: Final = "pegbox._run.searcher_process.child"

#: While an answer is waited for: how often it is looked whether the process is alive.
_LOOK_S: Final = 0.5
#: How long it may take to end in good order, with what it has started, before it is killed.
_ENDING_S: Final = 1.0
#: How long an ended process may take to say why.
_PATIENCE_S: Final = 5.0


class SearcherDied(Exception):
    """The process ended, or was ended since it gave no answer.

    Attributes:
        how: For people, to be put after "its process was".
        output: What it printed last.
    """

    def __init__(self, how: str, output: str) -> None:
        super().__init__(how)
        self.how = how
        self.output = output

    @property
    def story(self) -> str:
        """How it ended, and what it printed last."""
        if not self.output:
            return f"{self.how}; it printed nothing"
        return f"{self.how}; the last that it printed:\n{self.output}"


class SearcherProcess:
    """A process that holds one searcher, from its start to its end.

    It begins to import at once, and greets when it is first spoken to. It ends with the driver, and
    when nobody holds this object any more.

    Args:
        argv: Another command line, for tests.

    Attributes:
        timeout_s: Seconds without an answer after which it is given up.

    Raises:
        RunError: It cannot be started.
    """

    def __init__(self, argv: Sequence[str] = ()) -> None:
        self.timeout_s = seconds_of(TIMEOUT_VARIABLE, _TIMEOUT_S)
        self._number = 0
        self._greeted = False
        self._received = bytearray()
        self._said = LastLines()
        marker = uuid.uuid4().hex
        guard = GuardHandle(f"{_MARKER}={marker}", ())
        try:
            self._process = _start(argv or command(_CHILD), marker)
        except BaseException:
            guard.finish()
            raise
        guard.add(self._process.pid)
        show = show_output(cast("io.FileIO", self._process.stderr), self._said)
        self._finish = weakref.finalize(self, _finish, self._process, guard, show)
        self._send_boot()

    @property
    def pid(self) -> int:
        """Process id, which is the id of its group too."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has been ended, or has been seen to be dead."""
        return not self._finish.alive

    def tell(self, **message: Any) -> None:
        """Send what needs no answer; a fault of it is raised by the next `ask`.

        Raises:
            SearcherDied: There is nobody to tell.
            ConfigError: It cannot be written as JSON.
        """
        self._send(write_line(message))

    def ask(self, **message: Any) -> Any:
        """Send a message, and wait for its answer.

        Raises:
            SearcherDied: None came.
            ConfigError: The message cannot be written as JSON.
            PegboxError: Whatever was raised there.
        """
        self._number += 1
        self._send(write_line({"id": self._number, **message}))
        try:
            answer = self._receive()
        except BaseException:
            # Whoever was interrupted while it waited would be given the answer to a question
            # that nobody remembers.
            self.end()
            raise
        for said in answer.get("log", ()):
            logger.log(said["level"], "%s", said["message"])
        if fault := answer.get("error"):
            raise fault_from_json(fault)
        return SIGNALS[answer["signal"]] if "signal" in answer else answer.get("answer")

    def end(self) -> None:
        """End it at once, with all that it has started."""
        self._finish()

    def kill(self) -> None:
        """End it from another thread than the one that speaks to it, which then is told."""
        if self._finish.alive:
            kill_group(self._process.pid)

    # ------------------------------------------------------------------ lines

    def _send_boot(self) -> None:
        cwd = working_folder()
        line = {
            "protocol": PROTOCOL,
            "pegbox": version("pegbox"),
            "sys_path": search_path(cwd),
            "nice": NICE,
            "log_level": logger.getEffectiveLevel(),
        }
        with contextlib.suppress(SearcherDied):  # whoever speaks to it next is told
            self._send(json.dumps(line).encode() + b"\n", greet=False)

    def _greet(self) -> None:
        """Hear who is there; what it is told is nothing to another version of the protocol."""
        hello = self._receive()
        self._greeted = True
        if hello.get("protocol") != PROTOCOL:
            self.end()
            raise PluginError(
                f"the searcher's process speaks protocol {hello.get('protocol')} (pegbox "
                f"{hello.get('pegbox')}), and this one protocol {PROTOCOL} (pegbox "
                f"{version('pegbox')})",
                hint="pegbox was installed anew since this process began: start it again.",
            )

    def _send(self, line: bytes, *, greet: bool = True) -> None:
        if self.ended:
            raise self._death()
        if greet and not self._greeted:
            self._greet()
        assert self._process.stdin is not None
        pipe, rest = self._process.stdin.fileno(), memoryview(line)
        until = time.monotonic() + self.timeout_s
        while rest:
            try:
                rest = rest[os.write(pipe, rest) :]
            except BlockingIOError:
                self._wait_for(pipe, select.POLLOUT, until)
            except OSError:
                raise self._death() from None

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        until = time.monotonic() + self.timeout_s
        searched = 0
        while (end := self._received.find(b"\n", searched)) < 0:
            searched = len(self._received)
            if searched > MOST_BYTES:
                raise self._death(f"ended, for it wrote a line of more than {MOST_BYTES} bytes")
            self._wait_for(pipe, select.POLLIN, until)
            chunk = b"" if self.ended else os.read(pipe, 1 << 16)
            if not chunk:
                raise self._death()
            self._received += chunk
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        try:
            return read_line(line)
        except ValueError:
            raise self._death(f"ended, for it wrote what is no message: {line[:80]!r}") from None

    def _wait_for(self, pipe: int, what: int, until: float) -> None:
        poll = select.poll()
        poll.register(pipe, what)
        while (left := until - time.monotonic()) > 0:
            # What it has forked may hold the pipes open when it is dead.
            dead = self._process.poll() is not None
            if poll.poll(min(left, _LOOK_S) * 1000):
                return
            if dead:
                raise self._death()
        raise self._death(
            f"given up after {self.timeout_s:g} s without an answer ({TIMEOUT_VARIABLE})"
        )

    # -------------------------------------------------------------------- end

    def _death(self, how: str = "") -> SearcherDied:
        """End what is left of it, and say how it came."""
        if not how:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE_S)
        self.end()
        return SearcherDied(how or explain_exit(self._process.returncode).message, self.output)

    @property
    def output(self) -> str:
        """What it printed last."""
        return str(self._said)


def _start(argv: Sequence[str], marker: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env={**_few_threads(), **os.environ, _MARKER: marker},
        start_new_session=True,  # a Ctrl-C at the terminal is for the driver alone
    )
    assert process.stdin is not None
    os.set_blocking(process.stdin.fileno(), False)
    return process


def _few_threads() -> dict[str, str]:
    """BLAS takes every core there is, and trials have them: a half at most, and four do."""
    threads = max(1, min(4, (os.cpu_count() or 1) // 2))
    return thread_variables(threads)


def _finish(process: subprocess.Popen[bytes], guard: GuardHandle, show: threading.Thread) -> None:
    """End the process and all that it has started; the object itself may be gone."""
    if process.poll() is None:
        _end_in_good_order(process)
        kill_group(process.pid)
        process.wait()
    guard.finish()
    show.join(1.0)
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def _end_in_good_order(process: subprocess.Popen[bytes]) -> None:
    """Let it run its exit functions, and then its helpers remove what it has shared with others."""
    assert process.stdin is not None
    process.stdin.close()
    until = time.monotonic() + _ENDING_S
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_ENDING_S)
    while group_lives(process.pid) and time.monotonic() < until:
        time.sleep(0.005)
