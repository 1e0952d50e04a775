"""Where Ray Tune has ``BayesOptSearch``, which the package pegbox-bayesopt brings."""

from pegbox.search import __getattr__ as __getattr__
