"""Which GPUs are a worker's, where its process sees more than it has to give.

Workers that were started side by side on one host see the same list, or (dask-cuda's) the same
list with their own device first. So a worker keeps devices of its list to itself for its life, by
file locks, which the kernel takes back however the process ends.
"""

from __future__ import annotations

import logging
import math
import os
import tempfile
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pegbox._trial.devices import DeviceId, visible_devices
from pegbox.errors import ConfigError

if TYPE_CHECKING:
    from filelock import FileLock

__all__ = ["worker_devices"]

_logger: Final = logging.getLogger("pegbox")
_lock: Final = threading.Lock()
#: Worker -> its devices. A process may have several workers.
_held: Final[weakref.WeakKeyDictionary[Any, tuple[DeviceId, ...]]] = weakref.WeakKeyDictionary()


def worker_devices(worker: Any, amount: float) -> tuple[DeviceId, ...]:
    """The devices of a worker of this process, the same ones for as long as it lives.

    Args:
        worker: The worker.
        amount: What it advertises; a part of a device counts as one.

    Returns:
        As many as it advertises: all that the process sees, or those of them that no other worker
        of the host has; where the process sees none at all, numbers from 0.

    Raises:
        ConfigError: The worker advertises more than its process sees.
    """
    with _lock:
        if worker not in _held:
            _held[worker] = _devices(worker, math.ceil(amount))
        return _held[worker]


def _devices(worker: Any, count: int) -> tuple[DeviceId, ...]:
    visible = visible_devices()
    if not visible:
        return tuple(range(count))
    if len(visible) < count:
        seen = ",".join(map(str, visible))
        raise ConfigError(
            f"a worker advertises GPU={count}, and its process sees only {len(visible)} ({seen})",
            hint="Start it with --resources GPU=<number>, one for each device that it may use.",
        )
    return visible if len(visible) == count else _hold(worker, visible, count)


def _hold(worker: Any, visible: Sequence[DeviceId], count: int) -> tuple[DeviceId, ...]:
    held: dict[DeviceId, FileLock] = {}
    try:
        folder = _folder()
        for device in visible:
            if len(held) < count and (lock := _locked(folder / f"{device}.lock")):
                held[device] = lock
    except OSError as error:
        _logger.warning("which GPUs other workers of this host use cannot be seen: %s", error)
    weakref.finalize(worker, _release, list(held.values()))
    others = [device for device in visible if device not in held]
    return (*held, *others[: count - len(held)])


def _locked(path: Path) -> FileLock | None:
    from filelock import FileLock, Timeout

    # Not bound to a thread: the slot that asks first may end before the worker does.
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def _folder() -> Path:
    """A folder of the user's own: in one for all, others could lay links where locks will be.

    Raises:
        OSError: There is none.
    """
    folder = Path(tempfile.gettempdir()) / f"pegbox-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder


def _release(locks: Sequence[FileLock]) -> None:
    for lock in locks:
        lock.release(force=True)
