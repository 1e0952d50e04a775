"""Runs in virtual time: searchers and schedulers at work on learning curves, without a trainable.

A run of days takes seconds, and two runs with one seed are the same to the last byte.
"""

from __future__ import annotations

from pegbox.executors.simulated.cluster import SimulatedCluster
from pegbox.executors.simulated.executor import SimulatedExecutor
from pegbox.executors.simulated.simulate import SimulatedRun, simulate

__all__ = ["SimulatedCluster", "SimulatedExecutor", "SimulatedRun", "simulate"]
