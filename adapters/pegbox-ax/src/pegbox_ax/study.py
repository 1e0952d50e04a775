"""One run's dealings with Ax: what it is told, and what an ask makes of that.

Owns the order of what is known, and which of Ax's ways an ask goes: the centre of the space, the
Sobol sequence, or the model.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pegbox.constraints import LinearConstraint
from pegbox.searcher import Point
from pegbox.space import Condition, Domain

from pegbox_ax.experiment import Known, make_experiment
from pegbox_ax.model import FAILURES, next_parameters
from pegbox_ax.parameters import Parameters
from pegbox_ax.problem import Problem
from pegbox_ax.settings import Settings
from pegbox_ax.sobol import SobolSequence, point_inside

__all__ = ["Study"]

#: How many points of the Sobol sequence are looked at for one that the constraints allow.
_LOOKED_AT: Final = 5000

#: How many of them may have been tried before, until one is tried again.
_REPEATED: Final = 64


class Study:
    """What is known of one run.

    Args:
        space: Flat path to domain, without logarithms or steps.
        conditions: Path to condition, for parameters that have one.
        constraints: Between parameters that always exist.
        problem: What counts.
        settings: How to search.
        seed: Of the Sobol sequence.

    Raises:
        UnsupportedSpace: A parameter that Ax has nothing like, named.
    """

    def __init__(
        self,
        space: Mapping[str, Domain],
        conditions: Mapping[str, Condition],
        constraints: Sequence[LinearConstraint],
        problem: Problem,
        settings: Settings,
        seed: int,
    ) -> None:
        self.problem = problem
        self._settings = settings
        self._parameters = Parameters(space, conditions, constraints)
        self._sobol = SobolSequence(len(self._parameters), seed)
        #: By the numbers of trials, and then in the order of telling.
        self._known: dict[tuple[int, int], Known] = {}
        #: Kinds of errors that the user has heard of.
        self._said: set[str] = set()

    def tell(self, number: int, known: Known) -> None:
        """Take in a trial that has ended.

        Args:
            number: The trial's, in the order of the asks; -1 for one of another experiment.
        """
        self._known[number, len(self._known)] = known

    def ask(
        self, ask: int, pending: Iterable[Point], given: Point, refused: Sequence[Point] = ()
    ) -> dict[str, float | int]:
        """The next point.

        Args:
            ask: Number of the ask, from 0.
            pending: Points of trials under way, in the order of their trials.
            given: Values that are not Ax's to choose.
            refused: What was given for the same trial before, and is not wanted.
        """
        known = [self._known[key] for key in sorted(self._known)]
        running = list(pending)
        taken = [*(each.point for each in known), *running, *refused]
        if not (given or self._begins(known, running) or self._parameters.used_up(taken)):
            point = self._modelled(known, [*running, *refused])
            # Whole numbers may have come to lie beyond a constraint by their rounding.
            if point is not None and self._parameters.allows(point) and point not in taken:
                return point
        return self._next(ask, taken, given)

    def _modelled(
        self, known: Sequence[Known], running: Sequence[Point]
    ) -> dict[str, float | int] | None:
        """The model's point; None where it has none."""
        settings = self._settings
        try:
            experiment = make_experiment(self._parameters, self.problem, known, running)
            found = next_parameters(experiment, settings.method, settings.torch_device)
        except FAILURES as error:
            self._say(error)
            return None
        return self._parameters.point(found)

    def _begins(self, known: Sequence[Known], running: Sequence[Point]) -> bool:
        """Whether the model has to wait for more trials or results."""
        measured = sum(each.measured is not None for each in known)
        return (
            self._settings.method == "random_search"
            or measured < self._settings.min_observed_initialization_trials
            or measured + len(running) < self._settings.initialization_budget
        )

    def _say(self, error: BaseException) -> None:
        """Say why the model is not used; the same once."""
        kind = type(error).__name__
        if kind not in self._said:
            self._said.add(kind)
            logging.getLogger("pegbox").warning(
                "Ax's model has no point to try, so its Sobol sequence goes on, with this ask and "
                "where that is so again: %s: %s",
                *(kind, error),
            )

    def _next(self, ask: int, taken: Sequence[Point], given: Point) -> dict[str, float | int]:
        """The centre, or what follows in the Sobol sequence."""
        if ask == 0 and self._settings.initialize_with_center and not taken and not given:
            centre = self._parameters.spread([0.5] * len(self._parameters), {})
            if self._parameters.allows(centre):
                return centre
        return self._new(ask, taken, given)

    def _new(self, ask: int, taken: Sequence[Point], given: Point) -> dict[str, float | int]:
        """The next point of the Sobol sequence that is allowed and, if there is one, new."""
        repeated: list[dict[str, float | int]] = []
        for number in range(ask, ask + _LOOKED_AT):
            point = self._parameters.spread(self._sobol[number], given)
            if not self._parameters.allows(point):
                continue
            if point not in taken:
                return point
            repeated.append(point)
            if len(repeated) == _REPEATED:
                break
        if repeated or given:
            return (repeated or [point])[0]
        return self._parameters.point(point_inside(self._parameters.search_space))
