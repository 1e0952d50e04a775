"""The page on the searcher's process: its conversation and its numbers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pegbox._processes.dependent_process import command
from pegbox._run.searcher_process import driver, output, process, protocol
from pegbox._run.searcher_process.child import Servant

PAGE = (Path(__file__).parents[1] / "docs" / "searcher-process.md").read_text(encoding="utf-8")


def conversation():
    """Lines to the process, each with its answer, None where there is none."""
    text = re.search(r"^```text\n(.*?)^```$", PAGE, re.S | re.M)
    assert text, "the page has no conversation"
    said = []
    for line in text[1].splitlines():
        message = json.loads(line[2:])
        if line[0] == ">":
            said.append([message, None])
        else:
            said[-1][1] = message
    return said


def comparable(message):
    """Without what differs from machine to machine."""
    if isinstance(message, dict):
        free = ("traceback", "python")
        return {k: "..." if k in free else comparable(v) for k, v in message.items()}
    return [comparable(each) for each in message] if isinstance(message, list) else message


def test_the_conversation_is_held_as_it_stands():
    child = subprocess.Popen(command(process._CHILD), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        for message, expected in conversation():
            sent = {**message, "sys_path": sys.path} if "sys_path" in message else message
            child.stdin.write(json.dumps(sent).encode() + b"\n")
            child.stdin.flush()
            if expected is not None:
                assert comparable(json.loads(child.stdout.readline())) == comparable(expected)
        child.stdin.close()
        assert child.stdout.read() == b"", "nothing was said that the page does not have"
    assert child.returncode == 0


def test_every_message_is_in_the_conversation_and_in_the_table():
    known = set(re.findall(r"^| `(\w+)` |", PAGE, re.M))
    orders = set(Servant(None)._orders)
    assert orders <= known
    assert {message["do"] for message, _ in conversation()[1:]} == orders


def test_tells_are_those_that_carry_no_id():
    told = {message["hook"] for message, answer in conversation()[1:] if answer is None}
    assert told <= protocol.TELLS
    for hook in protocol.TELLS:
        assert f"`{hook}`" in PAGE


@pytest.mark.parametrize(
    "words",
    [
        f"It is protocol {protocol.PROTOCOL};",
        f"after {process._TIMEOUT_S:g} seconds",
        process.TIMEOUT_VARIABLE,
        f"(nice {process.NICE})",
        f"its last {output._MOST_LINES} lines of output",
        f"at most {protocol.MOST_BYTES // 2**20} MiB",
        "may go on computing for a second",
    ],
)
def test_its_numbers_are_those_of_the_code(words):
    assert words in PAGE
    assert driver._GRACE_S == 1.0
    assert driver._MOST_DEATHS == 3
