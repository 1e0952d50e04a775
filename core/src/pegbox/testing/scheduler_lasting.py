"""Cases about what a scheduler keeps: its state, and what it makes of what comes again."""

from __future__ import annotations

import json
from typing import Final

from pegbox import jsonvalue
from pegbox.testing.scheduler_cases import SchedulerCases, check_ended
from pegbox.testing.scheduler_trials import FAILURES, each_breaks_often

__all__ = ["LastingCases"]

#: Trials, so that a few that count twice make a difference.
_MANY: Final = 96


class LastingCases(SchedulerCases):
    """See the module."""

    def test_goes_on_from_its_state(self) -> None:
        """A new one that was handed its state decides alike; a look at it changes nothing."""
        _, first = self.play()
        _, looked_at = self.play(looked_at=True)
        assert looked_at.decisions == first.decisions, "looked at its state, it decided differently"
        for calls in (3, 11):
            _, swapped = self.play(swapped_every=calls)
            assert swapped.decisions == first.decisions, (
                f"replaced after each {calls} calls by a new one with its state, it decided "
                "differently; what does get_state not give that set_state needs?"
            )

    def test_keeps_its_state_as_json_data(self) -> None:
        """What `get_state` gives can be stored, and comes back as it was."""
        _, watched = self.play(swapped_every=20)
        for state in watched.states:
            kept = json.loads(json.dumps(jsonvalue.plain(state)))
            assert kept == state, f"of {state} the store gives back {kept}"

    def test_goes_on_after_a_restore(self) -> None:
        """Cut off anywhere, and told again what is known, it brings the run to its end."""
        whole, _ = self.play(period=3)
        for cut in range(5, len(whole.journal), max(1, len(whole.journal) // 6)):
            run, _ = self.play(period=3, history=whole.journal[:cut])
            check_ended(run, f"cut off after {cut} facts")

    def test_counts_a_report_once(self) -> None:
        """A trial that went back reports the same again, and that makes no difference to others.

        Trials go back to their beginning, or to a checkpoint. That each comes to an end all the
        same is the matter of other cases.
        """
        _, watched = self.play(
            trials=_MANY, faults=each_breaks_often, failures=FAILURES, period=4, doubled=True
        )
        assert watched.once is not None
        assert not watched.once.differing, (
            f"it decided differently because reports came again, at first on "
            f"{watched.once.differing[0]}"
        )
