"""Where Ray Tune has ``SkOptSearch``, which the package pegbox-skopt brings."""

from pegbox.search import __getattr__ as __getattr__
