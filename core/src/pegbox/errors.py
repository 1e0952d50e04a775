"""Every error that pegbox raises on purpose.

PegboxError                   message, hint
├── ConfigError               a wrong argument (also a ValueError)
│   └── UnsupportedSpace      a searcher cannot express a parameter
├── MissingDependency         a package has to be installed (also an ImportError)
├── PluginError               a plugin raised or does not fit: plugin, hook
├── RunError                  the run cannot go on: trial, story
│   ├── InvalidTransition     a status change that the table does not allow
│   └── Stalled               nothing runs, nothing waits, nothing will come
├── StoreError                the experiment's folder cannot be used: path
│   ├── ExperimentExists      a second run under an existing name
│   └── ExperimentLocked      another driver works on it
├── ReportError               a report that breaks a rule (also a ValueError)
└── TrialError                what a trial died of: cause, type, traceback
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "ConfigError",
    "ExperimentExists",
    "ExperimentLocked",
    "InvalidTransition",
    "MissingDependency",
    "PegboxError",
    "PluginError",
    "ReportError",
    "RunError",
    "Stalled",
    "StoreError",
    "TrialError",
    "TuneError",
    "UnsupportedSpace",
]


class PegboxError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: What rule was broken, and the values that broke it.
        hint: What would do instead, as a sentence; empty where the message says it all.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


#: Ray Tune's name, for scripts that catch it.
TuneError = PegboxError


class ConfigError(PegboxError, ValueError):
    """An argument that cannot be used; raised before the first trial starts."""


class UnsupportedSpace(ConfigError):
    """A searcher cannot express a parameter of the space."""


class MissingDependency(PegboxError, ImportError):
    """A package is needed that is not installed; the hint has the command."""


class PluginError(PegboxError):
    """A plugin raised, answered what it may not, or does not fit its hooks.

    Attributes:
        plugin: Name, package and version of the plugin.
        hook: The hook that was called, or empty where none was.
    """

    def __init__(self, message: str, *, plugin: str = "", hook: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.plugin = plugin
        self.hook = hook


class RunError(PegboxError):
    """The run cannot go on.

    Attributes:
        trial: Number of the trial concerned, or None.
        story: What happened before, oldest first, a line each.
    """

    def __init__(
        self, message: str, *, trial: int | None = None, story: Sequence[str] = (), hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.trial = trial
        self.story = tuple(story)

    def __str__(self) -> str:
        lines = [super().__str__()]
        if self.story:
            lines += ["  What happened before:", *(f"    {line}" for line in self.story)]
        return "\n".join(lines)


class InvalidTransition(RunError):
    """A status change that the transition table does not allow: a mistake inside pegbox."""


class Stalled(RunError):
    """Nothing runs, nothing waits and nothing is asked for, yet the run is not complete."""


class StoreError(PegboxError):
    """The experiment's folder or its store cannot be used.

    Attributes:
        path: The folder or file concerned.
    """

    def __init__(self, message: str, *, path: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


class ExperimentExists(StoreError):
    """A new run was given the name of an experiment that exists."""


class ExperimentLocked(StoreError):
    """Another driver works on this experiment right now."""


class ReportError(PegboxError, ValueError):
    """A report that breaks a rule; raised at the line that reports."""


class TrialError(PegboxError):
    """What a trial died of.

    Attributes:
        cause: ``"exception"`` (the trainable raised), ``"crash"`` (its process died by its own
            fault: a signal such as SIGSEGV, an exit code, memory), ``"lost"`` (its worker
            disappeared too often), ``"resources"`` (it asks for what no worker has) or
            ``"timeout"`` (it ran longer than its limit).
        type_name: Name of the exception's class; empty for any other cause.
        traceback: The traceback as text; empty where there was none.
    """

    def __init__(
        self, message: str, *, cause: str = "exception", type_name: str = "", traceback: str = ""
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.type_name = type_name
        self.traceback = traceback

    def __str__(self) -> str:
        return f"{self.message}\n{self.traceback}" if self.traceback else self.message
