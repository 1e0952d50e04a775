"""The process that imports one module, so that its driver need not: how long, or why not.

Started by `pegbox._doctor.import_times`. It is told the module, answers one line of JSON, and ends.
"""

from __future__ import annotations

import importlib
import json
import os
import time
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn

__all__ = ["main"]


def main(pipe: BinaryIO, boot: Mapping[str, Any]) -> NoReturn:
    """Import and answer.

    Args:
        pipe: From the driver.
        boot: The first line, decoded; ``module`` is what to import.
    """
    del pipe
    answer = os.dup(1)
    # What modules print while they are imported is no answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.write(answer, json.dumps(_timed(boot["module"])).encode())
    os._exit(0)


def _timed(module: str) -> dict[str, Any]:
    begun = time.monotonic()
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as error:
        return {"error": f"{type(error).__name__}: {error}".rstrip(": ")}
    return {"seconds": time.monotonic() - begun}
