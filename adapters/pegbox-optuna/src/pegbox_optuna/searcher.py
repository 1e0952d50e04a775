"""The searcher: pegbox's contract on one side, an Optuna study on the other.

Importing this module does not import Optuna; making an `OptunaSearch` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pegbox.argument_checks import whole
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.searcher import EvaluatedPoint, Point, Searcher, Traits
from pegbox.space import NO_CONDITIONS, Condition, Domain, conform_point
from pegbox.text import shown
from pegbox.trial import Outcome

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

    from pegbox_optuna.define_by_run import DefineByRun
    from pegbox_optuna.study import OrderedStudy
    from pegbox_optuna.told import Told

__all__ = ["OptunaSearch"]


class OptunaSearch(Searcher):
    """Proposes points by one of Optuna's samplers. The arguments are Ray Tune's, and more.

    Every sampler goes on with the same points after a restore, but for brute force where
    ``parameter_constraints`` leave points out: that goes through the others in another order then.

    Args:
        space: Parameters that join the run's ``param_space``: a dict of names to Optuna's
            distributions, or to what ``param_space`` takes. Or a function of a trial that suggests
            them while it runs (``trial.suggest_float("lr", 1e-4, 1e-1, log=True)``) and may return
            a dict of constants; a ``/`` in a name stands for nesting. It is run for each trial,
            and again at a restore, so it should depend on nothing but what it suggests.
        metric: Name of the reported value that counts, where the run names none; or several.
        mode: ``"min"`` or ``"max"``, for each; given with ``metric`` or not at all.
        points_to_evaluate: Configurations, or parts of them, that are proposed first; what one
            leaves out is the sampler's to choose. Where ``space`` is a function they go by the
            number of the trial, so that new ones at a restore are tried only as far as they stand
            in the list behind the trials that there are.
        sampler: ``"tpe"`` (the default), ``"gp"`` (needs the packages torch and scipy),
            ``"cmaes"`` (needs cmaes), ``"nsgaii"``, ``"nsgaiii"``, ``"qmc"`` (needs scipy),
            ``"random"``, ``"brute_force"``; or a sampler object of Optuna's, which is copied for
            the run.
        study_name: Refused, as is ``storage``: what is known lies in the experiment's own store.
        seed: A seed of the searcher's own, in the place of the one that follows from the run's.
        evaluated_rewards: The metric of each of ``points_to_evaluate``, where it is known: they are
            learnt from and not tried again.
        **sampler_options: Options of the sampler's class, for a sampler given by name.

    Raises:
        ConfigError: An unknown sampler or option, named; a space or a study of Optuna's that
            cannot be used.
        MissingDependency: The sampler needs a package that is not installed.
    """

    # Of the default sampler; an object has those of its own. Not `intermediate`: of a stopped
    # trial TPE looks at the last result alone, and that one comes with the end. So a restore,
    # which tells no earlier ones, leaves nothing out.
    traits: ClassVar[Traits] = Traits(
        ranges=frozenset({"log", "step"}),
        conditions=True,
        multi_objective=True,
        outcome_constraints=True,
        batches=True,
    )

    #: The function of a space that is one, and points that the user gave in its names.
    _defined: DefineByRun | None = None
    _defined_points: Sequence[Mapping[str, Any]] = ()
    _defined_known: tuple[EvaluatedPoint, ...] = ()

    def __init__(
        self,
        space: Mapping[str, Any] | Callable[..., Any] | None = None,
        metric: str | Sequence[str] | None = None,
        mode: str | Sequence[str] | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        sampler: str | BaseSampler | None = None,
        study_name: str | None = None,
        storage: Any | None = None,
        seed: int | None = None,
        evaluated_rewards: Sequence[float | Sequence[float]] | None = None,
        **sampler_options: Any,
    ) -> None:
        # First, for it looks at Optuna's release before that is imported.
        super().__init__(
            metric,
            mode,
            points_to_evaluate=points_to_evaluate,
            evaluated_rewards=evaluated_rewards,
        )
        from pegbox_optuna.own_space import to_param_space
        from pegbox_optuna.sampler_table import kind_of
        from pegbox_optuna.samplers import make_sampler

        _refuse_study(study_name=study_name, storage=storage)
        if seed is not None:
            whole("OptunaSearch", "seed", seed, 0)
        self.own_seed = seed
        self._given_sampler = make_sampler(sampler, sampler_options)
        self._kind = kind_of(self._given_sampler)
        self.traits = self._kind.traits  # type: ignore[misc]
        if callable(space):
            self._define(space)
        elif space is not None:
            self.own_space = to_param_space(space)

    def _define(self, function: Callable[..., Any]) -> None:
        from pegbox_optuna.define_by_run import DefineByRun

        self._defined = DefineByRun(function)
        if self.traits.exhaustive:
            self._defined.refuse_endless()
        self.added_names = self._defined.names
        # The core sees none of these parameters, so it cannot tell whether points are apart.
        self.traits = replace(self.traits, batches=True)  # type: ignore[misc]
        points = self.points_to_evaluate
        if not isinstance(points, list | tuple) or not all(isinstance(p, Mapping) for p in points):
            raise ConfigError(
                f"points_to_evaluate must be a list of configurations, got {shown(points)}",
                hint='Write points_to_evaluate=[{"lr": 0.1}].',
            )
        self._defined_points = [self._defined.check_point(point) for point in points]
        self.points_to_evaluate = ()
        self._keep_evaluated()

    def add_evaluated_point(
        self,
        parameters: Mapping[str, Any],
        value: float | Sequence[float],
        error: bool = False,
        pruned: bool = False,
        intermediate_values: Sequence[float] | None = None,
    ) -> None:
        """See `pegbox.searcher.Searcher.add_evaluated_point`."""
        super().add_evaluated_point(parameters, value, error, pruned, intermediate_values)
        self._keep_evaluated()

    def _keep_evaluated(self) -> None:
        """What a function suggests is no point of the core's."""
        if self._defined is not None:
            for known in self.evaluated_points:
                self._defined.recall(known.parameters, -1)
            self._defined_known = (*self._defined_known, *self.evaluated_points)
            self.evaluated_points = ()

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
        """Open a study in memory.

        Raises:
            UnsupportedSpace: A parameter that Optuna cannot express, named.
            ConfigError: There is no objective, or a name of the space is the function's, too.
        """
        from pegbox_optuna.samplers import report_unmodelled, seed_for_run
        from pegbox_optuna.steady import steadied
        from pegbox_optuna.study import OrderedStudy

        if not objectives and not self.traits.model_free:
            raise ConfigError(
                "OptunaSearch learns from results, and there is no objective",
                hint='Give metric= and mode= ("min" or "max").',
            )
        self._metrics = [objective.metric for objective in objectives]
        self._outcome_constraints = tuple(outcome_constraints)
        self._space: dict[str, Domain] = dict(space)
        self._conditions = dict(conditions) if self.traits.conditions else {}
        self._points = list(points)
        branches = self._defined.branches if self._defined is not None else ()
        report_unmodelled(self._given_sampler, self._space, branches)
        self._sampler = steadied(self._given_sampler, seed)
        seed_for_run(self._sampler, seed)
        self._study: OrderedStudy = OrderedStudy(
            self._sampler,
            self._space,
            self._conditions,
            objectives=max(len(objectives), 1),
            defined=self._defined,
            expects=self._kind.expects,
        )
        if self._defined is not None:
            self._defined.keep_apart({path.partition("/")[0] for path in space})
            self._tell_evaluated(self._defined, objectives)

    def _tell_evaluated(self, defined: DefineByRun, objectives: Sequence[Objective]) -> None:
        for known in self._defined_known:
            if self._space:
                raise ConfigError(
                    "OptunaSearch has evaluated points of a function, and param_space has "
                    f"{', '.join(map(repr, self._space))} beside it",
                    hint="Let the function suggest these too.",
                )
            values = known.value if isinstance(known.value, list | tuple) else [known.value]
            named = {each.metric: value for each, value in zip(objectives, values, strict=True)}
            result = {each.metric: each.loss(named) for each in objectives}
            self._study.add_defined(known.parameters, self._told(result, known.outcome))

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Propose a point, seen from everything told and everything pending."""
        from pegbox_optuna.samplers import seed_for_ask

        seed_for_ask(self._sampler, seed)
        given = self._points[ask] if ask < len(self._points) else {}
        defined = self._defined_points[ask] if ask < len(self._defined_points) else {}
        return self._study.ask(trial_id, pending, {**given, **defined})

    def added_config(self, trial_id: str, ask: int) -> Mapping[str, Any]:
        """What the function of the space gave to a trial.

        Raises:
            ConfigError: The trial was not proposed here: what stands around the searcher gives it
                the point of another.
        """
        if self._defined is None:
            return {}
        added = self._study.beside(trial_id)
        if added is None:
            raise ConfigError(
                f"trial {trial_id!r} has the point of another, and OptunaSearch has nothing to "
                "add to it, where its space is a function",
                hint="Write the space as param_space, or leave out what repeats points.",
            )
        return added

    def recall_config(self, trial_id: str, added: Mapping[str, Any]) -> None:
        """Take in what the function of the space gave to a trial before a restore."""
        self._study.recall(trial_id, added)

    def on_trial_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """Finish the trial in the study.

        Raises:
            ConfigError: The trial was not proposed here, and no ask has shown it as pending.
        """
        if not self._study.runs(trial_id):
            raise ConfigError(
                f"trial {trial_id!r} ended, but was neither proposed by OptunaSearch nor pending",
                hint="Tell it through observe, with its config.",
            )
        self._study.tell(trial_id, config, self._told(result, "failed" if error else outcome))

    def observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Put a trial of someone else's into the study.

        Raises:
            ConfigError: The point is not in the space; the parameter is named.
        """
        told = self._told(result, outcome)
        point = conform_point(config, self._space, self._conditions)
        if trial_id is not None and self._study.runs(trial_id):
            self._study.tell(trial_id, point, told)
        else:
            self._study.add(trial_id, point, told)

    def _told(self, result: Mapping[str, Any] | None, outcome: Outcome) -> Told:
        from pegbox_optuna.told import make_told

        return make_told(
            self._metrics, self._outcome_constraints, result, outcome, prunes=self._kind.prunes
        )


def _refuse_study(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise ConfigError(
                f"OptunaSearch({name}=...) is not taken: what is known of trials lies in the "
                "experiment's own store, and Tuner.restore goes on from there",
                hint=f"Leave {name} out. Results of a study that you have are made known with "
                "add_evaluated_point(parameters, value).",
            )
