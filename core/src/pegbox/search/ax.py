"""Where Ray Tune has ``AxSearch``, which the package pegbox-ax brings."""

from pegbox.search import __getattr__ as __getattr__
