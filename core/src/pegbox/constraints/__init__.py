"""Constraints: between parameters, before a trial begins, and on what trials report.

Owns what a constraint is and how it is written as text. What becomes of a proposal or a result
that breaks one is the run's affair.
"""

from __future__ import annotations

from pegbox.constraints.function import FunctionConstraint
from pegbox.constraints.linear import LinearConstraint, OutcomeConstraint

__all__ = ["FunctionConstraint", "LinearConstraint", "OutcomeConstraint"]
