"""Run pegbox beside its floors and its peers, in turn, and keep every run as a line of JSON.

    python benchmarks/run.py --quick
    python benchmarks/run.py --rows trials-1000 reports-2x500 --repeat 5

Within a repetition the subjects of a row follow each other, so that a slow phase of the machine
meets all of them; only ratios within one repetition count. `table.py` makes the page from the file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import bounded
from environments import Places
from machine import described
from plan import QUICK, ROWS, Job, jobs
from table import markdown

_HERE = Path(__file__).resolve().parent
_PACKAGES = ("pegbox", "distributed", "pluggy", "numpy", "cloudpickle")
#: Options that name what is not the reader's.
_FOLDERS = ("--out", "--venvs", "--peers-dir")


def main() -> None:
    """Run what the command line asks for."""
    arguments = _parse()
    peers = _peers_folder(arguments.peers_dir)
    names = arguments.rows or list(QUICK if arguments.quick else ROWS)
    turn = jobs(names, quick=arguments.quick, with_peers=peers is not None)
    places = Places(peers, arguments.venvs.expanduser())
    places.prepare(turn)
    out = arguments.out or _HERE / "out" / f"{time.strftime('%Y-%m-%d-%H%M%S')}.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    bounded.adopt_orphans()
    repeat = arguments.repeat or (1 if arguments.quick else 3)
    with out.open("w") as file:
        _keep(file, {"run": described("benchmarks/run.py", _PACKAGES, _FOLDERS)})
        for repetition in range(1, repeat + 1):
            for job in turn:
                _keep(file, _run(job, repetition, places, arguments))
    print(markdown(out.read_text().splitlines()))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="less than 12 minutes, with the environments made")
    add("--rows", nargs="+", choices=ROWS, metavar="ROW", help=f"only these of {', '.join(ROWS)}")
    add("--repeat", type=int, help="repetitions (3; quick: 1)")
    add("--limit", type=float, default=300, help="seconds that one run may take")
    add("--quiet-wait", type=float, default=2, help="seconds to wait for an idle machine")
    add("--peers-dir", type=Path, help="the peers' scripts (shared/peers beside the repository)")
    add("--venvs", type=Path, default=Path("~/.cache/pegbox-peers"), help="their environments")
    add("--out", type=Path, help="file to write (benchmarks/out/<time>.jsonl)")
    return parser.parse_args()


def _peers_folder(given: Path | None) -> Path | None:
    folder = given or _HERE.parent.parent / "shared" / "peers"
    if (folder / "run.py").is_file():
        return folder.resolve()
    print(
        f"no peers' scripts in {folder}: their rows are left out (see --peers-dir)",
        file=sys.stderr,
    )
    return None


def _run(job: Job, repetition: int, places: Places, arguments: argparse.Namespace) -> Any:
    bounded.wait_until_quiet(arguments.quiet_wait)
    figures = bounded.run(places.command(job), arguments.limit)
    brief = figures.get("error") or f"{figures['cpu_s']} s, other load {figures['other_load']:.0%}"
    print(f"{repetition} {job.row} {job.subject} {job.variant}: {brief}", file=sys.stderr)
    return {**vars(job), "repetition": repetition, "figures": figures}


def _keep(file: Any, record: Any) -> None:
    file.write(json.dumps(record) + "\n")
    file.flush()


if __name__ == "__main__":
    main()
