"""Names that the user's functions give to trials and folders, checked before they are used."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from pegbox._engine.record import TrialRecord
from pegbox._engine.state import RunState
from pegbox._run.folder import is_plain_name
from pegbox.errors import PluginError
from pegbox.events import Suggested
from pegbox.text import shown
from pegbox.trial import TrialView

__all__ = ["TrialNames"]

_Creator = Callable[[TrialView], str]


class TrialNames:
    """Names trials by the user's functions.

    Args:
        name_creator: Gives a trial its name; None for the usual one.
        dirname_creator: Gives its folder's name; None for the usual one.
        state: Knows the trials that exist already; no folder of theirs is given away again.
    """

    def __init__(
        self,
        name_creator: _Creator | None,
        dirname_creator: _Creator | None,
        state: RunState,
    ) -> None:
        self._name_creator = name_creator
        self._dirname_creator = dirname_creator
        self._state = state
        self._taken: set[str] = set()

    def named(self, born: Suggested) -> Suggested:
        """A trial that is about to be, with its names.

        Raises:
            PluginError: A function raised, or gave what is no name.
        """
        if self._name_creator is None and self._dirname_creator is None:
            return born
        record = TrialRecord(
            born.trial, born.point, born.config, born.encoded, born.resources, born.tag
        )
        trial = self._state.view_of(record)
        name = self._ask("trial_name_creator", self._name_creator, trial)
        folder = self._ask("trial_dirname_creator", self._dirname_creator, trial)
        if folder and not is_plain_name(folder):
            raise _refusal(
                "trial_dirname_creator",
                trial,
                f"gave {shown(folder)}, which is no plain folder name",
                "Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
                "or digit.",
            )
        folder = self._unique(folder, trial) if folder else ""
        return dataclasses.replace(born, name=name, folder_name=folder)

    def _ask(self, argument: str, creator: _Creator | None, trial: TrialView) -> str:
        if creator is None:
            return ""
        try:
            name: object = creator(trial)
        except Exception as error:
            what = f"raised {type(error).__name__}: {error}"
            raise _refusal(argument, trial, what, "It is called with the trial.") from error
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise _refusal(
                argument,
                trial,
                f"must give a name, and gave {shown(name)}",
                "A name is text of one line.",
            )
        return name

    def _unique(self, folder: str, trial: TrialView) -> str:
        """Two trials never share a folder: the second of a name has its number behind it."""
        if not self._taken:
            self._taken.update(view.folder_name for view in self._state.all_views)
        if folder in self._taken:
            folder = f"{folder[:90]}_{trial.number:05d}"
        self._taken.add(folder)
        return folder


def _refusal(argument: str, trial: TrialView, what: str, hint: str) -> PluginError:
    return PluginError(
        f"TuneConfig({argument}=...) {what}, for trial {trial.trial_id}",
        plugin=argument,
        hook=argument,
        hint=hint,
    )
