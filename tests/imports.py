"""What a source file imports, read with `ast` and not by importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Imported:
    """One imported module: who imports it, where, and its dotted name."""

    importer: str
    place: str
    module: str

    def __str__(self) -> str:
        return f"{self.place}: {self.importer} imports {self.module}"


#: A package as somebody elsewhere would write it; it is no part of the workspace.
STRANGER = ROOT / "examples" / "third_party"


def packages() -> list[Path]:
    """The folders of all packages of the workspace."""
    setups = [*ROOT.glob("core/pyproject.toml"), *ROOT.glob("*/*/pyproject.toml")]
    found = {setup.parent for setup in setups if (setup.parent / "src").is_dir()}
    return sorted(found - {STRANGER})


def modules(source: Path) -> dict[str, Path]:
    """Dotted name to file, of every module below a ``src`` folder."""
    found = {}
    for file in sorted(source.rglob("*.py")):
        parts = file.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(name: str, file: Path, known: dict[str, Path]) -> Iterator[Imported]:
    """All that a module imports, at its top, inside functions and for type checkers alike.

    ``from pegbox import jsonvalue`` imports ``pegbox.jsonvalue``: ``known`` says what is a module.
    """
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            targets = [path if path in known else str(node.module) for path in inside]
        else:
            continue
        place = f"{file.relative_to(ROOT)}:{node.lineno}"
        yield from (Imported(name, place, target) for target in dict.fromkeys(targets))


def names_used(file: Path, module: str) -> Iterator[tuple[int, str]]:
    """Line and name of what a file takes from a module: ``module.name`` or ``from module …``."""
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        match node:
            case ast.ImportFrom(module=origin, names=aliases) if origin == module:
                yield from ((node.lineno, alias.name) for alias in aliases)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner == module:
                yield node.lineno, name
            case ast.Import(names=aliases):
                renamed = (alias for alias in aliases if alias.name == module and alias.asname)
                yield from ((node.lineno, f"* as {alias.asname}") for alias in renamed)
