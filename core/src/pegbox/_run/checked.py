"""What a check has found out about one tuner with one searcher: values, and how they are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pegbox._plugins.naming import Label
from pegbox._run.component import Component
from pegbox._run.plan import Plan
from pegbox._run.scalarizing import Scalarizer
from pegbox._run.searcher_checks import refusal_of
from pegbox.constraints import OutcomeConstraint
from pegbox.constraints.allowed import Allowed
from pegbox.errors import PegboxError
from pegbox.objective import Objective
from pegbox.space import Domain, Space
from pegbox.space.presented import show

__all__ = ["CheckedConstraint", "CheckedParameter", "CheckedTuner", "note"]


@dataclass(frozen=True, slots=True)
class CheckedParameter:
    """One parameter, and how a searcher is shown it.

    Attributes:
        path: As in configurations, levels parted by ``/``.
        domain: None for a ``sample_from``, which is computed and never shown.
        state: ``"native"``, ``"mapped"``, ``"refused"`` or ``"computed"``.
        how: How it is mapped, for people.
        refusal: Why it is refused; None where it is not.
    """

    path: str
    domain: Domain | None
    state: str
    how: str = ""
    refusal: PegboxError | None = None


@dataclass(frozen=True, slots=True)
class CheckedConstraint:
    """One constraint, and who holds it.

    Attributes:
        text: As it was written.
        on: ``"parameters"`` or ``"outcomes"``.
        native: Whether the searcher holds it; else pegbox does.
        how: For people.
    """

    text: str
    on: str
    native: bool
    how: str


@dataclass(slots=True)
class CheckedTuner:
    """What one tuner would come to with one searcher.

    Attributes:
        where: File and line that made it.
        asked: The searcher that was asked for; None for the script's own.
        plan: What would be run; None where it is refused.
        searcher: None where it could not be made. ``objectives``: what counts.
        scalarizer: What makes one number of several objectives; None where nothing does.
        refusal: Why it cannot be run, the first reason of all; None where it can.
    """

    where: str
    asked: str | None
    plan: Plan | None = None
    searcher: Component | None = None
    objectives: tuple[Objective, ...] = ()
    scalarizer: Scalarizer | None = None
    parameters: Sequence[CheckedParameter] = ()
    constraints: Sequence[CheckedConstraint] = ()
    refusal: PegboxError | None = None

    @property
    def origin(self) -> str:
        """``"package version"`` that brought the searcher, or the place of its class."""
        if self.searcher is None:
            return ""
        core = self.searcher.core
        return Label(core.name, core.plugin, core.package).origin

    @property
    def refusals(self) -> list[PegboxError]:
        """All reasons: of each parameter, and what else there is."""
        found = [each.refusal for each in self.parameters if each.refusal is not None]
        if self.refusal is not None and self.refusal.message not in {e.message for e in found}:
            found.append(self.refusal)
        return found


def note(
    tuner: CheckedTuner,
    *,
    searcher: Component,
    space: Space,
    objectives: tuple[Objective, ...],
    scalarizer: Scalarizer | None,
    allowed: Allowed,
    outcome_constraints: Sequence[OutcomeConstraint],
    **others: Any,
) -> None:
    """Fill in what is settled before searcher and space are held against each other.

    Args:
        tuner: What has been found out so far.
        **others: Nothing of interest.
    """
    tuner.searcher = searcher
    tuner.objectives = objectives
    tuner.scalarizer = scalarizer
    tuner.parameters = [
        *(_parameter(searcher, space, path, domain) for path, domain in space.domains.items()),
        *(CheckedParameter(path, None, "computed") for path in space.derived),
    ]
    shown = {path: show(domain, searcher.traits) for path, domain in space.domains.items()}
    as_it_is = {path for path, each in shown.items() if each is not None and not each.how}
    tuner.constraints = [
        *_on_parameters(searcher, allowed, as_it_is),
        *_on_outcomes(searcher, outcome_constraints),
    ]


def _parameter(searcher: Component, space: Space, path: str, domain: Domain) -> CheckedParameter:
    presented = show(domain, searcher.traits)
    if presented is None:
        refusal = refusal_of(searcher, path, domain)
        return CheckedParameter(path, domain, "refused", refusal=refusal)
    how = [presented.how] if presented.how else []
    if path in space.conditions and not searcher.traits.conditions:
        how.append("proposed always, used where its condition holds")
    return CheckedParameter(path, domain, "mapped" if how else "native", "; ".join(how))


def _on_parameters(
    searcher: Component, allowed: Allowed, as_it_is: set[str]
) -> Iterator[CheckedConstraint]:
    taken = allowed.native(as_it_is) if searcher.traits.constraints else ()
    texts = {each.text for each in taken}
    for each in allowed.constraints:
        native = str(each) in texts
        how = "held by the searcher" if native else "by asking again"
        yield CheckedConstraint(str(each), "parameters", native, how)


def _on_outcomes(
    searcher: Component, constraints: Sequence[OutcomeConstraint]
) -> Iterator[CheckedConstraint]:
    native = searcher.traits.outcome_constraints
    how = "held by the searcher" if native else "what breaks it is told as failed"
    for each in constraints:
        yield CheckedConstraint(str(each), "outcomes", native, how)
