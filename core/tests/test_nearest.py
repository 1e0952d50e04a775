"""The name that was probably meant."""

from __future__ import annotations

import pytest
from pegbox.nearest import did_you_mean, nearest_name


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("los", ["loss", "lost one"], "Did you mean 'loss'?"),
        ("los", {"x": 1}, "There is x."),
        ("los", [], "There is x."),
        (12, {123: "a number is written", "x": 1}, "Did you mean '123'?"),
        ("", ["x"], "There is x."),
    ],
)
def test_one_question_or_what_else_there_is_to_say(name, known, said):
    assert did_you_mean(name, known, "There is x.") == said


def test_without_another_word_nothing_is_said():
    assert did_you_mean("x", ["loss"]) == ""


def test_how_near_a_name_must_be_can_be_said():
    assert nearest_name("on_end", ["on_trial_end"]) == "on_trial_end"
    assert nearest_name("on_end", ["on_trial_end"], likeness=0.9) is None
