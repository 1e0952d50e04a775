"""Where Ray Tune has `ConcurrencyLimiter`."""

from pegbox.search import ConcurrencyLimiter

__all__ = ["ConcurrencyLimiter"]
