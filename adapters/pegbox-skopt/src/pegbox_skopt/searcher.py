"""The searcher: pegbox's contract on one side, skopt's models on the other.

Importing this module does not import skopt; setting a `SkOptSearch` up does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pegbox.argument_checks import flag, whole
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import WAIT, Signal
from pegbox.errors import ConfigError
from pegbox.known_points import KnownPoint, KnownPoints, parted
from pegbox.objective import Objective
from pegbox.searcher import Point, Searcher, Traits
from pegbox.space import NO_CONDITIONS, Condition, Domain
from pegbox.trial import Outcome

from pegbox_skopt.settings import OWNER, Settings

if TYPE_CHECKING:
    from pegbox_skopt.proposals import Proposals

__all__ = ["SkOptSearch"]


class SkOptSearch(Searcher):
    """Proposes points by a model of scikit-optimize. The arguments are Ray Tune's, and more.

    Args:
        optimizer: Refused: an optimizer of skopt's keeps what it drew, and would not go on the
            same way after a restore. Its arguments are given here.
        space: Parameters that join the run's ``param_space``: a dict of names to skopt's
            dimensions, to tuples ``(lower, upper)`` or ``(lower, upper, "log-uniform")``, to lists
            of categories, or to what ``param_space`` takes.
        metric: Name of the reported value that counts, where the run names none.
        mode: ``"min"`` or ``"max"``; given with ``metric`` or not at all.
        points_to_evaluate: Configurations, or parts of them, that are proposed first; what one
            leaves out is skopt's to choose.
        evaluated_rewards: The metric of each of ``points_to_evaluate``, where it is known: they are
            learnt from and not tried again.
        convert_to_python: True: values are plain Python numbers in any case.
        max_concurrent: The most points without an answer; None for any number.
        estimator: The model: ``"gp"`` (a Gaussian process), ``"rf"`` (a random forest), ``"et"``
            (extra trees), ``"gbrt"`` (gradient boosting) where scikit-learn's release allows it,
            or a regressor whose ``predict`` takes ``return_std``.
        acq_func: What is sought: ``"EI"`` (expected improvement), ``"LCB"`` (lower confidence
            bound), ``"PI"`` (probability of improvement), or ``"gp_hedge"`` (one of these three,
            drawn anew for each point).
        acq_optimizer: ``"sampling"``, ``"lbfgs"``, or ``"auto"`` for what fits the estimator.
        xi: How much better than the best a point has to be, for EI and PI; in the metric's units.
        kappa: How many standard deviations LCB looks below the mean.
        n_initial_points: How many results there are to be before the model proposes.
        initial_point_generator: How these are spread: ``"random"``, ``"sobol"``, ``"halton"``,
            ``"hammersly"``, ``"lhs"`` (a Latin hypercube) or ``"grid"``.
        liar: The loss that a point under way counts with (Ginsbourger, Le Riche and Carraro,
            2010): what the model predicts of it (``"believer"``), or of the known ones the
            least, the mean or the largest (``"cl_min"``, ``"cl_mean"``, ``"cl_max"``).
        seed: A seed of the searcher's own, in the place of the one that follows from the run's.

    Raises:
        ConfigError: An option that there is not, named with the nearest; a space that is none.
    """

    traits: ClassVar[Traits] = Traits(
        domains=frozenset({"float", "int", "choice"}), ranges=frozenset({"log"})
    )

    def __init__(
        self,
        optimizer: Any = None,
        space: Mapping[str, Any] | Sequence[Any] | None = None,
        metric: str | None = None,
        mode: str | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        evaluated_rewards: Sequence[float] | None = None,
        convert_to_python: bool = True,
        max_concurrent: int | None = None,
        *,
        estimator: Any = "gp",
        acq_func: str = "EI",
        acq_optimizer: str = "auto",
        xi: float = 0.01,
        kappa: float = 1.96,
        n_initial_points: int = 10,
        initial_point_generator: str = "random",
        liar: str = "believer",
        seed: int | None = None,
    ) -> None:
        super().__init__(
            metric,
            mode,
            points_to_evaluate=points_to_evaluate,
            evaluated_rewards=evaluated_rewards,
        )
        _refuse_optimizer(optimizer)
        _check_python(convert_to_python)
        for name, number, least in (("max_concurrent", max_concurrent, 1), ("seed", seed, 0)):
            if number is not None:
                whole(OWNER, name, number, least)
        # Of the others, what is known well near the best draws points together.
        apart = liar in ("cl_mean", "cl_max")
        self.traits = replace(self.traits, batches=apart)  # type: ignore[misc]
        self._most_pending = max_concurrent
        self.own_seed = seed
        self._settings = Settings(
            estimator=estimator,
            acq_func=acq_func,
            acq_optimizer=acq_optimizer,
            xi=xi,
            kappa=kappa,
            n_initial_points=n_initial_points,
            initial_point_generator=initial_point_generator,
            liar=liar,
        )
        if space is not None:
            from pegbox_skopt.own_space import to_param_space

            self.own_space = to_param_space(space)

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
        """See whether the estimator works, and spread the initial points.

        Raises:
            UnsupportedSpace: A parameter that skopt cannot express, named.
            ConfigError: There is not exactly one objective; or the estimator or what is sought
                with it does not work with the installed scikit-learn.
        """
        from pegbox_skopt.proposals import Proposals
        from pegbox_skopt.rehearsal import rehearse

        if len(objectives) != 1:
            raise ConfigError(
                f"{OWNER} needs exactly one objective, got {len(objectives)}",
                hint='Give metric= and mode= ("min" or "max").',
            )
        rehearse(self._settings)
        self._points = list(points)
        self._proposals: Proposals = Proposals(space, self._settings, seed)
        self._known = KnownPoints(objectives[0].metric)

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Propose a point, seen from everything told and everything pending."""
        under_way, refused = parted(pending)
        if self._most_pending is not None and len(under_way) >= self._most_pending:
            return WAIT
        given = self._points[ask] if ask < len(self._points) else {}
        # No result can come of what was refused: it is as good as failed.
        known = [*self._known.in_order(), *(KnownPoint(point, None) for point in refused)]
        # At a restore new ones may have come after asks that were answered without.
        since = ask - sum(bool(point) for point in self._points[:ask])
        return {**self._proposals.propose(known, under_way, since, seed), **given}

    def on_trial_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """Take in how a trial ended."""
        self._known.tell(config, result, outcome, trial_id)

    def observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Take in a trial of someone else's."""
        self._known.tell(config, result, outcome, trial_id)


def _refuse_optimizer(optimizer: object) -> None:
    if optimizer is not None:
        raise ConfigError(
            f"{OWNER}(optimizer=...) is not taken: an optimizer of skopt's keeps what it drew, and "
            "would not go on the same way after a restore",
            hint=f"Write {OWNER}(space={{name: dimension}}, estimator=..., acq_func=...). Results "
            "that you have are made known with add_evaluated_point(parameters, value).",
        )


def _check_python(convert: object) -> None:
    flag(OWNER, "convert_to_python", convert)
    if not convert:
        raise ConfigError(
            f"{OWNER}(convert_to_python=False) is not taken: configurations are stored, and hold "
            "plain Python numbers in any case",
            hint="Leave convert_to_python out.",
        )
