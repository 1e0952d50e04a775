"""The package as an installed plugin: its doorway, and what importing it loads."""

from __future__ import annotations

import subprocess
import sys

import pegbox_bayesopt
import pluggy
import pytest
from pegbox.hookspecs import DoorwaySpecs


def test_the_doorway_names_a_class_that_is_there() -> None:
    manager = pluggy.PluginManager("pegbox")
    manager.add_hookspecs(DoorwaySpecs)
    manager.register(pegbox_bayesopt)
    manager.check_pending()
    offers = manager.hook.pegbox_searchers()
    assert offers == [{"bayesopt": "pegbox_bayesopt.searcher:BayesOptSearch"}]
    assert pegbox_bayesopt.BayesOptSearch.__module__ == "pegbox_bayesopt.searcher"


def test_the_library_is_imported_when_a_searcher_is_made_and_not_before() -> None:
    script = (
        "import sys, pegbox_bayesopt\n"
        "from pegbox_bayesopt import BayesOptSearch\n"
        "print('bayes_opt' in sys.modules, 'numpy' in sys.modules)\n"
        "BayesOptSearch()\n"
        "print('bayes_opt' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (run.stdout.split(), run.stderr) == (["False", "False", "True"], "")


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="BayesOptSerch"):
        pegbox_bayesopt.BayesOptSerch  # noqa: B018
