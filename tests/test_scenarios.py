"""Golden scenarios: events in, and the facts and commands that must follow, line by line.

`tests/scenarios/README.md` says how to write one. A bug report becomes a file there before it
becomes a fix.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from engine_rig import Rig, cpus
from pegbox._engine.step import Step
from pegbox.decisions import Decision, Exploit, Resize, Verdict
from pegbox.events import (
    Declined,
    Event,
    Exhausted,
    GrowthJudged,
    PluginFailed,
    Resumed,
    Started,
    StopRequested,
    WorkerJoined,
    WorkerLeft,
)

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.jsonl"))

#: Fields that a line shows of a fact; the others follow from these or do not matter here.
SHOWN = (
    *("epoch", "trial", "attempt", "iteration", "worker", "checkpoint", "donor", "config"),
    *("decision", "how", "became", "role", "reason"),
)


def values(words: list[str]) -> dict[str, Any]:
    """``name=value`` words, numbers as numbers."""
    found = {}
    for word in words:
        name, _, text = word.partition("=")
        try:
            found[name] = json.loads(text)
        except json.JSONDecodeError:
            found[name] = text
    return found


#: Kind of event -> how to make it from the values of its line.
EVENTS: dict[str, Callable[..., Event]] = {
    "Started": lambda rig: Started(rig.at),
    "Resumed": lambda rig, **more: Resumed(rig.at, **more),
    "GrowthJudged": lambda rig, grows: GrowthJudged(rig.at, grows == "yes"),
    "WorkerJoined": lambda rig, worker, cpu: WorkerJoined(rig.at, worker, cpus(cpu)),
    "WorkerLeft": lambda rig, worker: WorkerLeft(rig.at, worker),
    "Suggested": lambda rig, trial, cpu=1: rig.suggested(trial, cpu),
    "Declined": lambda rig, trial: Declined(rig.at, trial),
    "Exhausted": lambda rig, trial: Exhausted(rig.at, trial),
    "Reported": lambda rig, **more: rig.reported(**more),
    "Ended": lambda rig, trial, attempt, how: rig.ended(trial, how, attempt=attempt),
    "StopRequested": lambda rig, **more: StopRequested(rig.at, **more),
    "PluginFailed": lambda rig, **more: PluginFailed(rig.at, **{"plugin": "", **more}),
}


def decision(text: str) -> Decision:
    kind, *words = text.split()
    if kind == "EXPLOIT":
        return Exploit(words[0], values(words[1:]))
    return Resize(cpus(values(words)["cpu"])) if kind == "RESIZE" else Verdict(kind)


def shown(value: Any) -> str:
    path = getattr(value, "path", None)
    plain = path if path is not None else getattr(value, "value", value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def lines_of(step: Step) -> Iterator[str]:
    """The step, a line for each fact and each command, as a scenario has them."""
    for fact in step.facts:
        names = [f.name for f in fields(fact) if f.name in SHOWN]
        if type(fact).__name__ == "Suggested":
            names.remove("config")
        pairs = [(n, v) for n in names if (v := getattr(fact, n)) is not None and v != ""]
        yield " ".join([type(fact).__name__, *(f"{n}={shown(v)}" for n, v in pairs)])
    for answer in step.answers:
        verb = "go on" if answer.go_on else "end"
        yield f"-> trial {answer.trial} attempt {answer.attempt}: {verb}"
    for one in step.launches:
        start = f"from {one.checkpoint.path}" if one.checkpoint else "from the start"
        yield f"-> launch {one.trial} attempt {one.attempt} on {one.worker} {start}"
    for order in step.orders:
        what = type(order).__name__.lower()
        yield " ".join(["->", what, str(order.trial), getattr(order, "outcome", "")]).rstrip()
    if step.end is not None:
        yield "-> end of the run"


def rig_of(head: dict[str, Any], history: list[Event]) -> Rig:
    decisions = {}
    for where, text in head.get("decisions", {}).items():
        trial, iteration = where.split("/")
        decisions[int(trial), int(iteration)] = decision(text)
    return Rig(decisions, history=history, **head.get("rules", {}))


def played(lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The scenario as it really goes."""
    head, *rest = lines
    rig = rig_of(head, [])
    yield head
    for line in rest:
        if "killed" in line:
            rig = rig_of(head, rig.journal)
            yield line
            continue
        events = []
        for text in line["in"]:
            kind, *words = text.split()
            events.append(EVENTS[kind](rig, **values(words)))
        yield {"in": line["in"], "out": list(lines_of(rig.send(*events)))}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    went = [json.dumps(line) for line in played(lines)]
    assert went == [json.dumps(line) for line in lines], lines[0]["about"]


def test_there_are_scenarios():
    assert len(SCENARIOS) >= 10
