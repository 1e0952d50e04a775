"""Cases about how a searcher comes into a process: by its name, and without its optimizer."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from typing import Final

from pegbox._plugins.catalog import Catalog, Offer
from pegbox.testing.searcher_cases import SearcherCases

__all__ = ["PackageCases"]

_IMPORT: Final = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

#: What pegbox itself brings along.
_EXPECTED: Final = ("pegbox", "distributed", "dask", "numpy", "pluggy", "cloudpickle")


class PackageCases(SearcherCases):
    """See the module."""

    def test_is_on_offer(self) -> None:
        """Its name leads to its class, and nothing is wrong with its package."""
        offer = self._offer()
        problems = [each for each in Catalog.discover().problems if each.package == offer.package]
        assert not problems, f"{problems}"
        made = self.make_searcher()
        assert type(made).__qualname__ == offer.target.partition(":")[2]

    def test_imports_its_optimizer_late(self) -> None:
        """The module of its class loads none of the libraries that its package needs."""
        offer = self._offer()
        command = [sys.executable, "-c", _IMPORT, offer.target.partition(":")[0]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        loaded = set(json.loads(done.stdout)) & _libraries(offer.package)
        assert not loaded, f"importing {offer.target} loads {sorted(loaded)} as well"

    def _offer(self) -> Offer:
        assert self.searcher, "name the searcher: searcher = '...'"
        return Catalog.discover().find("searcher", self.searcher)


def _libraries(package: str) -> set[str]:
    """The modules of what a distribution requires, pegbox's own requirements left out."""
    required = {
        _plain(requirement)
        for requirement in metadata.requires(package) or ()
        if "extra ==" not in requirement
    }
    found = {
        module
        for module, owners in metadata.packages_distributions().items()
        if {_plain(owner) for owner in owners} & required
    }
    return found - set(_EXPECTED)


def _plain(requirement: str) -> str:
    """The name at the beginning of a requirement, as names are compared."""
    name = ""
    for letter in requirement.strip():
        if not (letter.isalnum() or letter in "._-"):
            break
        name += letter
    return name.lower().replace("_", "-").replace(".", "-")
