"""What the searcher's process does: hold the searcher with all that stands around it, and answer.

Its driver speaks to it through its standard input, and it answers through what was its standard
output; what plugins print there goes to standard error instead. The end of the input is its end.
The driver's side is `pegbox._run.searcher_process.process`.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import logging
import os
import pickle
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from types import MappingProxyType
from typing import Any, BinaryIO, NoReturn, cast

from pegbox import jsonvalue
from pegbox._plugins.bindings import hooks_in
from pegbox._plugins.construct import construct, import_target
from pegbox._plugins.doorways import Offer
from pegbox._plugins.manager import RoleManager
from pegbox._releases.guard import only_refuse
from pegbox._run.component import Component
from pegbox._run.components import register_layers
from pegbox._run.searcher_here import SearcherHere, outside_the_space
from pegbox._run.searcher_process.description import describe
from pegbox._run.searcher_process.faults import fault_to_json
from pegbox._run.searcher_process.protocol import (
    PROTOCOL,
    SIGNALS,
    arguments_from_json,
    read_line,
    write_line,
)
from pegbox.decisions import Signal
from pegbox.errors import ConfigError
from pegbox.hookspecs import SearcherSpecs
from pegbox.searcher import Point

__all__ = ["main"]


def main(pipe: BinaryIO, boot: Mapping[str, Any]) -> NoReturn:
    """Answer until the driver is gone.

    Args:
        pipe: From the driver.
        boot: The first line, decoded: ``protocol``, ``nice`` (by how much others go first) and
            ``log_level`` (of the driver's logger).
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    answers = _take_standard_streams()
    hello = {"protocol": PROTOCOL, "pegbox": version("pegbox"), "python": python_version()}
    answers.write(write_line(hello))
    if boot["protocol"] != PROTOCOL:
        sys.exit(0)
    _let_others_go_first(boot["nice"])
    only_refuse()
    servant = Servant(_KeptRecords(boot["log_level"]))
    for line in pipe:
        if answer := servant.heed(read_line(line)):
            answers.write(write_line(answer))
    _end_quickly()


def _end_quickly() -> NoReturn:
    """Run the exit functions, but take no library apart, which needs longer than all else here."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the searcher may have closed it
            stream.flush()
    os._exit(0)


def _let_others_go_first(by: int) -> None:
    """Lower this process's priority.

    Where Linux weighs sessions rather than processes, as it does on desktops, the priority of a
    process counts within its session alone, and this one is the only one in its own.
    """
    os.nice(by)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(by))


def _take_standard_streams() -> _Whole:
    """Keep both pipes from plugins: what they read is empty, what they print is shown as it is."""
    answers = _Whole(os.dup(1))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return answers


class _Whole:
    """Writes lines whole to a pipe that takes a part at a time."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def write(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._pipe, rest) :]


class _KeptRecords(logging.Handler):
    """What is logged for users, to be said by the driver's logger."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._kept: list[dict[str, Any]] = []
        ours = logging.getLogger("pegbox")
        ours.addHandler(self)
        ours.propagate = False
        ours.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append({"level": record.levelno, "message": self.format(record)})

    def take(self) -> list[dict[str, Any]]:
        """What there is, once."""
        kept, self._kept = self._kept, []
        return kept


class Servant:
    """Does what the lines say, one after the other.

    Args:
        records: What was logged meanwhile.
    """

    def __init__(self, records: _KeptRecords) -> None:
        self._records = records
        self._made: Any = None
        self._manager = RoleManager("searcher")
        self._searcher = SearcherHere(self._manager)
        self._pending: dict[str, Point] = {}
        #: Raised by a line that no answer belongs to; the next answer is this.
        self._failed: Exception | None = None
        self._orders: dict[str, Callable[..., Any]] = {
            "make": self._make,
            "register": self._register,
            "call": self._call,
            "sync": lambda: None,
        }

    def heed(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        """Carry out one message.

        Returns:
            The answer; None where the message asks for none.
        """
        number = message.get("id")
        outcome: dict[str, Any] = {}
        if self._failed is None:
            try:
                order = self._orders[message["do"]]
                outcome = _answer(order(**{k: v for k, v in message.items() if k not in _FRAME}))
            except Exception as error:
                self._failed = error
        if number is None:
            return None
        if self._failed is not None:
            outcome, self._failed = {"error": fault_to_json(self._failed)}, None
        if said := self._records.take():
            outcome["log"] = said
        return {"id": number, **outcome}

    def _make(self, **offer: Any) -> Any:
        options = offer.pop("options")
        found = Offer(role="searcher", **offer)
        self._made = construct(found, import_target(found), options)
        return describe(self._made)

    def _register(self, layers: list[dict[str, Any]], objects: str) -> Any:
        component = None
        for layer, plugin in zip(layers, _unpacked(objects), strict=True):
            plugin = self._made if plugin is None else plugin
            component = Component(
                layer["name"],
                {},
                False,
                plugin,
                layer["package"],
                inner=component,
                silent=layer["silent"],
            )
        assert component is not None
        register_layers(self._manager, component)
        hooks = [name for name in hooks_in(SearcherSpecs) if self._manager.implements(name)]
        return {"hooks": hooks, "label": self._searcher.label}

    def _call(
        self,
        hook: str,
        arguments: Mapping[str, Any],
        pending: Mapping[str, Any] | None = None,
    ) -> Any:
        given = arguments_from_json(arguments)
        if pending is None:
            return self._searcher.call(hook, **given)
        for gone in pending["gone"]:
            del self._pending[gone]
        self._pending.update(pending["come"])
        point = self._searcher.suggest(pending=MappingProxyType(self._pending), **given)
        try:
            return point if isinstance(point, Signal) else jsonvalue.plain(point)
        except ConfigError as error:
            raise outside_the_space(self._searcher.label, error) from error


def _unpacked(objects: str) -> Sequence[Any]:
    """What the driver has packed a moment ago, from its memory; nothing of the kind is a file."""
    try:
        return cast("Sequence[Any]", pickle.loads(base64.b64decode(objects)))
    except Exception as error:  # whatever importing its modules may raise
        raise ConfigError(
            f"the searcher cannot be made again in a process of its own ({type(error).__name__}: "
            f"{error})"
        ) from error


#: Of a message, but no argument of its order.
_FRAME = ("id", "do")


def _answer(value: Any) -> dict[str, Any]:
    if isinstance(value, Signal):
        return {"signal": value.value} if value.value in SIGNALS else {"answer": None}
    return {"answer": jsonvalue.plain(value)}
