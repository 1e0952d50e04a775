"""The searcher: pegbox's contract on one side, hyperopt's algorithms on the other.

Importing this module does not import hyperopt; setting up a `HyperOptSearch` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pegbox.argument_checks import whole
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.objective import Objective, finite_value
from pegbox.searcher import Point, Searcher, Traits
from pegbox.space import NO_CONDITIONS, Condition
from pegbox.trial import Outcome

from pegbox_hyperopt.options import GAMMA, INITIAL_POINTS, make_algorithm

if TYPE_CHECKING:
    from pegbox_hyperopt.study import Study

__all__ = ["HyperOptSearch"]


class HyperOptSearch(Searcher):
    """Proposes points by one of hyperopt's algorithms. The arguments are Ray Tune's, and more.

    TPE is the tree of Parzen estimators of Bergstra et al., "Algorithms for Hyper-Parameter
    Optimization", 2011; annealing draws near one of the best points, ever closer. Parameters
    inside the values of a choice are hyperopt's own conditional ones.

    Args:
        space: Parameters that join the run's ``param_space``: a dict of names to hyperopt's
            expressions (``hp.uniform`` and so on), or to what ``param_space`` takes.
        metric: Name of the reported value that counts, where the run names none.
        mode: ``"min"`` or ``"max"``; given with ``metric`` or not at all.
        points_to_evaluate: Configurations, or parts of them, that are proposed first; what one
            leaves out is the algorithm's to choose.
        n_initial_points: How many results TPE waits for; until then its points are drawn at
            random. hyperopt calls it ``n_startup_jobs``.
        random_state_seed: A seed of the searcher's own, in the place of the one that follows from
            the run's.
        gamma: ``gamma * sqrt(n)`` of ``n`` trials, at most 25, count as good for TPE.
        algorithm: ``"tpe"`` (the default), ``"anneal"`` or ``"random"``.
        evaluated_rewards: The metric of each of ``points_to_evaluate``, where it is known: they are
            learnt from and not tried again.
        **algorithm_options: Of TPE ``n_EI_candidates`` (24: the best of so many draws is
            proposed) and ``prior_weight`` (1.0: of the space itself beside the trials). Of
            annealing ``avg_best_idx`` (2.0: mean rank of the point that it draws near) and
            ``shrink_coef`` (0.1: how much closer with each trial).

    Raises:
        ConfigError: An unknown algorithm or option, named; an expression of hyperopt's that
            cannot be used.
    """

    #: Of TPE. Random search takes no notice of results, and annealing none of what is pending.
    traits: ClassVar[Traits] = Traits(
        domains=frozenset({"float", "int", "choice", "normal"}),
        ranges=frozenset({"log"}),
        conditions=True,
        batches=True,
    )

    def __init__(
        self,
        space: Mapping[str, Any] | None = None,
        metric: str | None = None,
        mode: str | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        n_initial_points: int = INITIAL_POINTS,
        random_state_seed: int | None = None,
        gamma: float = GAMMA,
        algorithm: str = "tpe",
        evaluated_rewards: Sequence[float] | None = None,
        **algorithm_options: Any,
    ) -> None:
        super().__init__(
            metric,
            mode,
            points_to_evaluate=points_to_evaluate,
            evaluated_rewards=evaluated_rewards,
        )
        if random_state_seed is not None:
            whole("HyperOptSearch", "random_state_seed", random_state_seed, 0)
        self.own_seed = random_state_seed
        self._algorithm = make_algorithm(algorithm, n_initial_points, gamma, algorithm_options)
        blind = algorithm == "random"
        self.traits = replace(  # type: ignore[misc]
            self.traits, batches=algorithm != "anneal", model_free=blind, multi_objective=blind
        )
        if space is not None:
            from pegbox_hyperopt.own_space import to_param_space

            self.own_space = to_param_space(space)

    def setup(
        self,
        space: Mapping[str, Any],
        objectives: Sequence[Objective],
        seed: int,
        num_samples: int,
        conditions: Mapping[str, Condition] = NO_CONDITIONS,
        points: Sequence[Point] = (),
        parameter_constraints: Sequence[LinearConstraint] = (),
        outcome_constraints: Sequence[OutcomeConstraint] = (),
    ) -> None:
        """Write the space as hyperopt's expressions.

        Raises:
            UnsupportedSpace: A parameter that hyperopt cannot compute with, named.
        """
        from pegbox_hyperopt.study import Study

        #: Empty where nothing counts, for an algorithm that does not learn.
        self._metric = objectives[0].metric if objectives else ""
        self._points = list(points)
        self._study: Study = Study(self._algorithm, space, conditions)

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Propose a point, seen from everything told and everything pending."""
        given = self._points[ask] if ask < len(self._points) else {}
        return self._study.ask(trial_id, pending, seed, given)

    def on_trial_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """Take in how a trial ended."""
        self.observe(config, result, outcome, trial_id)

    def observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Take in a trial, whoever proposed it."""
        loss = None if outcome == "failed" else finite_value(result, self._metric)
        self._study.add(trial_id, config, loss)
