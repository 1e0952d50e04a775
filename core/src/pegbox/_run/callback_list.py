"""The callbacks of a run: the view, what the user passed, and what the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pegbox._plugins.catalog import Catalog, Offer
from pegbox._plugins.construct import construct, import_target
from pegbox._run.components import call_of, check_object
from pegbox.errors import ConfigError, PegboxError
from pegbox.text import shown

__all__ = ["VARIABLE", "make_callbacks"]

#: Callbacks for all runs of a process: names on offer or ``module:Class``, with commas between.
VARIABLE: Final = "PEGBOX_CALLBACKS"


def make_callbacks(
    chosen: Sequence[Any], verbose: int, reporter: object | None = None
) -> tuple[Any, ...]:
    """The view, unless it is silent, what the user named, and what the environment names.

    Args:
        chosen: Objects, or names on offer.
        verbose: 0 for no view.
        reporter: How the view looks, or a reporter of the user's own in its place.

    Raises:
        ConfigError: One is a class, or a name that nobody offers.
        MissingDependency, PluginError: As `Catalog.create`.
    """
    # A reporter that cannot be used is refused, whether it is to be seen or not.
    view = [_view(verbose, reporter)] if verbose or reporter is not None else []
    made = [*(view if verbose else []), *(_made(callback) for callback in chosen)]
    kinds = {type(callback) for callback in made}
    # One that the user passed too is not wanted twice.
    return (*made, *(extra for extra in _of_environment() if type(extra) not in kinds))


def _view(verbose: int, reporter: object | None) -> Any:
    options = {"verbose": verbose, "reporter": reporter}
    return Catalog.discover().create("callback", "progress", options)


def _made(callback: Any) -> Any:
    if isinstance(callback, type):
        raise ConfigError(
            f"callbacks has the class {callback.__name__}, not an object",
            hint=f"Write callbacks=[{call_of(callback)}].",
        )
    catalog = Catalog.discover()
    made = catalog.create("callback", callback) if isinstance(callback, str) else callback
    check_object("callback", f"callbacks has {shown(callback)}, which", made)
    return made


def _of_environment() -> Iterator[Any]:
    for name in dict.fromkeys(os.environ.get(VARIABLE, "").split(",")):
        if name := name.strip():
            try:
                yield _named(name)
            except PegboxError as error:
                said = f"the environment variable {VARIABLE}: {error.message}"
                raise type(error)(said, hint=error.hint) from error


def _named(name: str) -> Any:
    if ":" not in name:
        return _made(name)
    # As if a package offered it.
    offer = Offer(name, "callback", name, VARIABLE, "")
    made = construct(offer, import_target(offer), {})
    check_object("callback", shown(name), made)
    return made
