"""Cases about how a plugin of any role comes into a process: by its name, quietly, and alone."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Final

from pegbox._plugins.catalog import Catalog, Offer
from pegbox.testing.conformance import Conformance

__all__ = ["PackageCases"]

#: What the module loads goes to a file: what it prints is another matter.
_IMPORT: Final = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
with open(sys.argv[2], "w") as file:
    json.dump(sorted({name.partition(".")[0] for name in sys.modules}), file)
"""

#: What pegbox itself brings along.
_EXPECTED: Final = ("pegbox", "distributed", "dask", "numpy", "pluggy", "psutil", "cloudpickle")


class PackageCases(Conformance):
    """See the module.

    Attributes:
        role: Of the plugin; the attribute of the same name is its name on offer.
    """

    role: ClassVar[str]

    def test_is_on_offer(self, tmp_path: Path) -> None:
        """Its name leads to its class, and nothing is wrong with its package."""
        offer = self._offer()
        problems = [each for each in Catalog.discover().problems if each.package == offer.package]
        assert not problems, f"{problems}"
        made = type(self.plugin(tmp_path)).__qualname__
        assert made == offer.target.partition(":")[2]

    def test_imports_its_libraries_late(self) -> None:
        """The module of its class loads none of the libraries that its package needs."""
        offer = self._offer()
        loaded = set(_imported(offer.target, _path())[0]) & _libraries(offer.package)
        assert not loaded, f"importing {offer.target} loads {sorted(loaded)} as well"

    def test_is_imported_in_silence(self) -> None:
        """Whoever lists or names plugins has asked for nothing to be said."""
        offer = self._offer()
        said = _imported(offer.target, _path())[1]
        assert not said, f"importing {offer.target} prints {said!r}"

    def plugin(self, tmp_path: Path) -> Any:
        """A new plugin.

        Args:
            tmp_path: A folder of the test's own.
        """
        raise NotImplementedError

    def _offer(self) -> Offer:
        name = getattr(self, self.role)
        assert name, f"name the {self.role}: {self.role} = '...'"
        return Catalog.discover().find(self.role, name)


def _path() -> str:
    """For another interpreter that is to find what this one finds."""
    return os.pathsep.join(filter(None, sys.path))


@functools.cache
def _imported(target: str, path: str) -> tuple[Sequence[str], str]:
    """What an import of a plugin's module alone loads, and what it prints; done once."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = Path(folder, "loaded.json")
        done = subprocess.run(
            [sys.executable, "-c", _IMPORT, target.partition(":")[0], str(loaded)],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(loaded.read_text()), done.stdout + done.stderr


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
