"""What is measured: rows, and in each row who does the same work.

A subject is a script that runs one workload in a process of its own and prints one line of JSON.
Ours lie in `subjects/`; the peers' come from a folder outside the repository and may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["EXTRA", "OURS", "PEERS", "QUICK", "ROWS", "Job", "Row", "jobs"]

#: Subject -> script in `subjects/`.
OURS: Final = {
    "pegbox": "pegbox_runs.py",
    "bare-mailbox": "bare_mailbox.py",
    "bare-dask": "bare_dask.py",
    "bare-shared": "bare_shared.py",
    "engine": "engine_rate.py",
    "imports": "imports.py",
    "stages": "stages.py",
    "random-search": "answers.py",
    "python-loop": "answers.py",
    "scikit-optimize": "answers.py",
    "simulated": "simulated.py",
}

#: Subject of ours -> what it needs beside pegbox, in an environment of its own.
EXTRA: Final = {"scikit-optimize": ("skopt", ["scikit-optimize==0.10.2"])}

#: Peer -> script in the peers' folder, name of its environment.
PEERS: Final = {
    "dask-floor": ("dask_floor.py", "dask"),
    "ray-tune": ("ray_tune.py", "ray"),
    "optuna": ("optuna_study.py", "optuna"),
}


@dataclass(frozen=True)
class Row:
    """One workload with its sizes.

    Attributes:
        workload: Name of the workload in each subject's script.
        arguments: Sizes, as on the command line; the peers' scripts take the same.
        ours: Subject -> arguments of its own, added to ``arguments``.
        peers: Peer -> its variants.
    """

    workload: str
    arguments: str
    ours: Mapping[str, str]
    peers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_BOTH: Final = {"pegbox": "", "bare-mailbox": ""}
_TRIALS_BY_PEERS: Final = {
    "dask-floor": ("slots",),
    "ray-tune": ("reuse",),
    "optuna": ("journal",),
}
_ANSWERS: Final = "--n 6 --reports 400 --interval 0.01"
_LOOP: Final = "--searcher loop"
_SKOPT: Final = "--searcher skopt"

ROWS: Final = {
    "trials-200": Row("trials", "--n 200", _BOTH, _TRIALS_BY_PEERS),
    "trials-1000": Row(
        "trials", "--n 1000", _BOTH, {**_TRIALS_BY_PEERS, "ray-tune": ("reuse", "lean")}
    ),
    "trials-5000": Row("trials", "--n 5000", _BOTH, _TRIALS_BY_PEERS),
    "trials-10000": Row("trials", "--n 10000", _BOTH),
    "reports-2x500": Row(
        "reports",
        "--n 2 --reports 500",
        _BOTH,
        {"dask-floor": ("mailbox",), "ray-tune": ("reuse",), "optuna": ("journal",)},
    ),
    "reports-16x100": Row(
        "reports",
        "--n 16 --concurrency 16 --reports 100",
        _BOTH,
        {"dask-floor": ("mailbox",), "ray-tune": ("reuse",), "optuna": ("journal",)},
    ),
    "cadence": Row(
        "reports",
        "--n 16 --concurrency 16 --reports 100 --interval 0.1",
        _BOTH,
        {"dask-floor": ("mailbox",), "ray-tune": ("reuse",), "optuna": ("journal",)},
    ),
    "checkpoints": Row(
        "checkpoints",
        "--n 4 --concurrency 4 --reports 20 --interval 0.2 --mb 10",
        _BOTH,
        {"dask-floor": ("mailbox",), "ray-tune": ("reuse",)},
    ),
    "broadcast": Row("broadcast", "--n 8 --mb 500", {"pegbox": "", "bare-shared": ""}),
    "broadcast-given": Row(
        "broadcast",
        "--n 8 --mb 500",
        {"pegbox": "--workers 2", "bare-shared": "--workers 2"},
        {"dask-floor": ("window",), "ray-tune": ("reuse",)},
    ),
    "answers-loop": Row("answers", _ANSWERS, {"random-search": "", "python-loop": _LOOP}),
    "answers-skopt": Row("answers", _ANSWERS, {"random-search": "", "scikit-optimize": _SKOPT}),
    "memory": Row("memory", "--n 10000 --reports 10 --concurrency 16", {"pegbox": ""}),
    "simulated": Row("sizes", "--n 100000 --workers 10000", {"simulated": ""}),
    "guide": Row("guide", "", {"simulated": ""}),
    "guide-trials": Row(
        "trials",
        "--n 40 --sleep 1",
        _BOTH,
        _TRIALS_BY_PEERS,
    ),
    "guide-at-once": Row(
        "reports",
        "--n 64 --concurrency 64 --reports 10 --interval 4",
        _BOTH,
        {"dask-floor": ("mailbox",), "ray-tune": ("reuse",)},
    ),
    "guide-results": Row(
        "reports",
        "--n 96 --concurrency 96 --reports 1000 --interval 0.1",
        _BOTH,
        {"dask-floor": ("mailbox",)},
    ),
    "guide-nodes": Row(
        "reports",
        "--n 8 --concurrency 8 --reports 20 --interval 1",
        {"pegbox": "--workers 8"},
    ),
    "resume-1000": Row(
        "resume",
        "--n 1000",
        {"pegbox": ""},
        {"ray-tune": ("reuse",), "optuna": ("journal", "sqlite")},
    ),
    "resume-1000-tpe": Row("resume", "--n 1000", {"pegbox": "--searcher optuna"}),
    "resume-10000": Row("resume", "--n 10000", {"pegbox": ""}),
    "state": Row("state", "--n 20 --reports 200", {"pegbox": ""}),
    "first-result": Row(
        "first_result",
        "",
        {"pegbox": "", "bare-dask": ""},
        {"dask-floor": ("window",), "ray-tune": ("reuse",), "optuna": ("memory",)},
    ),
    "import": Row("imports", "", {"imports": ""}),
    "engine": Row("engine", "--n 2000 --reports 10 --concurrency 8", {"engine": ""}),
    "inline": Row("inline", "--n 100 --reports 100", {"pegbox": ""}),
    "stages-trials": Row("stages_of_trials", "--n 5000", {"stages": ""}),
    "stages-reports-2": Row("stages_of_reports", "--n 2 --reports 1000", {"stages": ""}),
    "stages-reports-16": Row(
        "stages_of_reports", "--n 16 --concurrency 16 --reports 200", {"stages": ""}
    ),
}

#: Rows of `--quick`, and the peers that run in them: those that take minutes are left out.
QUICK: Final = {
    "trials-200": ("ray-tune",),
    "trials-1000": ("dask-floor", "optuna"),
    "trials-10000": (),
    "reports-2x500": ("dask-floor", "ray-tune", "optuna"),
    "reports-16x100": ("dask-floor", "ray-tune"),
    "cadence": ("dask-floor",),
    "checkpoints": ("dask-floor",),
    "broadcast": (),
    "broadcast-given": ("dask-floor",),
    "answers-loop": (),
    "simulated": (),
    "guide": (),
    "resume-1000": ("optuna",),
    "resume-10000": (),
    "state": (),
    "first-result": ("ray-tune",),
    "import": (),
    "engine": (),
    "inline": (),
    "stages-trials": (),
    "stages-reports-2": (),
    "stages-reports-16": (),
}


@dataclass(frozen=True)
class Job:
    """One run of one subject.

    Attributes:
        subject: A key of `OURS` or `PEERS`.
        variant: A peer's; empty for our own.
    """

    row: str
    subject: str
    variant: str = ""

    @property
    def arguments(self) -> list[str]:
        """The command line after the script."""
        row = ROWS[self.row]
        own = f"--variant {self.variant}" if self.variant else row.ours[self.subject]
        return [row.workload, *row.arguments.split(), *own.split()]


def jobs(row_names: list[str], *, quick: bool, with_peers: bool) -> list[Job]:
    """The jobs of one repetition, in the order in which they run."""
    found = []
    for name in row_names:
        row = ROWS[name]
        found += [Job(name, subject) for subject in row.ours]
        for peer, variants in row.peers.items() if with_peers else ():
            if not quick or peer in QUICK.get(name, ()):
                found += [Job(name, peer, variant) for variant in variants]
    return found
