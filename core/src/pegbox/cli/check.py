"""``pegbox check``: what a script would run, parameter by parameter, without running it."""

from __future__ import annotations

import contextlib
import runpy
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from pegbox._analysis.trials_table import Column
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.construct import import_target
from pegbox._releases.windows import Window, installed, windows_of
from pegbox._run.checked import CheckedConstraint, CheckedParameter, CheckedTuner
from pegbox._run.checking import Check, ResultsNeeded, checking
from pegbox._run.plan import Plan
from pegbox.cli.output import json_option, print_json, print_pairs, say
from pegbox.cli.tables import print_table
from pegbox.errors import PegboxError
from pegbox.resources import Resources
from pegbox.searcher_wrapper import SearcherWrapper
from pegbox.space import Domain, Float, Int
from pegbox.space.listed import Listed
from pegbox.space.normal import Normal

__all__ = ["check"]


@click.command()
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("arguments", nargs=-1)
@click.option("--search-alg", metavar="NAME", help="Check this searcher, not the script's own.")
@click.option("--all", "every", is_flag=True, help="Check every searcher that is installed.")
@json_option
def check(
    script: Path, arguments: tuple[str, ...], search_alg: str | None, every: bool, as_json: bool
) -> None:
    """Say what SCRIPT would run: each parameter as a searcher is shown it, or why it is refused.

    This runs SCRIPT, with all that it does before its tuners are run: only check what you would
    run. A Tuner in it starts no trial and makes no folder; the script ends where it needs
    results. What it prints goes to standard error. Its own arguments stand behind "--".

    The exit code is 1 where something is refused, and where no Tuner is made.
    """
    if search_alg is not None and every:
        raise click.UsageError("--search-alg and --all exclude each other.")
    names: list[str | None] = list(_all_searchers()) if every else [search_alg]
    with checking(names) as found:
        ended = _run(script, arguments)
    if as_json:
        print_json(_data(found, ended))
    else:
        _print(found, script, ended)
    tuners = [one for tuner in found.tuners for one in tuner]
    if ended or not tuners or any(one.refusal for one in tuners):
        sys.exit(1)


def _all_searchers() -> Iterator[str]:
    """Names of all that propose points themselves; those whose class cannot be had, too."""
    for offer in Catalog.discover().offers:
        if offer.role != "searcher":
            continue
        try:
            wraps = issubclass(import_target(offer), SearcherWrapper)
        except PegboxError:
            wraps = False
        if not wraps:
            yield offer.name


def _run(script: Path, arguments: Sequence[str]) -> str:
    """Run the script as Python would.

    Returns:
        What ended it before its end, other than a need for results; empty for nothing.
    """
    with _as_a_program(script, arguments), contextlib.redirect_stdout(sys.stderr):
        try:
            runpy.run_path(str(script), run_name="__main__")
        except ResultsNeeded:
            return ""
        except SystemExit as end:
            return "" if end.code in (None, 0) else f"the script ended with {end.code!r}"
        except PegboxError as error:
            return f"the script raised {type(error).__name__}: {error}"
        except Exception as error:
            traceback.print_exc()
            return f"the script raised {type(error).__name__}: {error}".rstrip(": ")
    return ""


@contextlib.contextmanager
def _as_a_program(script: Path, arguments: Sequence[str]) -> Iterator[None]:
    argv, path = sys.argv, sys.path[:]
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.absolute().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path


# -- for people -------------------------------------------------------------------------------


def _print(found: Check, script: Path, ended: str) -> None:
    for number, tuner in enumerate(found.tuners, 1):
        for one in tuner:
            say(f"tuner {number} of {len(found.tuners)}, {one.where}", style="bold")
            _print_tuner(one)
            say()
    if ended:
        say(ended, style="red")
    if not found.tuners:
        say(f"{script} made no Tuner that could be checked", style="red")


def _print_tuner(one: CheckedTuner) -> None:
    print_pairs(_pairs(one), indent=2)
    if one.parameters:
        say()
        print_table(_table(one.parameters), indent=2)
    if one.constraints:
        say()
        print_table(_constraints(one.constraints), indent=2)
    for refusal in one.refusals:
        say()
        say(f"  refused: {refusal.message}", style="red")
        if refusal.hint:
            say(f"    {refusal.hint}")


