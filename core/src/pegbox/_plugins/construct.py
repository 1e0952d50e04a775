"""From an offer to a class, and from a class and the user's options to an object.

Every way in which a package or an option can be wrong ends in a sentence that names it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from pegbox._plugins.doorways import Offer
from pegbox._plugins.wording import listed, sentences
from pegbox._releases.guard import check_package, likely_cause
from pegbox.errors import ConfigError, MissingDependency, PegboxError, PluginError
from pegbox.nearest import did_you_mean
from pegbox.text import shown

__all__ = ["construct", "import_target"]


def import_target(offer: Offer) -> type:
    """The class that an offer points to, once its package's windows have been looked at.

    Raises:
        MissingDependency: Its module needs a package that is not installed, or not in this release.
        PluginError: Its module fails otherwise, or holds no such class.
    """
    check_package(offer.package)
    module_name, _, attribute = offer.target.partition(":")
    label = _label(offer)
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except PegboxError:
        raise
    except ModuleNotFoundError as error:
        raise _missing(offer, error) from error
    except (Exception, SystemExit) as error:
        raise _broken(offer, f"{offer.target} cannot be imported", error) from error
    if not isinstance(found, type):
        raise PluginError(
            f"{label}: {offer.target} is no class",
            plugin=label,
            hint='What is offered must be a class, named as "module:Class".',
        )
    return found


def construct(offer: Offer, cls: type, options: Mapping[str, Any]) -> Any:
    """Make an object of an offered class.

    Args:
        offer: Where the class came from, for messages.
        cls: The class.
        options: The user's arguments for its constructor.

    Raises:
        ConfigError: An argument is unknown or missing; also whatever the constructor refuses so.
        MissingDependency: The constructor needs a package that is not installed.
        PluginError: The constructor raised something else.
    """
    _check_options(offer, cls, options)
    try:
        return cls(**options)
    except PegboxError:
        raise
    except ModuleNotFoundError as error:
        raise _missing(offer, error) from error
    except Exception as error:
        raise _broken(offer, f"cannot be made with {shown(dict(options))}", error) from error


def _label(offer: Offer) -> str:
    return f"{offer.name} ({offer.origin})"


def _missing(offer: Offer, error: ModuleNotFoundError) -> MissingDependency:
    cause = likely_cause(offer.package)
    return MissingDependency(
        f"{_label(offer)} needs a package that is not installed: {error}",
        hint=cause or f"Install what provides {error.name!r}.",
    )


def _broken(offer: Offer, what: str, error: BaseException) -> PluginError:
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    return PluginError(
        f"{_label(offer)}: {what} ({said})",
        plugin=_label(offer),
        hint=sentences([likely_cause(offer.package), "The traceback above is the plugin's own."]),
    )


def _check_options(offer: Offer, cls: type, options: Mapping[str, Any]) -> None:
    try:
        signature = inspect.signature(cls)
    except ValueError:
        return  # a class written in C may have no signature
    try:
        signature.bind(**options)
    except TypeError as error:
        raise _misfit(offer, signature, options, str(error)) from error


def _misfit(
    offer: Offer, signature: inspect.Signature, options: Mapping[str, Any], said: str
) -> ConfigError:
    takes = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    unknown = next((name for name in options if name not in takes), None)
    what = f"has no argument {shown(unknown)}" if unknown is not None else f"cannot be made: {said}"
    near = did_you_mean(str(unknown), takes) if unknown is not None else ""
    return ConfigError(
        f"{offer.role} {_label(offer)} {what}",
        hint=sentences([near, f"It takes {listed(takes)}."]),
    )
