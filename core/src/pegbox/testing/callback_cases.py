"""What a callback's tests say once: how it is made, and what it has written; no cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pegbox._plugins.origin import create_by_name
from pegbox.testing.callback_rig import CallbackRig
from pegbox.testing.conformance import Conformance

__all__ = ["CallbackCases"]


class CallbackCases(Conformance):
    """How the callback under test is made.

    Attributes:
        callback: Its name on offer. Where it has none, override `make_callback`.
        options: Its arguments, JSON data.
        elsewhere: What it writes outside of an experiment's folder: paths relative to the folder
            that `make_callback` is given.
    """

    role: ClassVar[str] = "callback"
    callback: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    elsewhere: ClassVar[Sequence[str]] = ()

    def make_callback(self, home: Path) -> Any:
        """A new callback.

        Args:
            home: A folder of the test's own, for what lies outside of an experiment's folder. A
                restore has what the run before it has left there.
        """
        return create_by_name("callback", self.callback, self.options)

    def written(self, experiment: Path, trials: Sequence[Path]) -> Any:
        """What it has written, so that two runs with the same results can be compared.

        Args:
            experiment: The experiment's folder.
            trials: The folders of its trials, in their order; one without files is not there.

        Returns:
            Data without times, paths and ids; nothing is compared unless this is overridden.
        """
        return None

    def rig(self, tmp_path: Path) -> CallbackRig:
        """Runs with the callback.

        Args:
            tmp_path: A folder of the test's own.
        """
        return CallbackRig(self.make_callback, tmp_path)
