"""How single values read in the view: `pegbox.text`."""

from pegbox.text import clip, clip_left, duration, metric, one_line, parameter

__all__ = ["clip", "clip_left", "duration", "metric", "one_line", "parameter"]
