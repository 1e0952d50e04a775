"""Run each optimizer with pegbox and without, and keep every run as a line of JSON.

    python benchmarks/search.py --quick
    python benchmarks/search.py --only optuna-tpe skopt --problem branin

It can be cut off at any time: what has ended is in the file, and the same command goes on from
there. `search_report.py` makes the pages from the file.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import Any

from machine import described
from searching.cells import QUICK, SUBJECTS, Cell, Size, cells
from searching.kept import Kept, append, different, read
from searching.problems import PROBLEMS

_HERE = Path(__file__).resolve().parent
_PACKAGES = (
    *("pegbox", "numpy", "scipy", "scikit-learn", "optuna", "cmaes", "hyperopt"),
    *("scikit-optimize", "bayesian-optimization", "ax-platform", "botorch", "torch"),
)
_QUICK = Size(trials=12, seeds=2)


def main() -> None:
    """Run what the command line asks for, and what of it is not there yet."""
    arguments = _parse()
    wanted = _wanted(arguments)
    name = "search-quick.jsonl" if arguments.quick else "search.jsonl"
    out = arguments.out or _HERE / "out" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = read(out.read_text().splitlines()) if out.exists() else Kept()
    start = described("benchmarks/search.py", _PACKAGES, ["--out"])
    _check_same(out, kept, start)
    missing = [cell for cell in wanted if arguments.again or cell not in kept.runs]
    print(f"{len(wanted) - len(missing)} of {len(wanted)} runs are in {out}", file=sys.stderr)
    if missing:
        append(out, {"run": start})
    failed = _run(missing, out, arguments.processes)
    print(f"python benchmarks/search_report.py {os.path.relpath(out)}")
    if failed:
        sys.exit(f"{failed} runs failed; the same command tries them again")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="a minute: two seeds, twelve trials, few optimizers")
    add("--only", nargs="+", choices=SUBJECTS, metavar="OPTIMIZER", help=", ".join(SUBJECTS))
    add("--problem", nargs="+", choices=PROBLEMS, metavar="PROBLEM", help=", ".join(PROBLEMS))
    add("--seeds", type=int, help="runs of each kind (10; of Ax 5, of what is quick 50)")
    add("--trials", type=int, help="of each run (40)")
    add("--processes", type=int, default=2, help="runs at once (2)")
    add("--again", action="store_true", help="also what is there; the later run counts")
    add("--out", type=Path, help="file to add to (benchmarks/out/search.jsonl)")
    return parser.parse_args()


def _wanted(arguments: argparse.Namespace) -> list[Cell]:
    usual = _QUICK if arguments.quick else Size()
    size = Size(arguments.trials or usual.trials, arguments.seeds or usual.seeds)
    names = arguments.only or (QUICK if arguments.quick else list(SUBJECTS))
    there = [name for name in names if _is_there(name)]
    if gone := [name for name in names if name not in there]:
        print(f"left out, since no package offers them: {', '.join(gone)}", file=sys.stderr)
    return list(cells(size, there, arguments.problem or tuple(PROBLEMS)))


def _is_there(name: str) -> bool:
    searcher = SUBJECTS[name].searcher
    return searcher == "random" or searcher in entry_points(group="pegbox").names


def _check_same(out: Path, kept: Kept, start: dict[str, Any]) -> None:
    if kept.starts and (found := different(kept.starts[-1], start)):
        sys.exit(
            f"{out} has runs with other releases: {'; '.join(found)}. "
            "Runs are compared with each other, so give another file with --out."
        )


def _run(missing: list[Cell], out: Path, processes: int) -> int:
    """Run cells, some at once, and keep each as it ends.

    Returns:
        How many failed.
    """
    # For the processes: an optimizer with threads of its own would take the other's core.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    failed, begun = 0, time.monotonic()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        try:
            for number, (cell, record, seconds) in enumerate(_ended(pool, missing, processes), 1):
                append(out, record, cell)
                failed += "error" in record
                said = record.get("error") or f"{seconds:.1f} s"
                at = f"{(time.monotonic() - begun) / 60:.1f} min, {number} of {len(missing)}"
                print(f"{at}: {_named(cell)}: {said}", file=sys.stderr)
        except KeyboardInterrupt:
            for process in list(pool._processes.values()):
                process.terminate()
            sys.exit("cut off; the same command goes on from here")
    return failed


def _ended(
    pool: ProcessPoolExecutor, missing: list[Cell], processes: int
) -> Iterator[tuple[Cell, dict[str, Any], float]]:
    """Each cell as it ends, with what is kept of it and the seconds that it took."""
    waiting = iter(missing)
    under_way: dict[Future[tuple[dict[str, Any], float]], Cell] = {}
    while True:
        # No more than there is room for, so that little is lost where it is cut off.
        for cell in islice(waiting, processes - len(under_way)):
            under_way[pool.submit(_played, cell)] = cell
        if not under_way:
            return
        for done in wait(under_way, return_when=FIRST_COMPLETED).done:
            yield under_way.pop(done), *done.result()


def _played(cell: Cell) -> tuple[dict[str, Any], float]:
    from searching.played import play

    begun = time.process_time()
    try:
        record = play(cell)
    except Exception as error:  # whatever an optimizer raises is that run's result
        record = {"error": f"{type(error).__name__}: {error}"[:300]}
    return record, time.process_time() - begun


def _named(cell: Cell) -> str:
    at_once = f" {cell.concurrency} at once" if cell.concurrency > 1 else ""
    return f"{cell.problem}, {cell.subject} {cell.how}{at_once}, seed {cell.seed}"


if __name__ == "__main__":
    main()
