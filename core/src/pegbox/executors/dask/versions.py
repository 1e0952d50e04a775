"""What must fit together on client, scheduler and workers, and the sentence where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from platform import python_version

from pegbox.executors.dask.protocol import PROTOCOL

__all__ = ["mismatch", "versions"]

_PACKAGES = ("pegbox", "cloudpickle", "distributed")


@cache
def versions() -> Mapping[str, str]:
    """Versions of this process, by name; what is installed does not change while it runs."""
    found = {name: version(name) for name in _PACKAGES}
    return {"python": python_version(), "protocol": str(PROTOCOL), **found}


def mismatch(mine: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """What keeps two sides from working together; empty if nothing does.

    Args:
        mine: `versions` of the driver.
        theirs: `versions` of the worker.
    """
    for name in ("protocol", *_PACKAGES):
        if mine[name] != theirs.get(name):
            return f"{name} {theirs.get(name)} there, {mine[name]} here; install the same version"
    # Code is pickled by value, and byte code differs between minor releases.
    if mine["python"].split(".")[:2] != theirs.get("python", "").split(".")[:2]:
        return f"Python {theirs.get('python')} there, {mine['python']} here; use the same release"
    return ""
