"""Points that the run's constraints refused, shown to the searcher that proposed them.

A model knows nothing of the constraints: asked again, it would propose (nearly) the same point,
since nothing speaks against it. So what was refused for a trial is pending while that trial is
asked for, and the searcher keeps away from it in its own manner. It is forgotten with the next
trial: it is stored nowhere, and a restore could not tell it.

Stands around the searcher and its spacing, within all other wrappers, and in its process. What is
shown follows from the asks for one trial, which a restore repeats from the first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from pegbox._run.component import Component
from pegbox._run.spacing import chooses
from pegbox.decisions import Signal
from pegbox.hookspecs import hookimpl
from pegbox.known_points import refused_id
from pegbox.searcher import Point
from pegbox.searcher_wrapper import SearcherWrapper

__all__ = ["RefusedPoints", "minding_refused"]


def minding_refused(component: Component) -> Component:
    """A chosen searcher that is shown what was refused; itself where its points are not its choice.

    Args:
        component: With all that stands around it, but for the spacing.
    """
    if component.inner is not None:
        return dataclasses.replace(component, inner=minding_refused(component.inner))
    if not chooses(component.traits):
        return component
    around = RefusedPoints(component.name)
    return Component("refused_points", {}, False, around, inner=component, silent=True)


class RefusedPoints(SearcherWrapper):
    """Shows a searcher that is asked again for a trial what it proposed for it before."""

    @hookimpl
    def searcher_setup(self) -> None:
        """Begin a run; the searcher's own setup follows."""
        self._trial_id = ""
        #: What was proposed for that trial.
        self._proposed: list[Point] = []

    @hookimpl
    def searcher_suggest(self, trial_id: str, pending: Mapping[str, Point]) -> Point | Signal:
        """The searcher's proposal, which keeps away from those before it for this trial."""
        if trial_id != self._trial_id:
            self._trial_id, self._proposed = trial_id, []
        answer = self._asked(pending)
        if isinstance(answer, Signal):
            # Asked for again the trial begins anew, as it would after a restore.
            self._proposed = []
        else:
            self._proposed.append(answer)
        return answer

    def _asked(self, pending: Mapping[str, Point]) -> Point | Signal:
        if self._proposed:
            refused = enumerate(self._proposed)
            shown = {refused_id(self._trial_id, count): point for count, point in refused}
            answer: Point | Signal = self.inner.call(
                "searcher_suggest", pending={**pending, **shown}
            )
            if not isinstance(answer, Signal):
                return answer
            # It lets only so much be pending, or has nothing else left: these do not count there.
        answer = self.inner.call("searcher_suggest", pending=pending)
        return answer
