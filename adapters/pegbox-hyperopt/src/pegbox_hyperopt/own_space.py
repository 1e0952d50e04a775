"""A space that the searcher was given itself, as Ray Tune takes it, made a `param_space`.

hyperopt writes a space as a graph of expressions. What only draws becomes a domain of pegbox's
(`pegbox_hyperopt.distributions`). What computes with values that were drawn has no like in a space
that is stored and checked before the run, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hyperopt.pyll.base import Apply, Literal
from pegbox.errors import ConfigError
from pegbox.space import Choice, Domain
from pegbox.text import shown

from pegbox_hyperopt.distributions import probabilities, to_domain

__all__ = ["to_param_space"]


def to_param_space(space: Any) -> Mapping[str, Any]:
    """A part of ``param_space``: hyperopt's expressions as domains, all else as it is.

    Raises:
        ConfigError: An expression that has no meaning here; its label is named.
    """
    if isinstance(space, Apply):
        raise ConfigError(
            "HyperOptSearch(space=...) was given an expression that has no name in a configuration",
            hint='Put it into a dict: space={"model": hp.choice(...)}.',
        )
    if not isinstance(space, Mapping):
        raise ConfigError(
            f"HyperOptSearch(space=...) must be a dict of name to expression, got {shown(space)}",
            hint='Write e.g. space={"lr": hp.loguniform("lr", -10, 0)}.',
        )
    reading = _Reading()
    return {name: reading.value(value, {}) for name, value in space.items()}


class _Reading:
    """One walk over a space, with the labels that it has met."""

    def __init__(self) -> None:
        #: Label to what is drawn, and to the choices that lead to each of its places.
        self._met: dict[str, tuple[Apply, list[Mapping[str, int]]]] = {}

    def value(self, value: Any, chosen: Mapping[str, int]) -> Any:
        """A part of a space; ``chosen`` is label to index of the choices that it lies in."""
        if isinstance(value, Apply):
            return self._expression(value, chosen)
        if type(value) is dict:
            return {name: self.value(each, chosen) for name, each in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self.value(each, chosen) for each in value)
        return value

    def _expression(self, node: Apply, chosen: Mapping[str, int]) -> Any:
        if isinstance(node, Literal):
            return node.obj
        match node.name:
            case "pos_args":
                return tuple(self.value(each, chosen) for each in node.pos_args)
            case "dict":
                return {key: self.value(each, chosen) for key, each in _items(node)}
            case "switch":
                return self._choice(node, chosen)
        return self._number(node, chosen)

    def _choice(self, node: Apply, chosen: Mapping[str, int]) -> Choice:
        parameter, *options = node.pos_args
        label, drawn = self._meet(parameter, chosen)
        if drawn.name == "categorical" and len(set(probabilities(drawn))) > 1:
            raise ConfigError(
                f"HyperOptSearch(space=...) has {label!r}, a choice with probabilities; in a "
                "choice of pegbox's all values are equally likely",
                hint="Write hp.choice; a value may stand in it more than once.",
            )
        inside = [self.value(each, {**chosen, label: i}) for i, each in enumerate(options)]
        return Choice(tuple(inside))

    def _number(self, node: Apply, chosen: Mapping[str, int]) -> Domain:
        """What was drawn, as it is or made a float or a whole number."""
        whole, inner = False, node
        while inner.name in ("int", "float"):
            whole = whole or inner.name == "int"
            (inner,) = inner.pos_args
        label, drawn = self._meet(inner, chosen)
        return to_domain(label, drawn, whole=whole)

    def _meet(self, parameter: Apply, chosen: Mapping[str, int]) -> tuple[str, Apply]:
        if parameter.name != "hyperopt_param":
            _refuse_computed(parameter)
        label, drawn = str(parameter.arg["label"].obj), parameter.arg["obj"]
        known, places = self._met.setdefault(label, (drawn, []))
        if known is not drawn:
            raise ConfigError(
                f"HyperOptSearch(space=...) has two parameters with the label {label!r}",
                hint="Give each parameter a label of its own.",
            )
        if not all(_apart(place, chosen) for place in places):
            raise ConfigError(
                f"HyperOptSearch(space=...) has {label!r} in two places at once",
                hint="Leave one of them out, and read the other one in the trainable.",
            )
        places.append(chosen)
        return label, drawn


def _items(node: Apply) -> Iterable[tuple[Any, Apply]]:
    """Of a dict, which hyperopt keeps in another way where a key is no string."""
    if not node.pos_args:
        return [(name, each) for name, each in node.named_args]
    (pairs,) = node.pos_args
    return [(pair.pos_args[0].obj, pair.pos_args[1]) for pair in pairs.pos_args]


def _apart(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    """Whether two places are in different values of one choice."""
    return any(other.get(label, index) != index for label, index in one.items())


def _refuse_computed(node: Apply) -> Any:
    labels = _labels(node)
    of = f" of {', '.join(map(repr, labels))}" if labels else ""
    raise ConfigError(
        f"HyperOptSearch(space=...) has the expression {node.name!r}{of}, which computes with what "
        "is drawn",
        hint="Draw the number itself, and compute in the trainable or with sample_from.",
    )


def _labels(node: Apply) -> list[str]:
    if node.name == "hyperopt_param":
        return [str(node.arg["label"].obj)]
    return list(dict.fromkeys(label for each in node.inputs() for label in _labels(each)))
