"""Pickles values with the memory of all their arrays beside the pickle, so that it can be shared.

Numpy does so for arrays in one piece alone. Slices are made one here, and maps of files become
arrays like others.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["dumps"]


def dumps(value: object, buffers: Callable[[pickle.PickleBuffer], Any]) -> bytes:
    """Pickle a value as `cloudpickle.dumps` does.

    Args:
        value: Anything.
        buffers: Takes large memory apart from the answer, see `pickle.Pickler`.
    """
    # Late: a run that sends nothing to workers needs none of it.
    import cloudpickle

    kinds = _array_types()

    class Pickler(cloudpickle.Pickler):
        def reducer_override(self, obj: Any) -> Any:
            if type(obj) in kinds and not obj.dtype.hasobject:
                return _in_one_piece(obj.view(kinds[0])).__reduce_ex__(5)
            return super().reducer_override(obj)

    file = io.BytesIO()
    Pickler(file, protocol=5, buffer_callback=buffers).dump(value)
    return file.getvalue()


def _array_types() -> tuple[Any, ...]:
    # Who has arrays has loaded numpy.
    numpy = sys.modules.get("numpy")
    return () if numpy is None else (numpy.ndarray, numpy.memmap)


def _in_one_piece(array: Any) -> Any:
    flags = array.flags
    return array if flags.c_contiguous or flags.f_contiguous else array.copy()
