"""Where Ray Tune has ``OptunaSearch``, which the package pegbox-optuna brings."""

from pegbox.search import __getattr__ as __getattr__
