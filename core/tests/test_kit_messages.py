"""What the kit says to an author whose searcher is wrong: what was seen, and where to look."""

from __future__ import annotations

import pytest
from kit_runner import failing
from pegbox.decisions import WAIT
from pegbox.space import Choice
from pegbox.testing import SearcherObjectConformance
from reference_searcher import FloatsAlone, Neighbours


class Few(SearcherObjectConformance):
    explored, known, modelled, modelled_spaces, restores, seeds = 60, 12, 6, 2, (1, 4), 1
    made = Neighbours

    def make_searcher(self, **options):
        return self.made(**options)


class GivesValuesOfCategories(Neighbours):
    def answered(self, point):
        choices = {path for path, each in self.space.items() if isinstance(each, Choice)}
        return {p: self.space[p].value(v) if p in choices else v for p, v in point.items()}


class WaitsForNothing(Neighbours):
    def suggest(self, trial_id, pending, ask, seed):
        return super().suggest(trial_id, pending, ask, seed) if ask != 5 else WAIT


class TakesNoNoticeOfOthers(Neighbours):
    def observe(self, config, result, outcome, trial_id):
        pass


class TakesNoNoticeOfTheSeed(Neighbours):
    def suggest(self, trial_id, pending, ask, seed):
        return super().suggest(trial_id, pending, ask, ask)


def said(searcher, case):
    return failing(type("OfAnAuthor", (Few,), {"made": searcher}), cases=[case])[case]


@pytest.mark.parametrize(
    ("searcher", "case", "words"),
    [
        (
            GivesValuesOfCategories,
            "has_finished_for_good",
            "'only' is 'c'; a point has numbers, and of a choice the index of the value",
        ),
        (
            WaitsForNothing,
            "failures_poison_nothing",
            "answered WAIT to ask 5 while nothing was pending: no tell would end the wait",
        ),
        (
            TakesNoNoticeOfOthers,
            "learns_which_way_is_down",
            "told of others' points, by `observe`: results make no difference",
        ),
        (
            TakesNoNoticeOfOthers,
            "repeats",
            "a new searcher is told what is known by `observe`, in the order of the trials",
        ),
        (TakesNoNoticeOfTheSeed, "depends_on_the_seed", "it takes no notice of the seed"),
    ],
)
def test_a_case_says_what_was_seen(searcher, case, words):
    assert words in said(searcher, case)


def test_a_searcher_of_few_kinds_is_asked_for_no_others():
    """What it cannot be shown by its traits is no failure of its."""
    found = failing(type("OfFloats", (Few,), {"made": FloatsAlone}))
    assert not found
