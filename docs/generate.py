"""Writes what is made from the code: ``docs/states.md``, ``docs/api``, ``examples/third_party``.

    python docs/generate.py

A test fails when one of them and the code differ.
"""

from __future__ import annotations

from pathlib import Path

from api_pages import pages
from pegbox._engine.transitions import TRANSITIONS, table_as_markdown
from pegbox._new_plugin.names import names_of
from pegbox._new_plugin.package import ROLES, package_files
from pegbox.trial import State

FOLDER = Path(__file__).parent

STATES_PAGE = """\
# States of a trial

Made from `core/src/pegbox/_engine/transitions.py` by `python docs/generate.py`; not edited by hand.

A trial has a *state*, which the engine keeps, and a *status*, which users see. The statuses have
Ray Tune's names; states that look alike to users share one.

{states}
Only `RunState` in `core/src/pegbox/_engine/state.py` changes a state, and only along these lines.
Any other change is an `InvalidTransition` error with the story of the trial.

{table}
```mermaid
stateDiagram-v2
    [*] --> queued: suggested
{arrows}```
"""

MEANINGS = {
    State.QUEUED: "waits for room on a worker",
    State.RUNNING: "a try of it was given to a worker",
    State.HALTING: "was told to end; its function still works, and its reports no longer count",
    State.PAUSED: "ended its try as it was told to, and may go on later",
    State.FINISHED: "its function returned",
    State.STOPPED: "a scheduler or the end of the run stopped it",
    State.FAILED: "failed or was lost, and may not try again",
}


def states_page() -> str:
    """The text of ``docs/states.md``."""
    rows = ["| state | status | the trial |", "|---|---|---|"]
    rows += [f"| {state.value} | {state.status.value} | {MEANINGS[state]} |" for state in State]
    arrows = [f"    {old.value} --> {new.value}" for old, new in TRANSITIONS]
    return STATES_PAGE.format(
        states="\n".join(rows) + "\n",
        table=table_as_markdown(),
        arrows="\n".join(arrows) + "\n",
    )


def made_pages() -> dict[str, str]:
    """Path below ``docs`` to the text of every page that is made."""
    return {"states.md": states_page(), **{f"api/{name}": text for name, text in pages().items()}}


def write_pages(folder: Path) -> None:
    """Write all of them, and remove pages of ``docs/api`` that are made no more."""
    made = made_pages()
    for old in folder.glob("api/*.md"):
        if f"api/{old.name}" not in made:
            old.unlink()
    for path, text in made.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def example_files() -> dict[str, str]:
    """Path below ``examples`` to text of the package that shows what a stranger's looks like."""
    files = package_files(names_of("pegbox-luthier"), ROLES)
    return {f"third_party/{path}": text for path, text in files.items()}


def write_example(folder: Path) -> None:
    """Write the stranger's package; what is no longer made stays for the test to name."""
    for path, text in example_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(FOLDER)
    write_example(FOLDER.parent / "examples")
