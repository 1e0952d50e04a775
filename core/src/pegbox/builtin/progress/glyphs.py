"""Lines of styled spans, and the marks that an output can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from pegbox.text import clip

__all__ = ["ASCII", "UNICODE", "Glyphs", "Line", "fit", "plain"]

#: Spans of (text, style); a style is empty or one of "bold", "dim", "red", "yellow", "green".
Line: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Marks for an output: ``between`` items, ``cut`` where text is missing, a bar's parts."""

    between: str
    cut: str
    full: str
    empty: str


UNICODE: Final = Glyphs(" · ", "…", "━", "─")
ASCII: Final = Glyphs(", ", "..", "#", "-")


def plain(line: Line) -> str:
    """The line without its styles."""
    return "".join(text for text, _ in line)


def fit(line: Line, width: int, glyphs: Glyphs) -> Line:
    """The line, cut where it is wider than ``width``."""
    spans: list[tuple[str, str]] = []
    room = width
    for text, style in line:
        if len(text) > room:
            return (*spans, (clip(text, room, glyphs.cut), style))
        spans.append((text, style))
        room -= len(text)
    return tuple(spans)
