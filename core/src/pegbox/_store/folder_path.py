"""Paths of folders as users name them, checked before anything is looked for there."""

from __future__ import annotations

import os
from pathlib import Path

from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["folder_at"]


def folder_at(argument: str, path: object) -> Path:
    """A folder that a user named, absolute; whether it is there is not looked at.

    Args:
        argument: What it was passed as, at the start of a sentence.
        path: What came.

    Raises:
        ConfigError: It is no path, or a URI.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str) or not text or not _is_nameable(text):
        raise ConfigError(
            f"{argument} must be a folder, got {shown(path)}",
            hint='Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
        )
    if "://" in text:
        raise ConfigError(
            f"{argument} must be a folder so far, got the URI {shown(text)}",
            hint="Use a folder on a local disk, or one that all workers share.",
        )
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ConfigError(
            f"{argument} must be a folder, got {shown(text)}, and there is no such user",
            hint="Write the folder's whole path.",
        ) from None


def _is_nameable(text: str) -> bool:
    """Whether files can have it in their names."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