def _pairs(one: CheckedTuner) -> dict[str, object]:
    pairs: dict[str, object] = {"searcher": _searcher(one)}
    for window in _windows(one):
        pairs[window.library] = f"{window.found or 'not installed'}: {window.verdict}"
    objectives = [f"{each.metric} ({each.mode})" for each in one.objectives]
    if one.searcher is not None:
        as_one = "" if one.scalarizer is None else ", as one number"
        pairs["objectives"] = (", ".join(objectives) or "none") + as_one
    if one.plan is not None:
        pairs["scheduler"] = one.plan.scheduler.label
        pairs["trials"] = _trials(one.plan)
        pairs["resources"] = _resources(one.plan)
    return pairs


def _searcher(one: CheckedTuner) -> str:
    if one.searcher is None:
        return one.asked or "the script's own"
    return f"{one.searcher.label} ({one.origin})"


def _windows(one: CheckedTuner) -> list[Window]:
    distribution = installed(one.origin.partition(" ")[0])
    try:
        return [] if distribution is None else windows_of(distribution)
    except ValueError:  # the guard has said it
        return []


def _trials(plan: Plan) -> str:
    if plan.num_samples < 0:
        return "until the run is stopped"
    grid = plan.space.grid_size
    return f"{plan.num_samples} x {grid} of the grid" if grid > 1 else str(plan.num_samples)


def _resources(plan: Plan) -> str:
    least, most = _amounts(plan.demand.least), _amounts(plan.demand.most)
    return f"{least} to {most}" if plan.demand.varies else least


def _amounts(resources: Resources) -> str:
    return ", ".join(f"{name} {amount:g}" for name, amount in resources.items()) or "none"


def _table(parameters: Sequence[CheckedParameter]) -> list[Column]:
    how = Column("how", [each.how for each in parameters], rank=1, right=False)
    return [
        Column("parameter", [each.path for each in parameters], rank=0, right=False),
        Column("state", [each.state for each in parameters], rank=0, right=False),
        Column("domain", [_domain(each.domain) for each in parameters], rank=2, right=False),
        *([how] if any(how.cells) else []),
    ]


def _constraints(constraints: Sequence[CheckedConstraint]) -> list[Column]:
    return [
        Column("constraint", [each.text for each in constraints], rank=0, right=False),
        Column("on", [each.on for each in constraints], rank=1, right=False),
        Column("how", [each.how for each in constraints], rank=0, right=False),
    ]


def _domain(domain: Domain | None) -> str:
    if domain is None:
        return "sample_from"
    if isinstance(domain, Float | Int):
        log = ", log" if domain.log else ""
        step = "" if domain.step in (None, 1) else f", step {domain.step:g}"
        return f"{domain.kind} {domain.lower:g} to {domain.upper:g}{log}{step}"
    if isinstance(domain, Normal):
        step = "" if domain.step is None else f", step {domain.step:g}"
        return f"normal {domain.mean:g} ± {domain.sd:g}{step}"
    return f"{domain.kind} of {domain.size}" if isinstance(domain, Listed) else domain.kind


# -- for programs -----------------------------------------------------------------------------


def _data(found: Check, ended: str) -> dict[str, Any]:
    return {
        "tuners": [_tuner_data(one) for tuner in found.tuners for one in tuner],
        "error": ended or None,
    }


def _tuner_data(one: CheckedTuner) -> dict[str, Any]:
    plan, searcher = one.plan, one.searcher
    return {
        "where": one.where,
        "trainable": None if plan is None else plan.trainable_name,
        "searcher": one.asked if searcher is None else searcher.label,
        "package": one.origin or None,
        "releases": [
            {"library": each.library, "found": each.found, "verdict": each.verdict}
            for each in _windows(one)
        ],
        "objectives": [{"metric": each.metric, "mode": each.mode} for each in one.objectives],
        "scalarization": None if one.scalarizer is None else dict(one.scalarizer.described),
        "scheduler": None if plan is None else plan.scheduler.label,
        "num_samples": None if plan is None else plan.num_samples,
        "grid_size": None if plan is None else plan.space.grid_size,
        "resources": None if plan is None else dict(plan.demand.least),
        "resources_at_most": None if plan is None else dict(plan.demand.most),
        "parameters": [
            {
                "path": each.path,
                "domain": _domain(each.domain),
                "state": each.state,
                "how": each.how or None,
            }
            for each in one.parameters
        ],
        "constraints": [
            {"text": each.text, "on": each.on, "native": each.native} for each in one.constraints
        ],
        "refused": [{"message": each.message, "hint": each.hint or None} for each in one.refusals],
    }
