"""The line of Python that goes on with an experiment, wherever a user is told to."""

from __future__ import annotations

from pathlib import Path

__all__ = ["restore_line"]


def restore_line(folder: Path, trainable: str) -> str:
    """What to write to go on.

    Args:
        folder: The experiment's folder.
        trainable: The trainable's name, as the user's script has it.
    """
    return f"pegbox.Tuner.restore({str(folder)!r}, {trainable}).fit()"
