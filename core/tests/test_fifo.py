"""FIFO overrides nothing, so that it costs nothing."""

from __future__ import annotations

from pegbox.builtin.fifo import FIFOScheduler
from pegbox.scheduler import Scheduler


def test_no_method_of_the_base_class_is_overridden() -> None:
    overridden = [
        name
        for name in vars(Scheduler)
        if getattr(FIFOScheduler, name) is not getattr(Scheduler, name)
        and not name.startswith("__")
    ]
    assert overridden == []
