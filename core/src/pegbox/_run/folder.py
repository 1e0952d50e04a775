"""Where an experiment lies: names and paths from users, checked before they become a folder."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Final

from pegbox._store.folder_path import folder_at
from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["DEFAULT_ROOT", "experiment_folder", "fresh_name", "is_plain_name"]

#: Where experiments lie that nobody chose a place for.
DEFAULT_ROOT: Final = "~/pegbox_results"

#: What every file system takes, Windows included.
_LEGAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._=+,@-]{0,99}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def fresh_name(trainable: str, run: str) -> str:
    """A name for an experiment without one: ``<trainable>_<date>_<time>_<run>``.

    The run's digits keep apart what begins in the same second, in any process.
    """
    return f"{trainable}_{time.strftime('%Y-%m-%d_%H-%M-%S')}_{run}"


def is_plain_name(name: object) -> bool:
    """Whether a name can be a folder's on every file system."""
    legal = isinstance(name, str) and _LEGAL.fullmatch(name) and name[-1] not in ". "
    return bool(legal) and not _RESERVED.fullmatch(str(name))


def experiment_folder(storage_path: str | os.PathLike[str] | None, name: str) -> Path:
    """The folder of an experiment, absolute; not made yet.

    Raises:
        ConfigError: The name is no plain folder name, or the path is a URI.
    """
    if isinstance(name, str) and _RESERVED.fullmatch(name):
        raise ConfigError(
            f"RunConfig(name={name!r}) is a name that Windows keeps for itself",
            hint="Choose another one: an experiment's folder can be copied anywhere.",
        )
    if not is_plain_name(name):
        raise ConfigError(
            f"RunConfig(name=...) must be a plain folder name, got {shown(name)}",
            hint="Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a "
            "letter or digit; the folder it lies in is storage_path.",
        )
    root = DEFAULT_ROOT if storage_path is None else storage_path
    return folder_at("RunConfig(storage_path=...)", root) / name
