"""Tables and plots of the runs that `search.py` has kept.

    python benchmarks/search_report.py benchmarks/out/search.jsonl
    python benchmarks/search_report.py benchmarks/results/search-<date>.jsonl --write

Without ``--write`` the tables are printed. With it they are put into docs/benchmarks.md and
docs/choosing.md, and the plots are drawn; matplotlib gets an environment of its own for that.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from curves import digest
from plots import draw
from searching.kept import Runs, read
from searching.pages import SECTIONS
from searching.panels import PLOTS, panels

_ROOT = Path(__file__).resolve().parents[1]

#: Around what is made.
BEGIN = "<!-- figures of benchmarks/search.py -->"
END = "<!-- end of these figures -->"


def main() -> None:
    """Print or write what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("file", type=Path, help="of kept runs")
    add("--write", action="store_true", help="into the pages, and the plots beside them")
    add("--root", type=Path, default=_ROOT, help="of the repository (this one)")
    add("--venvs", type=Path, default=Path("~/.cache/pegbox-peers"), help="environments")
    arguments = parser.parse_args()
    kept = read(arguments.file.read_text().splitlines())
    if not kept.runs:
        parser.error(f"{arguments.file} has no runs")
    name = f"benchmarks/{arguments.file.parent.name}/{arguments.file.name}"
    for page, made in SECTIONS.items():
        section = made(kept, name)
        if arguments.write:
            _put(arguments.root / page, section)
        else:
            print(f"<!-- {page} -->\n\n{section}\n")
    if arguments.write:
        draw(_asked(kept.runs, name, arguments.root), arguments.venvs)


def _put(page: Path, section: str) -> None:
    before, begun, rest = page.read_text().partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise SystemExit(f"{page} has lost the lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{section}\n\n{END}{after}")


def _asked(runs: Runs, name: str, root: Path) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []
    for file, (concurrency, _) in PLOTS.items():
        data = panels(runs, concurrency)
        made_from = f"{name} {digest(data)}"
        path = str(root / "docs" / "images" / file)
        asked.append({"plot": "regrets", "data": data, "file": path, "made_from": made_from})
    return asked


if __name__ == "__main__":
    main()
