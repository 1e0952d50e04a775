"""Starting drivers that share a cluster (`faults.shared_driver`), and listening to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from clusters import wait_until

from faults.tally import Stint, read_tally

__all__ = ["PATH", "PATIENCE_S", "SharedDriver"]

PATIENCE_S = 120.0
_TESTS = Path(__file__).parent.parent
#: Where workers find the trainable.
PATH = {"PYTHONPATH": os.pathsep.join([str(_TESTS), os.environ.get("PYTHONPATH", "")])}


class SharedDriver:
    """A script that tunes, in a process of its own; killed in the end.

    Args:
        name: Of the experiment; a second driver of one goes on with it.
        scheduler: Address.
        folder: For everything; several drivers share its tally.
        **options: Settings of `faults.shared_driver` that differ.
    """

    def __init__(self, name: str, scheduler: str, folder: Path, **options: Any) -> None:
        self.name = name
        self.tally = folder / "tally"
        self.output = folder / f"{name}-{len(list(folder.iterdir()))}.txt"
        settings = {
            "scheduler": scheduler,
            "folder": str(folder / "experiments" / name),
            "tally": str(self.tally),
            "trainable": "train",
            "samples": 8,
            "reports": 3,
            "report_s": 0.05,
            "hangs": 0,
            "gate": None,
            "resources": {"cpu": 1},
            **options,
        }
        self._command = [sys.executable, "-m", "faults.shared_driver", json.dumps(settings)]

    def __enter__(self) -> SharedDriver:
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=_TESTS,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()

    def stints(self) -> list[Stint]:
        """What its experiment's trials have done."""
        return [stint for stint in read_tally(self.tally) if stint.run == self.name]

    def at_work(self, count: int = 1) -> SharedDriver:
        """Wait until so many of its trials have begun."""

        def begun() -> bool:
            assert self.process.poll() is None, self.said()
            return len(self.stints()) >= count

        wait_until(begun, f"for {self.name}", PATIENCE_S)
        return self

    def kill(self) -> None:
        """SIGKILL."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def said(self) -> str:
        """All that it has printed so far."""
        return self.output.read_text()

    def finish(self) -> dict[str, Any]:
        """Wait for its end, which must be a good one; how it ended."""
        assert self.process.wait(PATIENCE_S) == 0, self.said()
        summary: dict[str, Any] = json.loads(self.said().splitlines()[-1])
        return summary
