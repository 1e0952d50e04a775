"""Where values stand in a configuration: its keys, joined by ``/``.

A parameter inside the value of a choice stands in the place of the choice: what a searcher knows as
``model/0/width`` is ``model/width`` to whoever looks at a configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pegbox.space.nodes import Branches, DictNode, Leaf, Node, SequenceNode, join

__all__ = ["ABSENT", "pick", "placed"]

#: What `pick` finds where there is nothing.
ABSENT: Final = object()


def placed(node: Node, place: str = "") -> Iterator[tuple[str, Leaf]]:
    """The leaves of a tree, each with its place; a choice's values stand where the choice does."""
    match node:
        case Branches():
            for child in node.children:
                yield from placed(child, place)
        case DictNode():
            for key, child in node.children.items():
                yield from placed(child, join(place, key))
        case SequenceNode():
            for i, child in enumerate(node.children):
                yield from placed(child, join(place, i))
        case _:
            yield place, node


def pick(config: Any, keys: Sequence[str]) -> Any:
    """What stands in a configuration under the keys of a place; `ABSENT` for nothing."""
    for key in keys:
        if isinstance(config, list | tuple):
            config = config[int(key)] if key.isdecimal() and int(key) < len(config) else ABSENT
        else:
            config = config.get(key, ABSENT) if isinstance(config, Mapping) else ABSENT
    return config
