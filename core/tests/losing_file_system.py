"""fsspec's memory file system, which at times loses the end of files and says nothing of it.

What a bad proxy or a full disk may do.
"""

from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import fsspec
from fsspec.implementations.memory import MemoryFileSystem


class LosingFileSystem(MemoryFileSystem):
    protocol = "losing"
    store: dict = {}
    pseudo_dirs = [""]
    #: Bytes that arrive of a file; None for all.
    room: int | None = None

    def put_file(self, lpath, rpath, **kwargs):
        self.pipe_file(rpath, Path(lpath).read_bytes()[: type(self).room])

    def get_file(self, rpath, lpath, **kwargs):
        Path(lpath).write_bytes(self.cat_file(rpath)[: type(self).room])


def a_folder():
    """The URI of a folder that is not there yet, and has one above it."""
    fsspec.register_implementation("losing", LosingFileSystem, clobber=True)
    return f"losing://{uuid4().hex}/exp"


@contextmanager
def losing_what_is_beyond(size):
    """While entered, no more than ``size`` bytes of a file arrive."""
    LosingFileSystem.room = size
    try:
        yield
    finally:
        LosingFileSystem.room = None
