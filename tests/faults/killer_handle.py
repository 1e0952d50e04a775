"""The tests' end of the killer: starts it with a seed, gives orders, takes answers."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["KILLS", "Killer", "killer"]

#: How often a driver or a worker is killed in the tests that do so many times; set
#: ``PEGBOX_FAULT_KILLS`` for a longer run.
KILLS = int(os.environ.get("PEGBOX_FAULT_KILLS", "20"))


class Killer:
    """A killer process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.seed = self.answer()["seed"]

    def order(self, kill: str, **facts: Any) -> None:
        """Give an order, see `faults.killer`."""
        assert self._process.stdin is not None
        plain = {name: str(f) if isinstance(f, Path) else f for name, f in facts.items()}
        self._process.stdin.write(json.dumps({"kill": kill, **plain}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the answer."""
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def killer() -> Iterator[Killer]:
    """A killer with a fresh seed, or that of ``PEGBOX_FAULT_SEED``; the seed is printed."""
    seed = os.environ.get("PEGBOX_FAULT_SEED") or str(secrets.randbelow(10**6))
    process = subprocess.Popen(
        [sys.executable, "-m", "faults.killer", seed],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        made = Killer(process)
        print(f"PEGBOX_FAULT_SEED={made.seed}")
        yield made
    finally:
        process.kill()
        process.communicate()  # closes its pipes too
