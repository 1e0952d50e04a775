"""Where Ray Tune has ``HyperOptSearch``, which the package pegbox-hyperopt brings."""

from pegbox.search import __getattr__ as __getattr__
