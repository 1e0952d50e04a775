"""One thread of linear algebra for each test: several would wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In libraries that are loaded, in those that a test loads, and in processes that it starts."""
    for name in _VARIABLES:
        monkeypatch.setenv(name, "1")
    with threadpool_limits(1):
        yield
