"""Reads docstrings in Google's style; knows nothing of pages."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Final

SECTIONS: Final = ("Args", "Attributes", "Returns", "Yields", "Raises")
#: Sections that are lists of names with texts.
LISTS: Final = ("Args", "Attributes", "Raises")

_HEADING: Final = re.compile(rf"^({'|'.join(SECTIONS)}):$")
_ITEM: Final = re.compile(r"^(\*{0,2}[\w.]+(?:, [\w.]+)*): (.*)$")


@dataclass(frozen=True)
class Docstring:
    """A docstring by its parts.

    Attributes:
        text: What stands outside of sections, with its line breaks.
        sections: Heading to the section's text, without its indentation.
    """

    text: str
    sections: dict[str, str]

    def items(self, heading: str) -> dict[str, str]:
        """Name to text of a section that is a list; empty where there is none.

        Raises:
            ValueError: A line of the list names nothing.
        """
        found: dict[str, str] = {}
        name = ""
        for line in self.sections.get(heading, "").splitlines():
            if line.startswith("    ") or not line:
                found[name] += f"\n{line.strip()}"
            elif match := _ITEM.match(line):
                name = match[1]
                found[name] = match[2]
            else:
                raise ValueError(f"{heading}: {line!r} is no 'name: text'")
        return found

    def names(self, *headings: str) -> set[str]:
        """All names that sections explain: those of items, and others in double backquotes."""
        found: set[str] = set()
        for heading in headings:
            for name, text in self.items(heading).items():
                found |= {name.lstrip("*"), *re.findall(r"``(\w+)``", text)}
        return found


def parse(documented: object) -> Docstring:
    """The docstring that an object has itself; empty where it has none."""
    own = vars(documented) if inspect.isclass(documented) else {}
    doc = own.get("__doc__") if own else getattr(documented, "__doc__", None)
    text: list[str] = []
    sections: dict[str, list[str]] = {}
    into = text
    for line in inspect.cleandoc(doc or "").splitlines():
        if match := _HEADING.match(line):
            into = sections.setdefault(match[1], [])
        elif into is not text and line and not line.startswith("    "):
            into = text
            into.append(line)
        else:
            into.append(line if into is text else line[4:])
    return Docstring(
        "\n".join(text).strip(),
        {name: "\n".join(lines).strip() for name, lines in sections.items()},
    )
