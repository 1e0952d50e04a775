"""Where Ray Tune has `Repeater`."""

from pegbox.search import TRIAL_INDEX, Repeater

__all__ = ["TRIAL_INDEX", "Repeater"]
