"""The count of cores: never more than the affinity, and never more than the quota."""

from __future__ import annotations

import os

import pytest
from pegbox.executors.dask.embedded.cores import usable_cores

HERE = len(os.sched_getaffinity(0))


def test_without_a_quota_the_affinity_counts(tmp_path):
    assert usable_cores(tmp_path) == HERE
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert usable_cores(tmp_path) == HERE


@pytest.mark.parametrize(("quota", "cores"), [("50000 100000", 1), ("9900000 100000", HERE)])
def test_a_quota_bounds_it_and_is_rounded_up(tmp_path, quota, cores):
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert usable_cores(tmp_path) == cores


def test_version_1_of_control_groups(tmp_path):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("100000\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert usable_cores(tmp_path) == 1
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    assert usable_cores(tmp_path) == HERE
