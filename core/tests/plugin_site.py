"""A folder of packages as pip leaves it: modules, and the metadata of their distributions."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DOORWAY = """
from pegbox.hookspecs import hookimpl

@hookimpl
def pegbox_{role}s():
    return {offers!r}
"""


class PluginSite:
    """Packages that can be found and imported as long as it is entered.

    Args:
        folder: Where they lie.
        monkeypatch: Of the test.
    """

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.folder = folder / "site"
        self.folder.mkdir()
        self._monkeypatch = monkeypatch

    def __enter__(self) -> PluginSite:
        self._monkeypatch.syspath_prepend(self.folder)
        return self

    def __exit__(self, *raised: object) -> None:
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None)).startswith(str(self.folder)):
                del sys.modules[name]

    def environment(self) -> Mapping[str, str]:
        """For another interpreter that is to find them too."""
        path = os.pathsep.join([str(self.folder), *filter(None, sys.path)])
        return {**os.environ, "PYTHONPATH": path}

    def package(
        self,
        module: str,
        version: str,
        source: str = "",
        requires: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
        entry_points: str = "",
        record: Sequence[str] = (),
    ) -> None:
        """A package with a module folder and metadata."""
        (self.folder / module).mkdir()
        sources = {
            f"{module}/{name}.py": text
            for name, text in {"__init__": source, **(files or {})}.items()
        }
        for path, text in sources.items():
            (self.folder / path).write_text(text)
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir()
        lines = [
            "Metadata-Version: 2.1",
            f"Name: {module.replace('_', '-')}",
            f"Version: {version}",
            *(f"Requires-Dist: {each}" for each in requires),
        ]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "entry_points.txt").write_text(entry_points)
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in (*record, *sources)))

    def plugin(
        self,
        module: str,
        version: str,
        classes: Mapping[str, str],
        source: str,
        requires: Sequence[str] = (),
        role: str = "searcher",
    ) -> None:
        """A package that brings plugins: name to class, in its module that the role names."""
        offers = {name: f"{module}.{role}:{cls}" for name, cls in classes.items()}
        self.package(
            module,
            version,
            DOORWAY.format(offers=offers, role=role),
            requires,
            {role: source},
            f"[pegbox]\n{module} = {module}\n",
        )
