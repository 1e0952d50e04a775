"""The built-in plugins' doorway: what a stranger's package has too, and no other way in.

Imports none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from pegbox.hookspecs import hookimpl

__all__ = ["pegbox_callbacks", "pegbox_schedulers", "pegbox_searchers", "pegbox_syncers"]


@hookimpl
def pegbox_searchers() -> Mapping[str, str]:
    """Random and grid search, and what stands around any searcher."""
    return {
        "random": "pegbox.builtin.random_search:RandomSearch",
        "grid": "pegbox.builtin.grid_search:GridSearch",
        "variant_generator": "pegbox.builtin.basic_variant:BasicVariantGenerator",
        "concurrency_limiter": "pegbox.builtin.concurrency_limiter:ConcurrencyLimiter",
        "repeater": "pegbox.builtin.repeater:Repeater",
    }


@hookimpl
def pegbox_schedulers() -> Mapping[str, str]:
    """FIFO and ASHA; ASHA under Ray Tune's other names too."""
    asha = "pegbox.builtin.asha:AsyncHyperBandScheduler"
    return {
        "fifo": "pegbox.builtin.fifo:FIFOScheduler",
        "asha": asha,
        "async_hyperband": asha,
        "asynchyperband": asha,
    }


@hookimpl
def pegbox_syncers() -> Mapping[str, str]:
    """Whatever fsspec reaches."""
    return {"fsspec": "pegbox.builtin.fsspec_syncer:FsspecSyncer"}


@hookimpl
def pegbox_callbacks() -> Mapping[str, str]:
    """The live view, and the loggers of Ray Tune's files."""
    return {
        "progress": "pegbox.builtin.progress:ProgressView",
        "csv": "pegbox.builtin.loggers.csv_logger:CSVLoggerCallback",
        "json": "pegbox.builtin.loggers.json_logger:JsonLoggerCallback",
    }
