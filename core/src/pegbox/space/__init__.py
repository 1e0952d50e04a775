"""Search spaces: what users write, and the one place that turns points into configurations.

A *point* is what searchers see: flat path (``"model/layers/0"``) to float, int or, for a category
or a grid, the index of the value. A *configuration* is what a trial gets, nested as the user
wrote it.

A value of a choice or a grid may hold parameters of its own. They exist only where that value is
chosen; their paths have its index in the place of the choice: ``"model/0/C"``.
"""

from __future__ import annotations

from pegbox.space.conditions import (
    NO_CONDITIONS,
    Condition,
    conform_point,
    draw_point,
    is_active,
)
from pegbox.space.description import missing
from pegbox.space.domain import Domain, DomainKind, RangeForm
from pegbox.space.domain_json import domain_from_json
from pegbox.space.functions import (
    SampleFrom,
    choice,
    grid_search,
    lograndint,
    loguniform,
    qlograndint,
    qloguniform,
    qrandint,
    qrandn,
    quniform,
    randint,
    randn,
    sample_from,
    uniform,
)
from pegbox.space.listed import Choice, Grid
from pegbox.space.normal import Normal
from pegbox.space.product import product_point, product_size
from pegbox.space.ranges import Float, Int
from pegbox.space.space import Space

__all__ = [
    "NO_CONDITIONS",
    "Choice",
    "Condition",
    "Domain",
    "DomainKind",
    "Float",
    "Grid",
    "Int",
    "Normal",
    "RangeForm",
    "SampleFrom",
    "Space",
    "choice",
    "domain_from_json",
    "conform_point",
    "draw_point",
    "grid_search",
    "is_active",
    "lograndint",
    "loguniform",
    "missing",
    "product_point",
    "product_size",
    "qlograndint",
    "qloguniform",
    "qrandint",
    "qrandn",
    "quniform",
    "randint",
    "randn",
    "sample_from",
    "uniform",
]
