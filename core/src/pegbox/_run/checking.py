"""Looking at what a script would run, in place of running it: what ``pegbox check`` does.

While a check is under way, a `pegbox.Tuner` settles its plan and sets up its searcher and
scheduler, so that all who could refuse it have had their say; then it is noted here. No trial is
started, no folder is made. A tuner that is refused raises nothing, so that the script goes on to
the next one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from pegbox._plugins.catalog import Catalog
from pegbox._plugins.origin import origin_of
from pegbox._plugins.wording import folded
from pegbox._run.checked import CheckedTuner, note
from pegbox._run.plan import Plan
from pegbox._run.session import Session
from pegbox._trial.pickling import dump
from pegbox.configs import TuneConfig
from pegbox.errors import PegboxError

__all__ = ["Check", "NotRun", "ResultsNeeded", "active_check", "checking"]


class Check:
    """The tuners of a script, noted as they are made.

    Args:
        search_algs: Names of searchers to try each with; None stands for the script's own.

    Attributes:
        tuners: In the order in which they were made; for each, one for each searcher.
    """

    def __init__(self, search_algs: Sequence[str | None]) -> None:
        self._search_algs = search_algs
        self._at_work: CheckedTuner | None = None
        self.tuners: list[list[CheckedTuner]] = []

    def look(self, tune: TuneConfig, settle: Callable[[TuneConfig], Plan], *, inline: bool) -> None:
        """Settle a tuner's plan with each searcher, and note what comes of it.

        Args:
            tune: As the script has it.
            settle: Settles a plan, or refuses.
            inline: Whether trials would run in this process.
        """
        where = _where()
        found = [CheckedTuner(where, name) for name in self._search_algs]
        self.tuners.append(found)
        for one in found:
            self._at_work = one
            try:
                one.plan = self._settled(_with(tune, one.asked), settle, inline=inline)
            except PegboxError as error:
                one.refusal = error
            finally:
                self._at_work = None

    def seen(self, **found: Any) -> None:
        """Take note of what is about to be checked against each other.

        Args:
            **found: As `pegbox._run.search_settings.settle_search` gives it.
        """
        if self._at_work is not None:
            note(self._at_work, **found)

    def _settled(
        self, tune: TuneConfig, settle: Callable[[TuneConfig], Plan], *, inline: bool
    ) -> Plan:
        plan = settle(tune)
        if not inline:
            dump(plan.trainable, f"the trainable {plan.trainable_name}")
        Session(plan, one_at_a_time=inline, own_process=not inline).close()
        return plan


_active: Check | None = None


def active_check() -> Check | None:
    """The check that is under way in this process, if one is."""
    return _active


@contextlib.contextmanager
def checking(search_algs: Sequence[str | None]) -> Iterator[Check]:
    """While entered, tuners are checked and not run.

    Args:
        search_algs: As for `Check`.
    """
    global _active
    _active = Check(search_algs)
    try:
        yield _active
    finally:
        _active = None


class ResultsNeeded(BaseException):
    """The script needs results, and a check has none: it ends here."""


class NotRun:
    """Stands for the results of a run that was only checked; whoever needs them gets no further."""

    def _end(self, *_: object) -> NoReturn:
        raise ResultsNeeded

    def __getattr__(self, name: str) -> NoReturn:
        raise ResultsNeeded

    __iter__ = __len__ = __bool__ = __getitem__ = __contains__ = __call__ = _end
    __str__ = __repr__ = _end


def _with(tune: TuneConfig, name: str | None) -> TuneConfig:
    """With another searcher, unless it is the one that the script has, with its options."""
    if name is None or folded(_name_of(tune.search_alg)) == folded(name):
        return tune
    return dataclasses.replace(tune, search_alg=name)


def _name_of(chosen: Any) -> str:
    if chosen is None:
        return "random"
    if isinstance(chosen, str):
        return chosen
    if isinstance(chosen, tuple | list):
        return str(chosen[0]) if chosen else ""
    origin = origin_of(chosen)
    offer = origin.offer if origin else Catalog.discover().offer_of("searcher", type(chosen))
    return "" if offer is None else offer.name


def _where() -> str:
    """File and line outside of pegbox that this was called from."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _is_ours(names: Mapping[str, Any]) -> bool:
    return str(names.get("__name__", "")).partition(".")[0] == "pegbox"
