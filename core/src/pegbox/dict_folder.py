"""A dict as one file in a folder, and back: what a checkpoint made of a dict consists of.

It does not know what a checkpoint is. Nothing here runs unless a user's code asks for it: pegbox
itself reads no such file, for to unpickle is to run what somebody wrote.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pegbox import jsonvalue
from pegbox.errors import ConfigError, StoreError

__all__ = ["JSON_NAME", "PICKLE_NAME", "holds_dict", "read_dict", "write_dict"]

#: The file of a dict that is small JSON data.
JSON_NAME: Final = "checkpoint_dict.json"
#: The file of any other dict.
PICKLE_NAME: Final = "checkpoint_dict.pickle"

#: A dict of more values is pickled: as text it would take many times as long.
_MOST_VALUES: Final = 10_000

_ATOMS: Final = frozenset({type(None), bool, int, float, str})


def write_dict(folder: str, data: Mapping[str, Any]) -> None:
    """Write a dict into a folder: as JSON where it comes back the same from that, else pickled.

    Args:
        folder: Exists.
        data: Anything that can be pickled.

    Raises:
        ConfigError: Something in it cannot be pickled; its key is named.
    """
    if _is_small_json(data):
        try:
            text = jsonvalue.dumps(data)
        except ConfigError:
            pass  # e.g. an integer of more digits than JSON's readers take
        else:
            with open(os.path.join(folder, JSON_NAME), "w", encoding="ascii") as file:
                file.write(text)
            return
    _write_pickle(os.path.join(folder, PICKLE_NAME), data)


def holds_dict(folder: str) -> bool:
    """Whether `write_dict` wrote into the folder."""
    return any(os.path.isfile(os.path.join(folder, name)) for name in (JSON_NAME, PICKLE_NAME))


def read_dict(folder: str) -> dict[str, Any]:
    """The dict that `write_dict` wrote; unpickles.

    Raises:
        StoreError: The folder holds none, or it cannot be read.
    """
    path = os.path.join(folder, JSON_NAME)
    try:
        if os.path.isfile(path):
            with open(path, encoding="ascii") as text:
                found: dict[str, Any] = jsonvalue.loads(text.read())
            return found
        path = os.path.join(folder, PICKLE_NAME)
        with open(path, "rb") as file:
            found = pickle.load(file)
    except FileNotFoundError:
        raise StoreError(
            f"the checkpoint in {folder} was not made of a dict",
            path=folder,
            hint="Read its files: with checkpoint.as_directory() as folder: ...",
        ) from None
    except Exception as error:  # unpickling runs any code, so anything may come
        raise StoreError(
            f"the dict in {path} cannot be read: {type(error).__name__}: {error}",
            path=path,
            hint="It needs the packages, in versions that fit, whose objects are in it.",
        ) from error
    return found


def _is_small_json(data: Mapping[str, Any]) -> bool:
    """Whether it is JSON data to the letter (no tuples, no numpy scalars), and little of it."""
    count = 0
    try:
        for value in _values(data):
            count += 1
            if type(value) not in _ATOMS or count > _MOST_VALUES:
                return False
    except RecursionError:
        return False
    return True


def _values(value: Any) -> Iterator[Any]:
    """Everything in it that is no list or dict, and each key."""
    if type(value) is dict:
        for key, item in value.items():
            # A key of another kind would come back as text.
            yield key if type(key) is str else object()
            yield from _values(item)
    elif type(value) is list:
        for item in value:
            yield from _values(item)
    else:
        yield value


def _write_pickle(path: str, data: Mapping[str, Any]) -> None:
    # It pickles by value what is defined in the user's script, which workers cannot import.
    import cloudpickle

    try:
        with open(path, "wb") as file:
            cloudpickle.dump(data, file, protocol=pickle.HIGHEST_PROTOCOL)
    except OSError:
        raise
    except Exception as error:
        raise _unpicklable(data, error) from error


def _unpicklable(data: Mapping[str, Any], error: Exception) -> ConfigError:
    import cloudpickle

    where = "something in it"
    for key, value in data.items():
        try:
            cloudpickle.dumps(value)
        except Exception as own:
            where, error = f"the value of {key!r}, of type {type(value).__name__},", own
            break
    return ConfigError(
        f"Checkpoint.from_dict: {where} cannot be pickled: {type(error).__name__}: {error}",
        hint="Take out what it needs for going on, e.g. model.state_dict() of a model.",
    )
