"""Makes ``view.svg``: what a terminal shows while ``examples/digits.py`` runs.

    python docs/images/make_view.py

It starts the example in a detached tmux terminal, waits until some trials have ended and some
run, and draws what then stands on the screen. Needs tmux, and what the example needs.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURE = Path(__file__).with_name("view.svg")
SESSION = "pegbox-view"
COLUMNS, LINES = 96, 30
ENDED_AT_LEAST = 25
RUNNING_AT_LEAST = 2
PATIENCE_S = 120.0

#: rich's size of one character, in units of the picture.
WIDTH, HEIGHT = 12.2, 24.4
MARGIN = 16

#: rich's own template names a web font and draws a title bar; a picture in a page needs neither.
TEMPLATE = """\
<svg class="rich-terminal" viewBox="BOX" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>{lines}</defs>
<rect x="LEFT" y="LEFT" width="100%" height="100%" rx="10" fill="#292929"/>
{backgrounds}<g class="{unique_id}-matrix" xml:space="preserve">{matrix}</g>
</svg>
"""


def tmux(*arguments: str) -> str:
    """Run one command of tmux; answers what it prints."""
    return subprocess.run(["tmux", *arguments], check=True, capture_output=True, text=True).stdout


def wait_for_view() -> str:
    """The screen, with its colours, once the run is well under way."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        screen = tmux("capture-pane", "-p", "-e", "-t", SESSION)
        shown = Text.from_ansi(screen).plain
        ended = re.search(r"(\d+)/60", shown)
        reported = re.findall(r"^[0-9a-f]{5}_\d{5} +RUNNING .* [1-9]\d*  +[\d.]+s ", shown, re.M)
        if ended and int(ended[1]) >= ENDED_AT_LEAST and len(reported) >= RUNNING_AT_LEAST:
            return screen
        time.sleep(0.1)
    raise SystemExit(f"no view within {PATIENCE_S:g} s; the screen was:\n{screen}")


def draw(screen: str) -> None:
    """Write a screen with its escape codes as a picture."""
    lines = screen.strip().splitlines()
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text.from_ansi("\n".join(lines)), soft_wrap=True)
    box = (-MARGIN, -MARGIN, COLUMNS * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN)
    template = TEMPLATE.replace("BOX", " ".join(f"{n:g}" for n in box))
    template = template.replace("LEFT", f"{-MARGIN}")
    svg = console.export_svg(title="", code_format=template, unique_id="view")
    PICTURE.write_text(svg, encoding="utf-8")


def main() -> None:
    """Run the example, draw it, and end it."""
    command = shlex.join([sys.executable, "-u", str(ROOT / "examples" / "digits.py")])
    tmux("new-session", "-d", "-s", SESSION, "-x", str(COLUMNS), "-y", str(LINES), command)
    try:
        draw(wait_for_view())
    finally:
        subprocess.run(["tmux", "kill-session", "-t", SESSION], check=False)


if __name__ == "__main__":
    main()
