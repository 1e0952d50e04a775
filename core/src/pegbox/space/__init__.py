"""Search spaces: what users write, and the one place that turns points into configurations.

A *point* is what searchers see: flat path (``"model/layers/0"``) to float, int or, for a category
or a grid, the index of the value. A *configuration* is what a trial gets, nested as the user
wrote it.
"""

from __future__ import annotations

from pegbox.space.description import missing
from pegbox.space.domains import (
    Choice,
    Domain,
    DomainKind,
    Float,
    Grid,
    Int,
    domain_from_json,
    product_point,
    product_size,
)
from pegbox.space.functions import (
    SampleFrom,
    choice,
    grid_search,
    loguniform,
    randint,
    sample_from,
    uniform,
)
from pegbox.space.space import Space

__all__ = [
    "Choice",
    "Domain",
    "DomainKind",
    "Float",
    "Grid",
    "Int",
    "SampleFrom",
    "Space",
    "choice",
    "domain_from_json",
    "grid_search",
    "loguniform",
    "missing",
    "product_point",
    "product_size",
    "randint",
    "sample_from",
    "uniform",
]
