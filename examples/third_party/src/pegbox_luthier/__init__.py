"""What this package brings to pegbox, under which names. It imports none of it."""

from __future__ import annotations

from collections.abc import Mapping

from pegbox.hookspecs import hookimpl


@hookimpl
def pegbox_searchers() -> Mapping[str, str]:
    """Names for ``search_alg=``."""
    return {"luthier": f"{__name__}.searcher:LuthierSearch"}


@hookimpl
def pegbox_schedulers() -> Mapping[str, str]:
    """Names for ``scheduler=``."""
    return {"luthier": f"{__name__}.scheduler:LuthierScheduler"}


@hookimpl
def pegbox_callbacks() -> Mapping[str, str]:
    """Names for ``callbacks=``."""
    return {"luthier": f"{__name__}.callback:LuthierCallback"}


@hookimpl
def pegbox_syncers() -> Mapping[str, str]:
    """Names for ``syncer=``."""
    return {"luthier": f"{__name__}.syncer:LuthierSyncer"}
