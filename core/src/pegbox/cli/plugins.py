"""``pegbox plugins``: what is installed under which names, what is broken, what could be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from pegbox._analysis.trials_table import Column
from pegbox._plugins.bindings import ROLES
from pegbox._plugins.catalog import Catalog, Offer, Problem
from pegbox._plugins.known_packages import KNOWN_PACKAGES
from pegbox.cli.output import json_option, print_json, say
from pegbox.cli.tables import print_table
from pegbox.errors import PegboxError
from pegbox.searcher import Searcher, Traits
from pegbox.searcher_wrapper import SearcherWrapper

__all__ = ["plugins"]


@click.command()
@click.option("--role", type=click.Choice(list(ROLES)), help="Only plugins of one role.")
@click.option(
    "--traits", is_flag=True, help="What each searcher can do; this imports the searchers."
)
@json_option
def plugins(role: str | None, traits: bool, as_json: bool) -> None:
    """List searchers, schedulers, syncers and callbacks by their names.

    With --traits: the kinds of domain that a searcher takes, what it learns from (a stopped
    trial counts with its last result), whether it takes conditional parameters and several
    objectives.
    """
    catalog = Catalog.discover()
    roles = [role] if role else ["searcher"] if traits else list(ROLES)
    offers = [offer for offer in catalog.offers if offer.role in roles]
    known = {each: _not_installed(catalog, each) for each in roles}
    can = {offer: _traits(catalog, offer) for offer in offers if traits and _searches(offer)}
    if as_json:
        print_json(_data(offers, can, known, catalog.problems))
        return
    for each in roles:
        _print_role(each, [offer for offer in offers if offer.role == each], can, known[each])
    _print_problems(catalog.problems)


def _searches(offer: Offer) -> bool:
    return offer.role == "searcher"


def _traits(catalog: Catalog, offer: Offer) -> Traits | str:
    """The traits of a searcher, or why there are none."""
    try:
        cls = catalog.load(offer.role, offer.name)
    except PegboxError as error:
        return error.message
    if issubclass(cls, SearcherWrapper):
        return "stands around another searcher, and can what that one can"
    traits: Traits = getattr(cls, "traits", Searcher.traits)
    return traits


def _not_installed(catalog: Catalog, role: str) -> dict[str, str]:
    """Name -> package, of the packages of ours that are not there; not of those that fail."""
    there = {offer.package for offer in catalog.offers}
    there |= {problem.package for problem in catalog.problems}
    known = {package: name for name, package in reversed(list(KNOWN_PACKAGES[role].items()))}
    return {name: package for package, name in sorted(known.items()) if package not in there}


def _print_role(
    role: str,
    offers: Sequence[Offer],
    can: Mapping[Offer, Traits | str],
    known: Mapping[str, str],
) -> None:
    say(f"{role}s", style="bold")
    usable = {offer: traits for offer, traits in can.items() if isinstance(traits, Traits)}
    if usable:
        print_table(_traits_table(usable), indent=2)
    elif offers:
        print_table(_table(offers), indent=2)
    for offer, traits in can.items():
        if isinstance(traits, str):
            say(f"  {offer.name}: {traits}", style="dim")
    for name, package in known.items():
        say(f"  {name}, not installed: pip install {package}", style="dim")
    say()


def _table(offers: Sequence[Offer]) -> list[Column]:
    return [
        Column("name", [offer.name for offer in offers], rank=0, right=False),
        Column("package", [offer.origin for offer in offers], rank=1, right=False),
        Column("class", [offer.target for offer in offers], rank=2, right=False, cut=True),
    ]


def _traits_table(can: Mapping[Offer, Traits]) -> list[Column]:
    def column(head: str, text: Callable[[Traits], str]) -> Column:
        return Column(head, [text(traits) for traits in can.values()], rank=1, right=False)

    return [
        Column("name", [offer.name for offer in can], rank=0, right=False),
        column("domains", lambda traits: " ".join(sorted(traits.domains))),
        column("learns from", _learns_from),
        column("conditions", lambda traits: "yes" if traits.conditions else "no"),
        column("objectives", lambda traits: "several" if traits.multi_objective else "one"),
        column("constraints", _constraints),
    ]


def _learns_from(traits: Traits) -> str:
    if traits.model_free:
        return "nothing"
    return "every result" if traits.intermediate else "last results"


def _constraints(traits: Traits) -> str:
    takes = {"parameters": traits.constraints, "outcomes": traits.outcome_constraints}
    return " ".join(name for name, does in takes.items() if does) or "no"


def _print_problems(problems: Sequence[Problem]) -> None:
    if problems:
        say("problems", style="bold")
    for problem in problems:
        say(f"  {problem}", style="red")


def _data(
    offers: Sequence[Offer],
    can: Mapping[Offer, Traits | str],
    known: Mapping[str, Mapping[str, str]],
    problems: Sequence[Problem],
) -> dict[str, Any]:
    return {
        "plugins": [{**asdict(offer), **_traits_data(can.get(offer))} for offer in offers],
        "not_installed": [
            {"role": role, "name": name, "package": package}
            for role, packages in known.items()
            for name, package in packages.items()
        ],
        "problems": [
            {"package": each.package, "version": each.version, "message": each.message}
            for each in problems
        ],
    }


def _traits_data(traits: Traits | str | None) -> dict[str, Any]:
    if traits is None:
        return {}
    if isinstance(traits, str):
        return {"traits": None, "reason": traits}
    return {"traits": traits.to_json()}
