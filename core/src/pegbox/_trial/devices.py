"""Which GPUs a process may see, by the names that CUDA knows them by.

Reads the environment, and asks the driver where that says nothing. Who gets which is decided
elsewhere; a process is shown its devices by its environment, before it imports anything.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = [
    "FORCED",
    "DeviceId",
    "announced_devices",
    "device_variables",
    "visible_devices",
]

#: A number, or the text by which CUDA knows a device or a part of one (``GPU-...``, ``MIG-...``).
DeviceId = int | str

#: What the CUDA libraries, and all that use them, may see.
_VARIABLE: Final = "CUDA_VISIBLE_DEVICES"
#: What there is, in place of what is found: a number of devices, or a list of ids.
FORCED: Final = "PEGBOX_GPUS"
_ENTRIES: Final = Path("/proc/driver/nvidia/gpus")


def visible_devices(environment: Mapping[str, str] = os.environ) -> tuple[DeviceId, ...]:
    """The devices that this process may see: as its variables say, else as the driver says.

    Raises:
        ConfigError: ``PEGBOX_GPUS`` is neither a number nor a list.
    """
    stated = _stated(environment)
    return tuple(range(_count(_ENTRIES))) if stated is None else stated


def announced_devices(environment: Mapping[str, str] = os.environ) -> int:
    """How many devices there seem to be, as far as that can be seen without any delay.

    Raises:
        ConfigError: As for `visible_devices`.
    """
    stated = _stated(environment)
    return _entries(_ENTRIES) if stated is None else len(stated)


def device_variables(ids: Sequence[DeviceId]) -> dict[str, str]:
    """The environment variables by which a process sees these devices and no others."""
    return {_VARIABLE: ",".join(map(str, ids)), FORCED: ""}


def _stated(environment: Mapping[str, str]) -> tuple[DeviceId, ...] | None:
    """As the variables say; None where they say nothing."""
    forced = environment.get(FORCED, "").strip()
    listed = _listed(environment[_VARIABLE]) if _VARIABLE in environment else None
    if not forced:
        return listed
    if not forced.isdecimal():
        return _forced_list(forced)
    count = int(forced)
    return listed[:count] if listed and len(listed) >= count else tuple(range(count))


def _forced_list(text: str) -> tuple[DeviceId, ...]:
    ids = _listed(text.removesuffix(","))
    if "," not in text or len(ids) < len(text.removesuffix(",").split(",")):
        raise ConfigError(
            f"the environment variable {FORCED} must be a number of GPUs or a list of their ids,"
            f" got {shown(text)}",
            hint=f"Write e.g. {FORCED}=2, or {FORCED}=0,2 (a list of one ends with a comma).",
        )
    return ids


def _listed(text: str) -> tuple[DeviceId, ...]:
    """As CUDA reads it: what follows the first entry that is no device is not seen."""
    ids: list[DeviceId] = []
    for entry in map(str.strip, text.split(",")):
        if entry.isdecimal():
            ids.append(int(entry))
        elif entry.upper().startswith(("GPU-", "MIG-")):
            ids.append(entry)
        else:
            break
    return tuple(ids)


@cache
def _count(entries: Path) -> int:
    """What the driver says there is; a process's answer does not change."""
    counted = _count_by_nvml()
    return _entries(entries) if counted is None else counted


def _entries(folder: Path) -> int:
    """Devices in the kernel driver's list, which a container sees its own ones of."""
    try:
        return len(os.listdir(folder))
    except OSError:
        return 0


def _count_by_nvml() -> int | None:
    """By NVIDIA's library, where its Python package (nvidia-ml-py) is installed."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        try:
            return int(pynvml.nvmlDeviceGetCount())
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return None
