"""The package as an installed plugin: its doorway, and what importing it loads."""

from __future__ import annotations

import subprocess
import sys

import pegbox_skopt
import pluggy
import pytest
from pegbox.hookspecs import DoorwaySpecs


def test_the_doorway_names_a_class_that_is_there() -> None:
    manager = pluggy.PluginManager("pegbox")
    manager.add_hookspecs(DoorwaySpecs)
    manager.register(pegbox_skopt)
    manager.check_pending()
    offers = manager.hook.pegbox_searchers()
    assert offers == [{"skopt": "pegbox_skopt.searcher:SkOptSearch"}]
    assert pegbox_skopt.SkOptSearch.__module__ == "pegbox_skopt.searcher"


def test_skopt_is_imported_when_a_searcher_is_set_up_and_not_before() -> None:
    script = (
        "import sys, pegbox_skopt\n"
        "from pegbox.objective import Objective\n"
        "searcher = pegbox_skopt.SkOptSearch(estimator='et', kappa=3)\n"
        "print('skopt' in sys.modules, 'sklearn' in sys.modules, 'numpy' in sys.modules)\n"
        "searcher.setup({}, [Objective('loss', 'min')], 0, -1)\n"
        "print('skopt' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (run.stdout.split(), run.stderr) == (["False", "False", "False", "True"], "")


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="SkoptSearch"):
        pegbox_skopt.SkoptSearch  # noqa: B018
