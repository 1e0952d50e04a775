"""The package as an installed plugin: its doorway, and what importing it loads."""

from __future__ import annotations

import subprocess
import sys

import pegbox_optuna
import pluggy
import pytest
from pegbox.hookspecs import DoorwaySpecs


def test_the_doorway_names_a_class_that_is_there() -> None:
    manager = pluggy.PluginManager("pegbox")
    manager.add_hookspecs(DoorwaySpecs)
    manager.register(pegbox_optuna)
    manager.check_pending()
    assert manager.hook.pegbox_searchers() == [{"optuna": "pegbox_optuna.searcher:OptunaSearch"}]
    assert pegbox_optuna.OptunaSearch.__module__ == "pegbox_optuna.searcher"


def test_optuna_is_imported_when_a_searcher_is_made_and_not_before() -> None:
    script = (
        "import sys, pegbox_optuna\n"
        "from pegbox_optuna import OptunaSearch\n"
        "print('optuna' in sys.modules, 'numpy' in sys.modules)\n"
        "OptunaSearch()\n"
        "print('optuna' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False", "True"]


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="OptunaSerch"):
        pegbox_optuna.OptunaSerch  # noqa: B018
