"""The kit for what stands around searchers: limits, repeats, filters, traces."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import pytest

from pegbox import jsonvalue
from pegbox._plugins.origin import create_by_name
from pegbox.decisions import FINISHED, Signal
from pegbox.searcher import Traits
from pegbox.searcher_wrapper import SearcherWrapper
from pegbox.testing.conformance import Conformance, verified
from pegbox.testing.searcher_cases import PLANE
from pegbox.testing.searcher_rig import SearcherRig, Trial
from pegbox.testing.wrapper_rig import Inside
from pegbox.trial import Outcome

__all__ = ["SearcherWrapperConformance"]

#: How many trials are under way at a time, where the wrapper lets them.
_BESIDE: Final = 5
#: How many asks without an answer stand for any number.
_MANY: Final = 60
#: What a whole has only if the searcher inside has it.
_OF_THE_INSIDE: Final = ("conditions", "multi_objective", "constraints", "outcome_constraints")


class SearcherWrapperConformance(Conformance):
    """What everything has to do that stands around a searcher; one short subclass joins it.

    ::

        class TestMyWrapper(SearcherWrapperConformance):
            wrapper = "mine"           # its name on offer
            options = {"window": 3}    # its arguments beside the searcher

    A wrapper without a name is given by overriding `make_wrapper`.

    Attributes:
        wrapper: Its name on offer.
        options: Its arguments beside the searcher, JSON data.
        trials: With how many trials nothing is left half done: where a wrapper takes trials
            together, a multiple of that.
    """

    wrapper: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    trials: ClassVar[int] = 24

    def make_wrapper(self, searcher: Any) -> Any:
        """A new wrapper.

        Args:
            searcher: What it stands around.
        """
        return create_by_name("searcher", self.wrapper, {"searcher": searcher, **self.options})

    def test_sets_the_searcher_up_once(self) -> None:
        """Before anything else."""
        rig, inside = self._rig()
        assert inside().setups == 1, f"it was set up {inside().setups} times"
        rig.restore()
        assert inside().setups == 1, f"after a restore it was set up {inside().setups} times"

    def test_tells_each_end_once(self) -> None:
        """Each point that the searcher proposed ends for it once, when all trials have ended."""
        rig, inside = self._rig()
        self._drive(rig)
        ends = [trial_id for trial_id, _ in inside().ends.elements()]
        assert sorted(ends) == sorted(inside().proposed), "told of others, or not just once"

    @pytest.mark.parametrize("outcome", ["failed", "stopped"])
    def test_tells_how_trials_ended(self, outcome: Outcome) -> None:
        """Where all trials have failed, or were stopped, the searcher hears of nothing else."""
        rig, inside = self._rig()
        self._drive(rig, outcomes=(outcome,))
        told = {how for _, how in inside().ends}
        assert told == {outcome}, f"all trials were {outcome}, and the searcher heard {told}"

    def test_gives_what_the_searcher_proposes(self) -> None:
        """Every trial tries a point of the searcher's, as it is."""
        rig, inside = self._rig()
        self._drive(rig)
        proposed = list(inside().proposed.values())
        others = [trial.raw for trial in rig.trials if trial.raw not in proposed]
        assert not others, f"the searcher never proposed {others[0]}"

    @pytest.mark.parametrize("every", [1, 3])
    def test_goes_on_after_a_restore(self, every: int) -> None:
        """Cut off after every k-th tell and told what is known, it gives the same points."""
        outcomes: tuple[Outcome, ...] = ("finished", "finished", "stopped", "failed")
        whole, _ = self._rig()
        self._drive(whole, outcomes=outcomes)
        cut, _ = self._rig()
        self._drive(cut, outcomes=outcomes, restores=lambda tells: tells % every == 0)
        points = [[trial.raw for trial in rig.trials] for rig in (whole, cut)]
        assert points[0] == points[1], f"restored after every {every} tells, it gave other points"

    @pytest.mark.parametrize("pending", [-1, 4])
    def test_lets_as_many_be_pending_as_it_says(self, pending: int) -> None:
        """No more workers are started than `most_pending` says, and no fewer have work."""
        rig, _ = self._rig(pending=pending)
        most = _most_pending(rig.plugin, None if pending < 0 else pending)
        while len(rig.trials) < _MANY and isinstance(rig.ask(), Trial):
            pass
        wanted = _MANY if most is None else min(most, _MANY)
        assert len(rig.trials) == wanted, f"most_pending is {most}, pending are {len(rig.trials)}"

    def test_never_waits_for_nothing(self) -> None:
        """A wait ends with the next tell; where nothing is pending there is none to come."""
        rig, _ = self._rig()
        self._drive(rig)
        assert not rig.idle_waits, "it waited while nothing was pending: the run would stand still"

    def test_ends_with_the_searcher(self) -> None:
        """Where the searcher has finished, so has the whole, for good."""
        rig, _ = self._rig(most=3)
        answers = self._drive(rig, asks=_MANY)
        assert FINISHED in answers, "the searcher has finished, and the run would not end"
        rest = answers[answers.index(FINISHED) :]
        assert set(rest) == {FINISHED}, f"after FINISHED it answered {rest}"

    def test_hands_on_points_of_others(self) -> None:
        """What is no trial's goes inwards, once."""
        rig, inside = self._rig()
        points = rig.drawn(3)
        rig.observe(points, lambda point: [0.5])
        assert inside().elsewhere == points

    def test_hands_on_results_where_its_traits_say_so(self) -> None:
        """Whether results on the way come through is as the adjusted traits have it."""
        rig, inside = self._rig(traits=Traits(batches=True, intermediate=True))
        (trial,) = rig.asks(1)

        def reports() -> None:
            result = {"loss": 0.5, "training_iteration": 1}
            rig.call("searcher_result", trial_id=trial.name, result=result)
            assert inside().reports == 1, "it did not come through"

        verified("traits.intermediate", declared=rig.traits.intermediate, check=reports)

    def test_promises_nothing_for_the_searcher(self) -> None:
        """The whole takes no space, objectives or constraints that the searcher does not take."""
        little = Traits(domains=frozenset({"float"}), ranges=frozenset())
        whole = _adjusted(self.make_wrapper(Inside()), little)
        more = [name for name in _OF_THE_INSIDE if getattr(whole, name)]
        assert not more, f"its traits claim {more}, and the searcher has none of it"
        assert whole.domains <= little.domains
        assert whole.ranges <= little.ranges

    def test_can_be_made_again(self) -> None:
        """`options` are JSON data, and all that it takes beside the searcher."""
        made = self.make_wrapper(Inside())
        options = json.loads(json.dumps(jsonvalue.plain(made.options)))
        again = type(made)(made.searcher, **options)
        assert again.options == made.options
        assert again.most_pending(None) == made.most_pending(None)

    def test_leaves_alone_what_it_is_given(self) -> None:
        """Results are others' data."""
        rig, _ = self._rig()
        for number in range(self.trials):
            (trial,) = rig.asks(1)
            given = {"loss": float(number), "training_iteration": 1, "more": [1]}
            before = copy.deepcopy(given)
            rig.end(trial, None, result=given)
            assert given == before, f"{before} became {given}"

    def _rig(self, **arguments: Any) -> tuple[SearcherRig, Callable[[], Inside]]:
        """The wrapper around a searcher of the kit; and what is inside now, after restores too."""
        made: list[Inside] = []

        def make() -> Any:
            made.append(Inside(**arguments))
            return self.make_wrapper(made[-1])

        return SearcherRig(make, PLANE), lambda: made[-1]

    def _drive(
        self,
        rig: SearcherRig,
        *,
        outcomes: tuple[Outcome, ...] = ("finished",),
        restores: Callable[[int], bool] = lambda tells: False,
        asks: int = 0,
    ) -> list[Any]:
        """A run whose trials end out of order; answers what was answered.

        Args:
            rig: With no trial yet.
            outcomes: How trials end, at random.
            restores: Whether to restore after so many tells.
            asks: How many asks there are; as many as lead to `trials` where it is 0.
        """
        events, tells = random.Random(7), 0
        answers: list[Any] = []
        while (len(answers) < asks if asks else len(rig.trials) < self.trials) or rig.pending:
            more = len(answers) < asks if asks else len(rig.trials) < self.trials
            if more and len(rig.pending) < _BESIDE:
                answers.append(rig.ask())
                if not isinstance(answers[-1], Signal):
                    continue
                if not asks and not rig.pending:
                    raise AssertionError(f"answered {answers[-1]} while nothing was pending")
            if rig.pending:
                trial = events.choice(rig.pending)
                outcome = events.choice(outcomes)
                rig.end(trial, None if outcome == "failed" else [events.random()], outcome)
                tells += 1
                if restores(tells):
                    rig.restore()
        return answers


def _most_pending(wrapper: Any, inside: int | None) -> int | None:
    """Of a wrapper and all that it stands around, where the searcher has a bound."""
    further = wrapper.searcher
    if isinstance(further, SearcherWrapper):
        inside = _most_pending(further, inside)
    most: int | None = wrapper.most_pending(inside)
    return most


def _adjusted(wrapper: Any, traits: Traits) -> Traits:
    """Of a wrapper and all that it stands around, where the searcher has these traits."""
    further = wrapper.searcher
    if isinstance(further, SearcherWrapper):
        traits = _adjusted(further, traits)
    adjusted: Traits = wrapper.adjusted(traits)
    return adjusted
