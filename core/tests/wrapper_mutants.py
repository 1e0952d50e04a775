"""Small faults put into a wrapper that passes: each with the one case that has to catch it."""

from __future__ import annotations

import dataclasses

from pegbox.decisions import FINISHED, KEPT, WAIT
from pegbox.hookspecs import hookimpl
from pegbox.searcher_wrapper import SearcherWrapper
from reference_wrapper import AtMost

#: Class -> case.
MUTANTS = {}


def caught_by(case):
    def note(cls):
        MUTANTS[cls] = case
        return cls

    return note


@caught_by("sets_the_searcher_up_once")
class SetsUpTwice(AtMost):
    @hookimpl
    def searcher_setup(self):
        self.inner.call("searcher_setup")


@caught_by("tells_each_end_once")
class TellsTwice(AtMost):
    @hookimpl
    def searcher_complete(self):
        self.inner.call("searcher_complete")


@caught_by("tells_each_end_once")
class TellsOfAnotherTrial(AtMost):
    @hookimpl
    def searcher_complete(self, trial_id, outcome):
        if outcome != "finished":
            return None
        return self.inner.call("searcher_complete", trial_id=f"{trial_id}x") or KEPT

    @hookimpl
    def searcher_observe(self, trial_id, outcome):
        if trial_id is None or outcome != "finished":
            return None
        return self.inner.call("searcher_observe", trial_id=f"{trial_id}x") or KEPT


@caught_by("tells_how_trials_ended")
class SwallowsFailures(AtMost):
    @hookimpl
    def searcher_complete(self, outcome):
        return KEPT if outcome == "failed" else None

    @hookimpl
    def searcher_observe(self, outcome):
        return KEPT if outcome == "failed" else None


@caught_by("tells_how_trials_ended")
class TellsThatAllHaveFinished(AtMost):
    @hookimpl
    def searcher_complete(self):
        return self.inner.call("searcher_complete", outcome="finished", error=False) or KEPT

    @hookimpl
    def searcher_observe(self, trial_id):
        return self.inner.call("searcher_observe", outcome="finished") or KEPT


@caught_by("gives_what_the_searcher_proposes")
class RoundsPoints(AtMost):
    @hookimpl
    def searcher_suggest(self, pending):
        if len(pending) >= self.most:
            return WAIT
        answer = self.inner.call("searcher_suggest")
        return answer if answer in (WAIT, FINISHED) else {p: round(v, 2) for p, v in answer.items()}


@caught_by("goes_on_after_a_restore")
class ForgetsWhatWasBeforeARestore(AtMost):
    @hookimpl
    def searcher_observe(self, trial_id):
        return None if trial_id is None else KEPT


@caught_by("goes_on_after_a_restore")
class CountsItsOwnAsks(AtMost):
    asks = 0

    @hookimpl
    def searcher_suggest(self, pending):
        if len(pending) >= self.most:
            return WAIT
        self.asks += 1
        return self.inner.call("searcher_suggest", ask=self.asks)


@caught_by("lets_as_many_be_pending_as_it_says")
class LimitsAndDoesNotSaySo(AtMost):
    def most_pending(self, inside):
        return inside


@caught_by("lets_as_many_be_pending_as_it_says")
class ForgetsTheLimitInside(AtMost):
    def __init__(self, searcher, most=9):
        super().__init__(searcher, most)

    def most_pending(self, inside):
        return self.most


@caught_by("never_waits_for_nothing")
class WaitsOnce(AtMost):
    waited = False

    @hookimpl
    def searcher_suggest(self, pending, ask):
        if ask == 0 and not self.waited:
            self.waited = True
            return WAIT
        return WAIT if len(pending) >= self.most else None


@caught_by("ends_with_the_searcher")
class TriesOnceMoreAtTheEnd(AtMost):
    @hookimpl
    def searcher_suggest(self, pending, trial_id):
        if len(pending) >= self.most:
            return WAIT
        answer = self.inner.call("searcher_suggest")
        return WAIT if answer is FINISHED else answer


@caught_by("hands_on_points_of_others")
class KeepsPointsOfOthers(AtMost):
    @hookimpl
    def searcher_observe(self, trial_id):
        return KEPT if trial_id is None else None


@caught_by("hands_on_results_where_its_traits_say_so")
class KeepsResultsAndDoesNotSaySo(AtMost):
    @hookimpl
    def searcher_result(self):
        return KEPT


@caught_by("hands_on_results_where_its_traits_say_so")
class HandsThemOnAndDoesNotSaySo(AtMost):
    def adjusted(self, traits):
        return dataclasses.replace(traits, intermediate=False)


@caught_by("promises_nothing_for_the_searcher")
class PromisesConditions(AtMost):
    def adjusted(self, traits):
        return dataclasses.replace(traits, conditions=True)


@caught_by("can_be_made_again")
class ForgetsItsOptions(AtMost):
    def __init__(self, searcher, most=4):
        SearcherWrapper.__init__(self, searcher, most=most, version=1)
        self.most = most


@caught_by("leaves_alone_what_it_is_given")
class NotesInResults(AtMost):
    @hookimpl
    def searcher_complete(self, result):
        if result:
            result["seen"] = True
