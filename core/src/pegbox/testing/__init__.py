"""The conformance kit: what every plugin has to do, as cases that its own tests join with.

One short subclass in a plugin's tests is enough::

    from pegbox.testing import SearcherConformance

    class TestMySearch(SearcherConformance):
        searcher = "mine"

Its declared traits choose the cases, and are verified both ways: what is declared and does not
work fails, and so does what works and is not declared. `Conformance` says how a known failure is
listed. Needs pytest: ``pip install pegbox[testing]``.
"""

from __future__ import annotations

from pkgutil import iter_modules

from pegbox.errors import MissingDependency

try:
    import pytest
except ModuleNotFoundError as error:
    raise MissingDependency(
        "pegbox.testing needs pytest, which is not installed",
        hint="Run `pip install 'pegbox[testing]'`.",
    ) from error

pytest.register_assert_rewrite(*(f"{__name__}.{each.name}" for each in iter_modules(__path__)))

from pegbox.testing.callback_conformance import (  # noqa: E402
    CallbackConformance,
    CallbackObjectConformance,
)
from pegbox.testing.conformance import Conformance  # noqa: E402
from pegbox.testing.scheduler_conformance import (  # noqa: E402
    SchedulerConformance,
    SchedulerObjectConformance,
)
from pegbox.testing.searcher_conformance import (  # noqa: E402
    SearcherConformance,
    SearcherObjectConformance,
)
from pegbox.testing.syncer_conformance import (  # noqa: E402
    SyncerConformance,
    SyncerObjectConformance,
)
from pegbox.testing.wrapper_conformance import SearcherWrapperConformance  # noqa: E402

__all__ = [
    "CallbackConformance",
    "CallbackObjectConformance",
    "Conformance",
    "SchedulerConformance",
    "SchedulerObjectConformance",
    "SearcherConformance",
    "SearcherObjectConformance",
    "SearcherWrapperConformance",
    "SyncerConformance",
    "SyncerObjectConformance",
]
