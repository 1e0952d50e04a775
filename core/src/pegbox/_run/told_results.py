"""How a result reads to the run's searcher: minimized, as one number where that is wanted, and as
failed where it breaks what the searcher knows nothing of."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegbox._run.scalarizing import SCALARIZED, Scalarizer
from pegbox.constraints import OutcomeConstraint
from pegbox.nearest import did_you_mean
from pegbox.objective import Objective
from pegbox.trial import Outcome

__all__ = ["ToldResults", "in_told_terms"]

_logger: Final = logging.getLogger("pegbox")


def in_told_terms(
    constraints: Sequence[OutcomeConstraint], objectives: Sequence[Objective]
) -> tuple[OutcomeConstraint, ...]:
    """Outcome constraints as they read in results whose objectives are minimized.

    Args:
        objectives: Those that the searcher is told.
    """
    turned = {each.metric for each in objectives if each.mode == "max"}
    return tuple(
        OutcomeConstraint(
            {
                name: -coefficient if name in turned else coefficient
                for name, coefficient in each.coefficients.items()
            },
            each.bound,
            each.text,
        )
        for each in constraints
    )


class ToldResults:
    """Results in one searcher's terms.

    Args:
        objectives: The run's.
        scalarizer: Makes one number of them; None where the searcher is told all.
        constraints: What a result must satisfy.
        knows_constraints: Whether the searcher is given them.
    """

    def __init__(
        self,
        objectives: Sequence[Objective],
        scalarizer: Scalarizer | None = None,
        constraints: Sequence[OutcomeConstraint] = (),
        *,
        knows_constraints: bool = False,
    ) -> None:
        self._objectives = tuple(objectives)
        self._scalarizer = scalarizer
        self._constraints = tuple(constraints)
        self._knows_constraints = knows_constraints
        self._missed: set[str] = set()

    def result(self, result: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """The result with its objectives turned so that less is better, or with their one number.

        Raises:
            ConfigError: The user's scalarization raised.
        """
        if result is None:
            return None
        losses = {
            objective.metric: loss
            for objective in self._objectives
            if (loss := objective.loss(result)) is not None
        }
        if self._scalarizer is None:
            return {**result, **losses}
        whole = len(losses) == len(self._objectives)
        return {**result, SCALARIZED: self._scalarizer(losses)} if whole else dict(result)

    def outcome(self, result: Mapping[str, Any] | None, outcome: Outcome) -> Outcome:
        """How a trial ended in the searcher's eyes.

        A result that breaks a constraint which the searcher does not know counts as failed, and so
        does one for which a constraint or the scalarization cannot be computed.

        Args:
            result: In the user's terms; the last.
            outcome: How it ended; failed where an objective is missing.

        Raises:
            ConfigError: The user's scalarization raised.
        """
        if outcome == "failed" or result is None:
            return outcome
        for each in self._constraints:
            excess = each.excess(result)
            if excess is None:
                self._say_missing(each, result)
            if excess is None or (excess > 0 and not self._knows_constraints):
                return "failed"
        if self._scalarizer is None:
            return outcome
        told = self.result(result) or {}
        return outcome if math.isfinite(told.get(SCALARIZED, math.nan)) else "failed"

    def _say_missing(self, constraint: OutcomeConstraint, result: Mapping[str, Any]) -> None:
        """Once for each metric: with a name that never comes, no trial would be feasible."""
        for name in constraint.coefficients:
            if name not in result and name not in self._missed:
                self._missed.add(name)
                meant = did_you_mean(name, result)
                _logger.warning(
                    "a trial ended without %r, which the outcome constraint %r needs: such trials "
                    "are not feasible%s",
                    *(name, str(constraint), f". {meant}" if meant else ""),
                )
