"""Draw the plots of docs/benchmarks.md from a file of kept runs.

    python benchmarks/plots.py benchmarks/results/<date>.jsonl --folder docs/images

It makes an environment with matplotlib where there is none yet.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

from curves import PLOTS, curves, digest
from environments import Places

_HERE = Path(__file__).resolve().parent
_NEEDS = ["matplotlib==3.11.2"]


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("file", type=Path, help="of kept runs")
    add("--folder", type=Path, default=Path("docs/images"), help="takes the SVG files")
    add("--venvs", type=Path, default=Path("~/.cache/pegbox-peers"), help="environments")
    arguments = parser.parse_args()
    found = curves(arguments.file.read_text().splitlines())
    asked = [
        {
            "plot": plot,
            "data": found[plot],
            "file": str(arguments.folder / file),
            "made_from": f"{arguments.file.as_posix()} {digest(found[plot])}",
        }
        for file, plot in PLOTS.items()
    ]
    draw(asked, arguments.venvs)


def draw(asked: list[dict[str, Any]], environments: Path) -> None:
    """Have plots drawn where matplotlib is.

    Args:
        asked: As `draw.py` reads it.
        environments: Folder of virtual environments; one is made there if need be.
    """
    python = Places(None, environments.expanduser()).made("plots", _NEEDS)
    command = [python, str(_HERE / "draw.py")]
    subprocess.run(command, input=json.dumps(asked), text=True, check=True)


if __name__ == "__main__":
    main()
