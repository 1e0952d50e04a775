"""How long trials are waited for that are to end, before force: from the environment.

What follows is the engine's affair.
"""

from __future__ import annotations

from typing import Final

from pegbox._run.environment import seconds_of

__all__ = ["grace_s", "interrupt_grace_s"]

_VARIABLE: Final = "PEGBOX_FORCE_TRIAL_CLEANUP_S"
_GRACE_S: Final = 30.0
#: Who presses Ctrl-C wants what runs to be kept, and can press again.
_INTERRUPT_GRACE_S: Final = 600.0


def grace_s() -> float:
    """Seconds for trials that are told to end, and for those of a run that is to end."""
    return seconds_of(_VARIABLE, _GRACE_S)


def interrupt_grace_s() -> float:
    """Seconds for the trials of a run after Ctrl-C."""
    return seconds_of(_VARIABLE, _INTERRUPT_GRACE_S)
