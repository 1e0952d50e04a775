"""The searcher: pegbox's contract on one side, Ax on the other.

Importing this module imports neither Ax nor torch; `AxSearch.setup` does.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

from pegbox.argument_checks import whole
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.errors import ConfigError
from pegbox.known_points import parted
from pegbox.objective import Objective
from pegbox.searcher import Point, Searcher, Traits
from pegbox.space import NO_CONDITIONS, Condition, Domain, conform_point
from pegbox.trial import Outcome, trial_number

from pegbox_ax import settings
from pegbox_ax.own_space import to_param_space
from pegbox_ax.settings import Settings
from pegbox_ax.tune_arguments import refuse_elsewhere, refuse_unknown

if TYPE_CHECKING:
    from pegbox_ax.study import Study

__all__ = ["AxSearch"]


class AxSearch(Searcher):
    """Proposes points by Ax: the centre of the space, a Sobol sequence, then a model's points.

    The arguments are Ray Tune's, and those of Ax's ``configure_generation_strategy`` by its names.
    An ask takes from half a second to some seconds, so one point is asked for ahead.

    Args:
        space: Parameters that join the run's ``param_space``: what that takes, or a list of
            parameters as Ax takes them.
        metric: Name of the reported value that counts, where the run names none; or several.
        mode: ``"min"`` or ``"max"``; given with ``metric`` or not at all.
        points_to_evaluate: Configurations, or parts of them, that are proposed first; what one
            leaves out comes from the Sobol sequence.
        parameter_constraints: Refused, as is ``outcome_constraints``: they are the run's, and
            `TuneConfig` takes them. Ax gets all that are linear.
        ax_client: Refused: what is known lies in the experiment's own store.
        evaluated_rewards: The metric of each of ``points_to_evaluate``, where it is known: they are
            learnt from and not tried again.
        seed: A seed of the searcher's own, in the place of the one that follows from the run's.
        method: ``"fast"`` (a Gaussian process), ``"quality"`` (a fully Bayesian one with input
            warping, which takes many times as long and needs ``botorch[fully_bayesian]``), or
            ``"random_search"`` (the Sobol sequence alone).
        initialization_budget: How many trials, failed ones not counted, come before the model.
        min_observed_initialization_trials: How many of them must have a result; None for half.
            Until then the Sobol sequence goes on: no slot waits.
        initialize_with_center: Whether the first trial is the centre of the space, where no other
            was known.
        standard_errors: For noisy objectives: name of a metric to the name of the reported value
            that has its standard error. Without it Ax infers the noise. A trial that reports none
            counts with the mean of the others.
        objective_weights: Metric to weight: several objectives become one sum, in which less is
            better for each. Without it Ax looks for the Pareto set.
        torch_device: Torch's name of where the model computes, as in ``"cuda"``.
        verbose_logging: Show what Ax logs, and warnings of the libraries below it.
        **ax_kwargs: Refused by name: what else Ray Tune hands on to Ax's client.

    Raises:
        ConfigError: An unknown argument, or a value that cannot be, named.
        MissingDependency: Ax is not installed in a release that this works with, or the method
            needs packages that are not there.
    """

    # No logarithms: core shows them as ranges of the logarithm, which is what Ax makes of them; of
    # whole numbers on a logarithmic scale it would make a list of all.
    # One point ahead: after 20 trials of Branin it came out no worse than none (seeds 1 to 3);
    # three ahead were no better than random search.
    traits: ClassVar[Traits] = Traits(
        domains=frozenset({"float", "int", "choice"}),
        ranges=frozenset({"step"}),
        conditions=True,
        multi_objective=True,
        constraints=True,
        outcome_constraints=True,
        batches=True,
        lookahead=1,
    )

    def __init__(
        self,
        space: Mapping[str, Any] | Sequence[Any] | None = None,
        metric: str | Sequence[str] | None = None,
        mode: str | Sequence[str] | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        parameter_constraints: Sequence[Any] | None = None,
        outcome_constraints: Sequence[Any] | None = None,
        ax_client: object | None = None,
        *,
        evaluated_rewards: Sequence[float | Sequence[float]] | None = None,
        seed: int | None = None,
        method: str = "fast",
        initialization_budget: int = 5,
        min_observed_initialization_trials: int | None = None,
        initialize_with_center: bool = True,
        standard_errors: Mapping[str, str] | None = None,
        objective_weights: Mapping[str, float] | None = None,
        torch_device: str | None = None,
        verbose_logging: bool = False,
        **ax_kwargs: Any,
    ) -> None:
        super().__init__(
            metric,
            mode,
            points_to_evaluate=points_to_evaluate,
            evaluated_rewards=evaluated_rewards,
        )
        refuse_elsewhere(
            ax_client=ax_client,
            parameter_constraints=parameter_constraints,
            outcome_constraints=outcome_constraints,
        )
        refuse_unknown(ax_kwargs, tuple(inspect.signature(AxSearch).parameters)[:-1])
        if seed is not None:
            whole("AxSearch", "seed", seed, 0)
        if min_observed_initialization_trials is None:
            whole("AxSearch", "initialization_budget", initialization_budget, 0)
            # The model needs a result to begin with.
            min_observed_initialization_trials = max(1, initialization_budget // 2)
        self.own_space = {} if space is None else to_param_space(space)
        self.own_seed = seed
        self._settings = Settings(
            method=method,
            initialization_budget=initialization_budget,
            min_observed_initialization_trials=min_observed_initialization_trials,
            initialize_with_center=initialize_with_center,
            torch_device=torch_device,
            verbose_logging=verbose_logging,
        )
        self._standard_errors = settings.standard_errors(standard_errors)
        self._weights = settings.objective_weights(objective_weights)

    def setup(
        self,
        space: Mapping[str, Domain],
        objectives: Sequence[Objective],
        seed: int,
        num_samples: int,
        conditions: Mapping[str, Condition] = NO_CONDITIONS,
        points: Sequence[Point] = (),
        parameter_constraints: Sequence[LinearConstraint] = (),
        outcome_constraints: Sequence[OutcomeConstraint] = (),
    ) -> None:
        """Import Ax and describe the run to it.

        Raises:
            UnsupportedSpace: A parameter that Ax cannot express, named.
            ConfigError: There is no objective, a metric that is none of the run's, or a device
                that torch cannot use.
        """
        from pegbox_ax.quiet import import_quietly

        import_quietly()
        from pegbox_ax.model import check_device
        from pegbox_ax.problem import Problem
        from pegbox_ax.study import Study

        if not objectives:
            raise ConfigError(
                "AxSearch needs an objective, got none",
                hint='Give metric= and mode= ("min" or "max").',
            )
        self._check_metrics(objectives, outcome_constraints)
        check_device(self._settings.torch_device)
        self._space = dict(space)
        self._conditions = dict(conditions)
        self._points = list(points)
        with self._at_work(seed):
            problem = Problem(objectives, outcome_constraints, self._standard_errors, self._weights)
            self._study: Study = Study(
                space, conditions, parameter_constraints, problem, self._settings, seed
            )

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Propose a point, seen from everything told and everything pending."""
        given = self._points[ask] if ask < len(self._points) else {}
        running, refused = parted(pending)
        with self._at_work(seed):
            return self._study.ask(ask, running, given, refused)

    def on_trial_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """Learn how a trial ended; one that was stopped counts with its last result."""
        self._tell(trial_id, config, result, "failed" if error else outcome)

    def observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Learn of a trial of someone else's.

        Raises:
            ConfigError: The point is not in the space; the parameter is named.
        """
        self._tell(trial_id, conform_point(config, self._space, self._conditions), result, outcome)

    def _tell(
        self,
        trial_id: str | None,
        point: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
    ) -> None:
        from pegbox_ax.experiment import Known

        measured = None if outcome == "failed" else self._study.problem.measured(result)
        self._study.tell(_number(trial_id), Known(dict(point), measured))

    def _at_work(self, seed: int) -> AbstractContextManager[None]:
        from pegbox_ax.quiet import at_work

        return at_work(seed % 2**32, self._settings.verbose_logging)

    def _check_metrics(
        self, objectives: Sequence[Objective], constraints: Sequence[OutcomeConstraint]
    ) -> None:
        counted = {each.metric for each in objectives}
        reported = counted | {metric for each in constraints for metric in each.coefficients}
        settings.refuse_unknown_metrics("standard_errors", self._standard_errors, reported)
        settings.refuse_unknown_metrics("objective_weights", self._weights, counted)


def _number(trial_id: str | None) -> int:
    return -1 if trial_id is None else trial_number(trial_id)
