"""The contract of a searcher: it proposes points and is told what became of them.

Everything that crosses this seam is JSON data, so that a searcher can sit in a thread, in a
process, or in another environment. The space arrives flat (path to domain); nesting, constants,
``sample_from`` and the values of categories are core's work. A searcher sees the *index* of a
category, never its value. It never sees ``mode``: objectives are minimized by the time it is
told, so ``result[metric]`` has its sign turned where the user maximizes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final

from pegbox._releases.guard import check_class
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import FINISHED, WAIT, Signal
from pegbox.errors import ConfigError
from pegbox.objective import Objective, make_objectives
from pegbox.space import NO_CONDITIONS, Condition, Domain, DomainKind, RangeForm
from pegbox.text import shown
from pegbox.trial import Outcome

__all__ = ["FINISHED", "WAIT", "DomainKind", "EvaluatedPoint", "Point", "Searcher", "Traits"]

#: Flat path to plain value: float, int, or the index of a category.
Point = Mapping[str, float | int]


@dataclass(frozen=True, slots=True)
class Traits:
    """What a searcher can do. What it cannot is refused before the first trial, by name.

    Attributes:
        domains: The kinds of domain that it takes.
        ranges: The forms of ranges that it takes beside the plain one. What is not taken here or
            in ``domains`` is mapped to what is, where that is possible.
        largest_int: How far from 0 it tells whole numbers apart; what lies farther is mapped.
            2**53 for one that computes with floats, None for any distance.
        largest_float: How far from 0 a range of real numbers may reach, unless it is logarithmic;
            one that reaches farther is mapped, for the difference of such bounds can overflow.
            None for any distance.
        conditions: Takes parameters that exist only for some value of another.
        multi_objective: Takes more than one objective.
        constraints: Takes linear constraints between parameters, and proposes no point that
            breaks one.
        outcome_constraints: Takes constraints on what trials report. Any other is told that a
            trial whose result breaks one has failed.
        exhaustive: Goes through every combination of values once, by the number of the ask. One
            that breaks a constraint is then left out; any other searcher is asked again.
        batches: Gives points that are worth trying beside each other when asked again before a
            tell. Whether or not it does, core moves a point of a searcher that learns from results
            where it is nearer than 0.005 of the unit cube's edge to one under way, if
            `Searcher.on_trial_complete` takes ``config``.
        intermediate: Wants to be told every result, not only the last of a trial.
        model_free: Its points do not depend on results, so asking early costs nothing.
        cheap: Answers within a millisecond or so; may run on a thread of the driver. Any other
            runs in a process of its own.
        lookahead: How many points to ask for beyond the room there is, where the user says nothing
            of it: for one that takes seconds, so that slots do not wait. Each of these points is
            proposed with as many results less.
    """

    domains: frozenset[DomainKind] = field(
        default_factory=lambda: frozenset({"float", "int", "choice"})
    )
    ranges: frozenset[RangeForm] = field(
        default_factory=lambda: frozenset({"log", "step", "log_step"})
    )
    largest_int: int | None = 2**53
    largest_float: float | None = 1e300
    conditions: bool = False
    multi_objective: bool = False
    constraints: bool = False
    outcome_constraints: bool = False
    exhaustive: bool = False
    batches: bool = False
    intermediate: bool = False
    model_free: bool = False
    cheap: bool = False
    lookahead: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON data: sets as sorted lists."""
        return {**asdict(self), **{name: sorted(getattr(self, name)) for name in _SETS}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Traits:
        """From the ``data`` of `to_json`."""
        return cls(**{**data, **{name: frozenset(data[name]) for name in _SETS}})


#: Traits that are sets.
_SETS: Final = ("domains", "ranges")


@dataclass(frozen=True, slots=True)
class EvaluatedPoint:
    """A result from elsewhere.

    Attributes:
        parameters: The configuration, nested as the space is, with the user's values.
        value: The metric's value in the user's terms; one for each metric where there are several.
        outcome: How it ended.
    """

    parameters: Mapping[str, Any]
    value: float | Sequence[float]
    outcome: Outcome = "finished"


class Searcher:
    """Base class of searchers. Methods are bound to the hooks ``searcher_*`` by name.

    A subclass implements at least `suggest`. It may take fewer arguments than listed here:
    pluggy passes only those that an implementation names, so hooks can gain arguments.

    Order of calls: `setup` once; then `suggest` and the tells in any order, from one thread.
    After a restore a new searcher is set up and told every known trial through `observe`, before
    it is asked again.

    Args:
        metric: Name of the reported value that counts, where the run names none; or several.
        mode: ``"min"`` or ``"max"``; given with ``metric`` or not at all.
        points_to_evaluate: Configurations, or parts of them, to try first.
        evaluated_rewards: The metric of each of ``points_to_evaluate``, where it is known; of
            several metrics a list for each. These points, whole ones, are learnt from and not
            tried again.

    Attributes:
        metric: As it was given.
        mode: ``"min"`` where a metric was given, whatever it was: results arrive turned so that
            less is better. Ray Tune's searchers turn them by themselves, by this name.

    Raises:
        ConfigError: ``metric`` and ``mode`` do not fit, or points and rewards.
        MissingDependency: The class's package says what it was tested with, and the optimizer is
            not installed, or in no release that it can work with. So call this constructor before
            you import the optimizer.
    """

    #: What this class can do.
    traits: ClassVar[Traits] = Traits()

    #: Answers of `suggest`.
    FINISHED: ClassVar[Signal] = FINISHED
    WAIT: ClassVar[Signal] = WAIT

    metric: str | Sequence[str] | None = None
    mode: str | Sequence[str] | None = None

    #: What counts where the run names nothing.
    own_objectives: tuple[Objective, ...] = ()

    #: A part of ``param_space`` that was given to the searcher itself; it joins the run's.
    own_space: Mapping[str, Any] = {}

    #: A seed that the searcher was given itself: `setup` gets it, and the seeds of asks are derived
    #: from it, in the place of the run's.
    own_seed: int | None = None

    #: Names of values that `added_config` will give, as far as they are known.
    added_names: Collection[str] = ()

    #: What `observe` is told before the first ask.
    evaluated_points: Sequence[EvaluatedPoint] = ()

    #: Configurations to try first, whole or in part, with the values that a trial would get;
    #: `setup` is given the points.
    points_to_evaluate: Sequence[Mapping[str, Any]] = ()

    def __init__(
        self,
        metric: str | Sequence[str] | None = None,
        mode: str | Sequence[str] | None = None,
        *,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        evaluated_rewards: Sequence[float | Sequence[float]] | None = None,
    ) -> None:
        check_class(type(self))
        self.own_objectives = make_objectives(metric, mode)
        if self.own_objectives:
            self.metric = metric
            self.mode = "min" if isinstance(metric, str) else ["min"] * len(self.own_objectives)
        if evaluated_rewards is not None:
            for pair in _rewarded(type(self).__name__, points_to_evaluate, evaluated_rewards):
                self.add_evaluated_point(*pair)
        elif points_to_evaluate is not None:
            self.points_to_evaluate = points_to_evaluate

    def add_evaluated_point(
        self,
        parameters: Mapping[str, Any],
        value: float | Sequence[float],
        error: bool = False,
        pruned: bool = False,
        intermediate_values: Sequence[float] | None = None,
    ) -> None:
        """Make a result from elsewhere known, before the run begins.

        Args:
            parameters: A whole configuration of the space, with the values that a trial would get.
            value: Of the run's metric, as the trainable would report it; one for each of several.
            error: Whether it failed; then the value does not count.
            pruned: Whether it was stopped early.
            intermediate_values: What it reported on the way; not used.
        """
        outcome: Outcome = "failed" if error else "stopped" if pruned else "finished"
        known = EvaluatedPoint(parameters, value, outcome)
        self.evaluated_points = (*self.evaluated_points, known)

    def add_evaluated_trials(self, trials_or_analysis: Any, metric: str) -> None:
        """Make the results of another experiment known, before the run begins.

        Args:
            trials_or_analysis: A `pegbox.ResultGrid`, or some of its results.
            metric: Name of the value that counts here. Results without it are left out, and
                trials that have not ended.
        """
        for result in trials_or_analysis:
            metrics = result.metrics or {}
            how = {"error": result.error is not None, "pruned": result.outcome == "stopped"}
            if how["error"] or (result.outcome is not None and metric in metrics):
                self.add_evaluated_point(result.config, metrics.get(metric, 0.0), **how)

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
        """Prepare for a run.

        Args:
            space: Flat path to domain (`pegbox.space`), in the user's order.
            objectives: What counts, as the user said it; empty where no metric was named. Do not
                turn results by ``mode``: they are told minimized, whatever it is.
            seed: Seed of this component, derived from the run's; ``own_seed`` where there is one.
            num_samples: How many trials the user asked for; -1 for no bound.
            conditions: Path to `pegbox.space.Condition` of every parameter that exists only for
                some value of another. A searcher whose traits have ``conditions`` leaves those
                that do not exist out of its points; any other may take no notice: it always
                gives a value for each, and core uses what exists.
            points: What the user wants to have tried first: ``points_to_evaluate``, coded like
                points. What one leaves out is the searcher's to choose. Each stands at the number
                of its ask; where new ones come at a restore, empty ones stand before them.
            parameter_constraints: Those of the user's that are linear, over parameters of
                ``space`` whose point values are the numbers that the trial gets; none unless the
                traits have ``constraints``. All others are held by the core, which asks again.
            outcome_constraints: By the names of metrics, in terms of the results as they are
                told: an objective has its sign turned here, too. None unless the traits have
                ``outcome_constraints``.

        Raises:
            UnsupportedSpace: A parameter that cannot be expressed, named.
        """

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Propose a point for a new trial.

        Args:
            trial_id: Public id of the trial to be.
            pending: Points suggested but not yet told complete, by trial id. Asked again for a
                trial, also what it proposed for it before, by ids of no trial;
                `pegbox.known_points.parted` tells them apart.
            ask: Number of this ask, from 0; the same after a restore. It is the trial's, but where
                combinations have been left out.
            seed: Seed for this ask alone, derived from ``ask`` and the run's seed, or
                ``own_seed``. A searcher that seeds its generator with it repeats, after a restore,
                what would have come.

        It may be asked again for the same trial, with another ``seed``, where the point that it
        gave breaks a constraint of the user's. A searcher that learns is shown that point as
        pending until the trial has one, and is told nothing of it; one that answers with a signal
        then is asked once more without. In the end ``pending`` has the point that the trial got,
        which core may have chosen itself: then `observe` tells how it ended.

        Returns:
            A value for every path that exists; `WAIT` (nothing before the next tell);
            `FINISHED` (never again).
        """
        raise NotImplementedError

    def on_trial_result(self, trial_id: str, result: Mapping[str, Any]) -> None:
        """Told each result of a running trial; called only where ``traits.intermediate``.

        Args:
            trial_id: As given to `suggest`.
            result: As in `on_trial_complete`; never None.
        """

    def on_trial_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """Told once how a trial ended.

        Args:
            trial_id: As given to `suggest`.
            result: The last result: every metric by its flat name, objectives minimized;
                None where there was none.
            error: Whether the outcome is ``"failed"``; an objective that is missing, NaN or
                infinite counts as failed too.
            outcome: ``"finished"`` (by itself), ``"stopped"`` (by scheduler or stop rule) or
                ``"failed"``.
            config: The point as `observe` would be told it. Where core maps a parameter it is the
                nearest to what `suggest` gave, and it may have been moved away from another; who
                learns from this one goes on the same way after a restore.
        """

    def observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Told a point that it did not propose: warm start, restore, another searcher's trial.

        A trial that was under way at a restore is told here when it ends, for the searcher that
        proposed it is gone; it may have been among ``pending`` of an ask before.

        Args:
            config: Flat path to value, coded as `suggest` would have.
            result: As in `on_trial_complete`.
            outcome: As in `on_trial_complete`.
            trial_id: Public id of the trial; `pegbox.trial.trial_number` of it is in the order of
                the asks. None for a point that is no trial of this experiment.
        """

    def added_config(self, trial_id: str, ask: int) -> Mapping[str, Any]:
        """What to add to a trial's configuration beside the values of its point.

        Args:
            trial_id: As given to `suggest`.
            ask: As given to `suggest`.

        Returns:
            JSON values by name. They take the place of values of that name.
        """
        return {}

    def recall_config(self, trial_id: str, added: Mapping[str, Any]) -> None:
        """Told at a restore what `added_config` had given, before the trial's point is told.

        Args:
            trial_id: Of a trial that has ended, or is pending.
            added: Everything in the trial's configuration that is none of the space's, wrappers'
                values too.
        """

    def get_state(self) -> Mapping[str, Any]:
        """State as JSON data that `set_state` takes; only what tells would not bring back."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take back the ``state`` of `get_state`, after `setup` and before the first tell."""


# No method: a subclass may have one of any name.
def _rewarded(owner: str, points: Any, rewards: Any) -> Iterable[tuple[Any, Any]]:
    points = () if points is None else points
    for name, given in (("points_to_evaluate", points), ("evaluated_rewards", rewards)):
        if not isinstance(given, list | tuple):
            raise ConfigError(
                f"{owner}({name}=...) must be a list, got {shown(given)}",
                hint="Give one reward for each point.",
            )
    if len(points) != len(rewards):
        raise ConfigError(
            f"{owner} has {len(points)} points_to_evaluate and {len(rewards)} evaluated_rewards",
            hint="Give one reward for each point, or none at all.",
        )
    return zip(points, rewards, strict=True)
