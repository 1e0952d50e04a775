"""What trials have reported so far, for callbacks that a restore sets up.

Facts are stored before they are told. So where a driver was killed, the store may have what
callbacks were never told, and a callback may be one that the run did not have before.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from pegbox._store.reader import Reader
from pegbox.result_files import ResultsWithConfigs
from pegbox.trial import TrialView

__all__ = ["StoredHistory"]


class StoredHistory:
    """The `pegbox.callback.History` of a run; opens the store for whoever asks first.

    Args:
        folder: The experiment's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reader: Reader | None = None
        self._closing = ExitStack()

    def __enter__(self) -> StoredHistory:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()

    def __call__(self, trial: TrialView) -> ResultsWithConfigs:
        """Results of a trial that count, each with its configuration.

        Raises:
            StoreError: The store cannot be read.
        """
        if self._reader is None:
            self._reader = self._closing.enter_context(Reader(self._folder))
        return self._reader.results_with_configs(trial.number)
