"""Where Ray Tune has `BasicVariantGenerator`."""

from pegbox.search import BasicVariantGenerator

__all__ = ["BasicVariantGenerator"]
