"""A searcher that was chosen by its name: made in its own process, and only described here.

So the optimizer's library is never imported into the driver. What cannot be made there, for its
arguments are objects, is made here and sent.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

from pegbox import jsonvalue
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.construct import import_target
from pegbox._plugins.origin import create_by_name, mark_origin
from pegbox._run.searcher_process.description import SearcherElsewhere
from pegbox._run.searcher_process.process import SearcherDied, SearcherProcess
from pegbox.errors import ConfigError, PluginError
from pegbox.searcher import Searcher, Traits

__all__ = ["MadeThere", "make_there"]


class MadeThere(SearcherElsewhere):
    """See `pegbox._run.searcher_process.description.SearcherElsewhere`.

    Args:
        known: What the process said of it.
        order: What the process was told to make.
        process: Where it is.
    """

    def __init__(
        self, known: Mapping[str, Any], order: Mapping[str, Any], process: SearcherProcess
    ) -> None:
        super().__init__(known)
        self._order = order
        self._process: SearcherProcess | None = process

    def take_process(self) -> SearcherProcess:
        """The process in which it is; another one where that has been given away, or has ended.

        Raises:
            SearcherDied, PegboxError: It could not be made anew.
        """
        process, self._process = self._process, None
        if process is None or process.ended:
            process = SearcherProcess()
            process.ask(**self._order)
        return process

    def made_here(self) -> Any:
        """The searcher itself, in this process.

        Raises:
            ConfigError, MissingDependency, PluginError: As `Catalog.create`.
        """
        return create_by_name("searcher", self._order["name"], self._order["options"])

    def let_go(self) -> None:
        """End the process, unless it has been given away; it is started again when it is needed."""
        process, self._process = self._process, None
        if process is not None:
            process.end()


#: The latest that is in no run yet: of many tuners that are made before one is run, one waits.
_waiting: weakref.ref[MadeThere] | None = None


def make_there(name: str, options: Mapping[str, Any]) -> MadeThere | None:
    """Make a searcher in a process of its own.

    Args:
        name: As the user wrote it.
        options: Arguments of its constructor.

    Returns:
        None where it is to be made here: it is cheap, or an option is not JSON data.

    Raises:
        ConfigError, MissingDependency, PluginError: As `Catalog.create`.
    """
    offer = Catalog.discover().find("searcher", name)
    if not _belongs_there(import_target(offer)) or not _is_plain(options):
        return None
    order = {
        "do": "make",
        "name": offer.name,
        "target": offer.target,
        "package": offer.package,
        "version": offer.version,
        "options": jsonvalue.plain(options),
    }
    process = SearcherProcess()
    try:
        known = process.ask(**order)
    except SearcherDied as death:
        raise PluginError(
            f"searcher {offer.name} ({offer.origin}) could not be made: its process was "
            f"{death.story}",
            plugin=f"{offer.name} ({offer.origin})",
        ) from None
    except BaseException:
        process.end()
        raise
    if known is None:
        process.end()
        return None
    made = MadeThere(known, order, process)
    mark_origin(made, offer, options)
    _wait(made)
    return made


def _belongs_there(cls: type) -> bool:
    traits = getattr(cls, "traits", Searcher.traits)
    return issubclass(cls, Searcher) and isinstance(traits, Traits) and not traits.cheap


def _is_plain(options: Mapping[str, Any]) -> bool:
    """Whether the process would be given the very same."""
    try:
        return bool(jsonvalue.loads(jsonvalue.dumps(options)) == options)
    except ConfigError:
        return False


def _wait(made: MadeThere) -> None:
    global _waiting
    before = None if _waiting is None else _waiting()
    if before is not None:
        before.let_go()
    _waiting = weakref.ref(made)
