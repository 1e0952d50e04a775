"""A new package's files: made of the templates, and written all at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from importlib import metadata, resources
from pathlib import Path
from string import Template
from typing import Final

from pegbox._new_plugin.names import Names
from pegbox.errors import ConfigError

__all__ = ["ROLES", "package_files", "write_package"]

#: Roles that there are templates for, in the order of a package's parts.
ROLES: Final = ("searcher", "scheduler", "callback", "syncer")


def package_files(names: Names, roles: Sequence[str]) -> dict[str, str]:
    """Path in the package's folder, with ``/``, to text.

    Args:
        names: Of the package.
        roles: One or more of `ROLES`.
    """
    wanted = [role for role in ROLES if role in roles]
    fields = {
        "name": names.distribution,
        "module": names.module,
        "plugin": names.plugin,
        "Class": names.classes,
        "pegbox": _range(metadata.version("pegbox")),
        "description": _description(wanted),
    }
    doorways = [_filled(f"{role}/doorway.py.txt", fields) for role in wanted]
    sections = [_filled(f"{role}/readme.md.txt", fields) for role in wanted]
    fields["doorways"] = "\n\n".join(doorways).rstrip()
    fields["sections"] = "\n".join(sections)
    source = f"src/{names.module}"
    files = {
        "pyproject.toml": _filled("package/pyproject.toml.txt", fields),
        "README.md": _filled("package/README.md.txt", fields),
        f"{source}/__init__.py": _filled("package/doorway.py.txt", fields),
        f"{source}/py.typed": "",
    }
    for role in wanted:
        files[f"{source}/{role}.py"] = _filled(f"{role}/plugin.py.txt", fields)
        files[f"tests/test_{role}.py"] = _filled(f"{role}/tests.py.txt", fields)
    return files


def write_package(folder: Path, files: Mapping[str, str]) -> None:
    """Write a package's files into a folder that is not there yet: all of them, or none.

    Args:
        folder: Its parent is there.
        files: As `package_files` gives them.

    Raises:
        ConfigError: The folder is there, or its parent is not.
    """
    if not folder.parent.is_dir():
        raise ConfigError(f"there is no folder {folder.parent}", hint="Make it first.")
    if os.path.lexists(folder):
        raise ConfigError(
            f"{folder} is there already", hint="Use another name, or another folder with --into."
        )
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for path, text in files.items():
            (aside / path).parent.mkdir(parents=True, exist_ok=True)
            (aside / path).write_text(text, encoding="utf-8")
        aside.chmod(0o755)  # a temporary folder is its owner's alone
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside)
        raise


def _filled(template: str, fields: Mapping[str, str]) -> str:
    path = resources.files(__package__).joinpath("templates", *template.split("/"))
    return Template(path.read_text(encoding="utf-8")).substitute(fields)


def _description(roles: Sequence[str]) -> str:
    *others, last = [f"a {role}" for role in roles]
    text = f"{', '.join(others)} and {last}" if others else last
    return f"{text.capitalize()} for pegbox"


def _range(version: str) -> str:
    """Releases of pegbox that do not take anything back: up to the next that may."""
    major, minor, *_ = version.split(".")
    following = f"0.{int(minor) + 1}" if major == "0" else str(int(major) + 1)
    return f">={major}.{minor},<{following}"
