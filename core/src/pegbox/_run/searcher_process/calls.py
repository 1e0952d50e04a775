"""The searcher in its process, as the searcher's desk calls it; also when it has to be made again.

Owns which calls wait for an answer, what of the pending points the process knows, and the calls
with which a new process begins. What a run knows of its trials is told by the desk.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from pegbox._plugins.bindings import ROLES, Role
from pegbox._run.component import Component
from pegbox._run.searcher_process.made_there import MadeThere
from pegbox._run.searcher_process.process import SearcherDied, SearcherProcess
from pegbox._run.searcher_process.protocol import TELLS, arguments_to_json
from pegbox._trial.pickling import dump
from pegbox.decisions import Signal
from pegbox.errors import PluginError
from pegbox.searcher import Point

__all__ = ["SearcherThere"]

logger = logging.getLogger("pegbox")

#: What a new process is called with before anything else, in the words of the first.
_BEGINNING: Final = ("searcher_setup", "searcher_load")
#: What it is called with when the run has ended.
_END: Final = "searcher_save"


class SearcherThere:
    """See `pegbox._run.searcher_here.SearcherCalls`.

    Attributes:
        label: What proposes: name, package and version.
        decided_s: Seconds that its calls took, the way there and back included.

    Args:
        component: What was chosen, with what stands around it.

    Raises:
        ConfigError: It cannot be sent; what cannot be pickled is named.
        PluginError: It does not fit its hooks, or its process ended.
    """

    role: Final[Role] = ROLES["searcher"]

    def __init__(self, component: Component) -> None:
        self._layers = list(component.layers())
        self._objects = _packed(self._layers)
        self._beginning: dict[str, dict[str, Any]] = {}
        self._shown: dict[str, Point] = {}
        self.decided_s = 0.0
        try:
            self._begin()
        except SearcherDied as death:
            raise _lost(component.core.name, "when it was made", death) from None

    # ------------------------------------------------------------------ calls

    def implements(self, hook_name: str) -> bool:
        """See `SearcherCalls`."""
        return hook_name in self._hooks

    def call(self, hook_name: str, /, **arguments: Any) -> Any:
        """See `SearcherCalls`. What is only told is not waited for: `settle` raises its fault.

        Raises:
            SearcherDied: The process ended.
        """
        if not self.implements(hook_name):
            return None
        order = {"do": "call", "hook": hook_name, "arguments": arguments_to_json(arguments)}
        if hook_name in TELLS:
            return self._process.tell(**order)
        if hook_name == _END:
            return self._state(order)
        if hook_name in _BEGINNING:
            self._beginning[hook_name] = order
            return self._begun(hook_name, order)
        return self._ask(order)

    def suggest(
        self, *, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Mapping[str, Any] | Signal:
        """See `SearcherCalls`.

        Raises:
            SearcherDied: The process ended.
        """
        come = {name: point for name, point in pending.items() if name not in self._shown}
        gone = [name for name in self._shown if name not in pending]
        arguments = {"trial_id": trial_id, "ask": ask, "seed": seed}
        order = {"do": "call", "hook": "searcher_suggest", "arguments": arguments}
        self._shown.update(come)
        for name in gone:
            del self._shown[name]
        answer: Mapping[str, Any] | Signal = self._ask(
            {**order, "pending": {"come": come, "gone": gone}}
        )
        return answer

    def _begun(self, hook_name: str, order: Mapping[str, Any]) -> Any:
        """The answer to a call before the run; nothing is begun again then."""
        try:
            return self._ask(order)
        except SearcherDied as death:
            method = self.role.method_of(hook_name)
            raise _lost(self.label, f"in {method}", death, hook_name) from None

    def _state(self, order: Mapping[str, Any]) -> Any:
        """What the searcher would keep; None where its process is gone.

        A restore tells it all that is known, so no result is lost with that.
        """
        try:
            return None if self._process.ended else self._ask(order)
        except SearcherDied as death:
            logger.warning(
                "searcher %s could not keep its state: its process was %s", self.label, death.story
            )
            return None

    def settle(self) -> None:
        """Wait until it has heard what it was told.

        Raises:
            SearcherDied: The process ended.
            PegboxError: It raised when it was told.
        """
        self._ask({"do": "sync"})

    def _ask(self, order: Mapping[str, Any]) -> Any:
        since = time.monotonic()
        try:
            return self._process.ask(**order)
        finally:
            self.decided_s += time.monotonic() - since

    # ---------------------------------------------------------- begin and end

    def restart(self) -> None:
        """Begin again in a new process, which knows nothing of any trial yet.

        Raises:
            SearcherDied: That ended, too.
            PegboxError: It cannot be made a second time.
        """
        self._process.end()
        self._begin()
        for order in self._beginning.values():
            self._ask(order)

    def _begin(self) -> None:
        self._shown.clear()
        process = self._process = _process_of(self._layers[0])
        layers = [
            {"name": layer.name, "package": layer.package, "silent": layer.silent}
            for layer in self._layers
        ]
        try:
            known = process.ask(do="register", layers=layers, objects=self._objects)
        except BaseException:
            process.end()
            raise
        self._hooks, self.label = frozenset(known["hooks"]), known["label"]

    @property
    def pid(self) -> int:
        """Of the process as it is now."""
        return self._process.pid

    def kill(self) -> None:
        """End the process from another thread than the one that calls, which then is told."""
        self._process.kill()

    def end(self) -> None:
        """End the process."""
        self._process.end()


def _lost(label: str, where: str, death: SearcherDied, hook: str = "") -> PluginError:
    return PluginError(
        f"searcher {label} lost its process {where}: it was {death.story}", plugin=label, hook=hook
    )


def _process_of(core: Component) -> SearcherProcess:
    plugin = core.plugin
    return plugin.take_process() if isinstance(plugin, MadeThere) else SearcherProcess()


def _packed(layers: list[Component]) -> str:
    """All objects together, so that what several of them hold stays one."""
    objects = [None if isinstance(one.plugin, MadeThere) else one.plugin for one in layers]
    what = f"searcher {layers[0].name}"
    return base64.b64encode(dump(objects, what, to="a process of its own")).decode()
