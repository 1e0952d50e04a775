"""The searcher: pegbox's contract on one side, a model of bayesian-optimization on the other.

Importing this module does not import bayesian-optimization; making a `BayesOptSearch` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pegbox.argument_checks import flag, whole
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.errors import ConfigError
from pegbox.known_points import KnownPoints, parted
from pegbox.objective import Objective
from pegbox.searcher import Point, Searcher, Traits
from pegbox.space import NO_CONDITIONS, Condition, Domain
from pegbox.trial import Outcome

if TYPE_CHECKING:
    from bayes_opt.acquisition import AcquisitionFunction
    from bayes_opt.domain_reduction import DomainTransformer

__all__ = ["BayesOptSearch"]


class BayesOptSearch(Searcher):
    """Proposes points by a Gaussian process. The arguments are Ray Tune's, and more.

    A failed trial counts as the worst result that is known, so that its neighbourhood is left.

    Args:
        space: Parameters that join the run's ``param_space``: a dict of names to bounds as
            bayesian-optimization writes them, such as ``(0, 10)``, or to what ``param_space``
            takes.
        metric: Name of the reported value that counts, where the run names none.
        mode: ``"min"`` or ``"max"``; given with ``metric`` or not at all.
        points_to_evaluate: Configurations, or parts of them, that are proposed first; what one
            leaves out is chosen.
        utility_kwargs: The acquisition function in Ray Tune's words: ``kind``, ``kappa``, ``xi``.
        random_state: A seed of the searcher's own, in the place of the one that follows from the
            run's. (Ray Tune's default is 42.)
        random_search_steps: How many points there are, known or under way, before the first is
            chosen by the model; until then they are drawn at random. None is waited for.
        verbose: Not used: pegbox shows the trials itself.
        patience: How many random points are tried for one that is known already.
        skip_duplicate: Whether to propose a random point in place of one that is known already,
            or under way.
        analysis: A `pegbox.ResultGrid` or `pegbox.ExperimentAnalysis` to learn from; needs
            ``metric``.
        repeat_float_precision: To how many digits of its range a float is compared for that.
        evaluated_rewards: The metric of each of ``points_to_evaluate``, where it is known: they are
            learnt from and not tried again.
        acquisition: ``"ucb"`` (the default), ``"ei"``, ``"poi"``, or an acquisition function of
            bayesian-optimization, which is copied for each ask.
        liar: What is taken for the results of points under way: ``"believer"``, what the model
            expects, or as constant liars of what is known ``"max"`` (the best), ``"mean"`` or
            ``"min"`` (the worst). A `ConstantLiar` brings its own.
        bounds_transformer: True for domain reduction, a dict of its options (``gamma_osc``,
            ``gamma_pan``, ``eta``, ``minimum_window``), or a transformer of bayesian-optimization;
            what is narrowed are parameters of real numbers.
        **acquisition_options: Options of an acquisition function given by name: ``kappa`` (1.0) of
            ``"ucb"``, ``xi`` (0.0) of the others; ``exploration_decay``,
            ``exploration_decay_delay``.

    Raises:
        ConfigError: An argument that cannot be used, named.
    """

    # Not `batches`: where the model is sure of where the best point lies, it proposes it again.
    traits: ClassVar[Traits] = Traits(
        domains=frozenset({"float", "int", "choice"}), ranges=frozenset()
    )

    def __init__(
        self,
        space: Mapping[str, Any] | None = None,
        metric: str | None = None,
        mode: str | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        utility_kwargs: Mapping[str, Any] | None = None,
        random_state: int | None = None,
        random_search_steps: int = 10,
        verbose: int = 0,
        patience: int = 5,
        skip_duplicate: bool = True,
        analysis: Any | None = None,
        repeat_float_precision: int = 5,
        *,
        evaluated_rewards: Sequence[float] | None = None,
        acquisition: str | AcquisitionFunction | None = None,
        liar: str = "believer",
        bounds_transformer: bool | Mapping[str, Any] | DomainTransformer | None = None,
        **acquisition_options: Any,
    ) -> None:
        # First, for it looks at the library's release before that is imported.
        super().__init__(
            metric,
            mode,
            points_to_evaluate=points_to_evaluate,
            evaluated_rewards=evaluated_rewards,
        )
        from pegbox_bayesopt.acquisitions import make_acquisition
        from pegbox_bayesopt.own_space import to_param_space
        from pegbox_bayesopt.reduction import make_transformer

        self.own_space = {} if space is None else to_param_space(space)
        if random_state is not None:
            whole("BayesOptSearch", "random_state", random_state, 0)
        whole("BayesOptSearch", "random_search_steps", random_search_steps, 0)
        whole("BayesOptSearch", "patience", patience, 1)
        whole("BayesOptSearch", "repeat_float_precision", repeat_float_precision, 1)
        flag("BayesOptSearch", "skip_duplicate", skip_duplicate)
        self.own_seed = random_state
        self._random_steps = random_search_steps
        self._redraws = patience if skip_duplicate else 0
        self._digits = repeat_float_precision
        self._acquisition = make_acquisition(acquisition, liar, acquisition_options, utility_kwargs)
        self._transformer = make_transformer(bounds_transformer)
        if analysis is not None:
            self._learn_from(analysis)

    def _learn_from(self, analysis: Any) -> None:
        if not isinstance(self.metric, str):
            raise ConfigError(
                "BayesOptSearch(analysis=...) needs to know which of its values counts",
                hint='Give metric= and mode= too, e.g. metric="loss", mode="min".',
            )
        self.add_evaluated_trials(getattr(analysis, "trials", analysis), self.metric)

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
        """Know nothing yet.

        Raises:
            UnsupportedSpace: A parameter that bayesian-optimization cannot express, named.
            ConfigError: The domain reduction does not fit the space.
        """
        from pegbox_bayesopt.model import Model
        from pegbox_bayesopt.reduction import Reduction

        self._space = dict(space)
        self._points = list(points)
        self._known = KnownPoints(objectives[0].metric)
        reduction = (
            None
            if self._transformer is None
            else Reduction(self._transformer, self._space, self._random_steps)
        )
        self._model = Model(
            self._space,
            self._acquisition,
            random_steps=self._random_steps,
            reduction=reduction,
            redraws=self._redraws,
            digits=self._digits,
        )

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Propose a point, seen from everything told and everything pending."""
        given = self._points[ask] if ask < len(self._points) else {}
        if given.keys() == self._space.keys():
            return given
        under_way, refused = parted(pending)
        point = self._model.propose(self._known.in_order(), under_way, seed % 2**32, refused)
        return {path: given.get(path, point[path]) for path in self._space}

    def on_trial_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """Learn what became of a trial."""
        self.observe(config, result, outcome, trial_id)

    def observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Learn what became of a point, whoever proposed it."""
        self._known.tell(config, result, outcome, trial_id)
