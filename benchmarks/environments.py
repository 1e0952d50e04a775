"""Where subjects live: the peers' scripts in a given folder, and a virtual environment for each.

What a peer's environment must hold is read from the peers' own runner. Ours run with the
interpreter that runs the benchmarks, but for those that need an optimizer's library: these have
an environment with this repository's pegbox in it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

from plan import EXTRA, OURS, PEERS, Job

__all__ = ["Places"]

_SUBJECTS = Path(__file__).parent / "subjects"
_ROOT = Path(__file__).resolve().parents[1]


class Places:
    """Knows the command of every job.

    Args:
        peers: Folder of the peers' scripts; None where it is missing.
        environments: Folder of the peers' virtual environments.
    """

    def __init__(self, peers: Path | None, environments: Path) -> None:
        self._peers = peers
        self._environments = environments

    def command(self, job: Job) -> list[str]:
        """The command line of a job."""
        if job.subject in OURS:
            extra = EXTRA.get(job.subject)
            python = self._python(extra[0]) if extra else sys.executable
            return [python, str(_SUBJECTS / OURS[job.subject]), *job.arguments]
        assert self._peers is not None
        script, environment = PEERS[job.subject]
        return [self._python(environment), str(self._peers / script), *job.arguments]

    def _python(self, environment: str) -> str:
        return str(self._environments / environment / "bin" / "python")

    def prepare(self, jobs: list[Job]) -> None:
        """Make the environments that the jobs need and that do not exist yet.

        Raises:
            subprocess.SubprocessError: A package could not be installed.
        """
        needed = {PEERS[job.subject][1] for job in jobs if job.subject in PEERS}
        for name in sorted(needed):
            self.made(name, _requirements(self._peers)[name])
        for name, packages in (EXTRA[job.subject] for job in jobs if job.subject in EXTRA):
            core = ["-c", str(_ROOT / "constraints.txt"), "-e", str(_ROOT / "core")]
            self.made(name, [*core, *packages])

    def made(self, name: str, requirements: list[str]) -> str:
        """The interpreter of an environment, which is made where it does not exist yet.

        Args:
            name: Of its folder.
            requirements: Words for pip.

        Raises:
            subprocess.SubprocessError: A package could not be installed.
        """
        folder = self._environments / name
        stamp = folder / "peer-requirements.txt"
        wanted = "\n".join(requirements)
        if stamp.is_file() and stamp.read_text() == wanted:
            return self._python(name)
        print(f"making the environment {name}: {', '.join(requirements)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [self._python(name), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *requirements], check=True, timeout=900)
        stamp.write_text(wanted)
        return self._python(name)


def _requirements(peers: Path | None) -> dict[str, list[str]]:
    """The table ``REQUIREMENTS`` of the peers' runner, read without running it."""
    assert peers is not None
    for node in ast.parse((peers / "run.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REQUIREMENTS":
            value: Any = ast.literal_eval(node.value)
            return dict(value)
    raise LookupError(f"{peers / 'run.py'} has no table REQUIREMENTS")
