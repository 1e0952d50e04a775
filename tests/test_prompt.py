"""The ten lines at the interactive prompt, on a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from ten_lines import answers, at_home, good, ten_lines

PATIENCE_S = 120
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")

#: Another function and another fit, with what the first has left behind.
MORE = """
def shifted(config):
    return {"loss": (config["x"] - start) ** 2}

start = 2
again = pegbox.Tuner(shifted, param_space={"x": pegbox.grid_search([1, 2, 3])}, \
tune_config=pegbox.TuneConfig(metric="loss", mode="min")).fit()
print("best configuration:", again.get_best_result().config)
"""


class Prompt:
    """``python -i`` on a terminal of its own, and someone who types."""

    def __init__(self, environment: dict[str, str], cwd: os.PathLike[str]) -> None:
        self.terminal, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-i", "-q"],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environment,
            cwd=cwd,
            start_new_session=True,
        )
        os.close(inner)
        self.shown = ""

    def type(self, lines: str) -> None:
        os.write(self.terminal, lines.encode())

    def wait_for(self, text: str) -> str:
        """What the terminal shows up to a text, without control codes; it is read only once."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.shown:
            left = deadline - time.monotonic()
            ready = select.select([self.terminal], [], [], max(left, 0))[0]
            assert ready, f"waited in vain for {text!r}; the terminal shows:\n{self.shown}"
            self.shown += CONTROL.sub("", os.read(self.terminal, 65536).decode(errors="replace"))
        before, _, self.shown = self.shown.partition(text)
        return before

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        os.close(self.terminal)


@pytest.fixture
def prompt(tmp_path):
    # The basic prompt, which all versions have: the newer one draws each line anew.
    environment = {**at_home(tmp_path), "PYTHON_BASIC_REPL": "1", "TERM": "xterm"}
    opened = Prompt({**environment, "COLUMNS": "100", "LINES": "30"}, tmp_path)
    yield opened
    opened.close()


def as_typed(lines: str) -> str:
    """A script as people type it: no empty lines inside a block, one after it."""
    typed: list[str] = []
    for line in filter(str.strip, lines.splitlines()):
        begins = not line[0].isspace() and line[0] not in ")]}"
        if begins and typed and typed[-1].startswith(" "):
            typed.append("")
        typed.append(line)
    return "".join(f"{line}\n" for line in typed)


def test_the_ten_lines_at_the_prompt_and_another_fit(prompt):
    prompt.type(as_typed(ten_lines()) + "print('typed', 'once')\n")
    shown = prompt.wait_for("typed once")
    assert "Traceback" not in shown
    [best] = answers(shown)
    assert good(best)
    assert "100 terminated" in shown, "the view"

    prompt.type(as_typed(MORE) + "print('typed', 'twice')\n")
    shown = prompt.wait_for("typed twice")
    assert "Traceback" not in shown
    assert answers(shown) == [{"x": 2}]

    prompt.type("exit()\n")
    assert prompt.process.wait(PATIENCE_S) == 0
