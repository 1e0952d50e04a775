"""Starting drivers in processes of their own, finding what belongs to them, and waiting."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from faults.journal import Entry, read_journals

__all__ = ["PATIENCE_S", "Driver", "Experiment", "experiment", "marked", "wait_until"]

#: Generous, since the machine may be busy with other things.
PATIENCE_S = 120.0
#: Carried by everything that a driver has started.
_MARK = "FAULTS_MARK"
_TESTS = Path(__file__).parent.parent

Answer = TypeVar("Answer")


def wait_until(condition: Callable[[], Answer], timeout_s: float = PATIENCE_S) -> Answer:
    """Wait for a condition, and answer what it answers."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s in vain"
        pause.wait(0.01)
    return answer


def marked(mark: str) -> list[psutil.Process]:
    """Processes that carry a driver's mark; a zombie shows none."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_MARK) == mark:
                found.append(process)
    return found


@dataclass
class Driver:
    """One driver's process.

    Attributes:
        mark: In the environment of all its processes.
        output: File that takes what it prints.
    """

    process: subprocess.Popen[bytes]
    mark: str
    output: Path

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    def text(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(errors="replace")

    def finish(self) -> dict[str, Any]:
        """Wait for its end, which must be a good one, and answer its summary."""
        code = self.process.wait(PATIENCE_S)
        assert code == 0, self.text()
        summary: dict[str, Any] = json.loads(self.text().splitlines()[-1])
        return summary

    def wait_for_nobody(self, timeout_s: float = 10.0) -> None:
        """Wait until no process of the driver is left."""
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not marked(self.mark), timeout_s)
        left = [process.cmdline() for process in marked(self.mark)]
        assert not left, f"{timeout_s:g} s after the end of the driver these were left: {left}"


@dataclass
class Experiment:
    """One experiment and the drivers that work on it.

    Attributes:
        base: A folder for everything.
        settings: As `faults.driver` takes them.
        folder: The experiment's folder.
        drivers: All that were started.
        story: Rows of the store's events, as they were seen last.
    """

    base: Path
    settings: dict[str, Any]
    folder: Path = field(init=False)
    drivers: list[Driver] = field(default_factory=list)
    story: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder = self.base / "experiments" / "study"
        for name in ("experiments", "journal", "tmp", "output"):
            (self.base / name).mkdir()

    @property
    def journal(self) -> Path:
        """Folder of the trials' own accounts."""
        return self.base / "journal"

    def entries(self) -> list[Entry]:
        """All that the trials have written so far."""
        return [entry for entries in read_journals(self.journal).values() for entry in entries]

    def complete(self, **changes: Any) -> dict[str, Any]:
        """All settings of a driver."""
        return {
            "folder": str(self.folder),
            "journal": str(self.journal),
            "iterations": 8,
            "report_s": 0.05,
            "search_alg": "random",
            "scheduler": ("fifo", {}),
            "concurrent": 2,
            "max_failures": 0,
            "sync_period_s": None,
            "keep": None,
            "executor": "dask",
            "restore": True,
            "resume_errored": False,
            "space": {},
            "grid": {},
            **self.settings,
            **changes,
        }

    def command(self, **changes: Any) -> list[str]:
        """The driver's command line."""
        return [sys.executable, "-m", "faults.driver", json.dumps(self.complete(**changes))]

    def environment(self, mark: str) -> dict[str, str]:
        """Variables for a driver; its temporary files stay in the experiment's base."""
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(_TESTS), os.environ.get("PYTHONPATH", "")]),
            "TMPDIR": str(self.base / "tmp"),
            "HOME": str(self.base),
            "FAULTS_ROUND": str(len(self.drivers)),
            _MARK: mark,
        }

    def start(self, command: list[str] | None = None, **changes: Any) -> Driver:
        """Start a driver; `close` ends all that are left."""
        mark = uuid.uuid4().hex
        output = self.base / "output" / f"{len(self.drivers):02d}.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                command or self.command(**changes),
                env=self.environment(mark),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.drivers.append(Driver(process, mark, output))
        return self.drivers[-1]

    def begun(self) -> list[Entry]:
        """What trials have written under the driver that was started last."""
        return [entry for entry in self.entries() if entry.round == self.round]

    @property
    def round(self) -> int:
        """The round of the driver that was started last."""
        return len(self.drivers) - 1

    def close(self) -> None:
        """Kill what is left."""
        for driver in self.drivers:
            if driver.process.poll() is None:
                driver.process.kill()
                driver.process.wait()
            for process in marked(driver.mark):
                with contextlib.suppress(psutil.Error):
                    process.kill()


@contextlib.contextmanager
def experiment(base: Path, **settings: Any) -> Iterator[Experiment]:
    """An experiment whose processes end with the block."""
    made = Experiment(base, settings)
    try:
        yield made
    finally:
        made.close()
