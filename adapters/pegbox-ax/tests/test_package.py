"""The package as an installed plugin: its doorway, and what importing it loads."""

from __future__ import annotations

import subprocess
import sys

import pegbox_ax
import pluggy
import pytest
from pegbox.hookspecs import DoorwaySpecs


def test_the_doorway_names_a_class_that_is_there() -> None:
    manager = pluggy.PluginManager("pegbox")
    manager.add_hookspecs(DoorwaySpecs)
    manager.register(pegbox_ax)
    manager.check_pending()
    assert manager.hook.pegbox_searchers() == [{"ax": "pegbox_ax.searcher:AxSearch"}]
    assert pegbox_ax.AxSearch.__module__ == "pegbox_ax.searcher"


def test_making_a_searcher_imports_neither_ax_nor_torch() -> None:
    script = (
        "import sys\n"
        "from pegbox_ax import AxSearch\n"
        "AxSearch(method='fast').traits\n"
        "print({'ax', 'torch', 'botorch', 'pandas', 'numpy'} & set(sys.modules))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="AxSerch"):
        pegbox_ax.AxSerch  # noqa: B018
