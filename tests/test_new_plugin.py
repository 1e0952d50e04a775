"""What ``pegbox new-plugin`` writes for each role: built, installed, and its own tests run."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from installing import pip
from pegbox._new_plugin.package import ROLES
from ten_lines import at_home

#: Of every length.
NAMES = {
    "searcher": "pegbox-s",
    "scheduler": "gate-keeper",
    "callback": "a",
    "syncer": "pegbox-twenty4-letters-or-digit",
}


def run_tests(role, name, folder, home):
    """Its tests, where it is installed beside all that this process has."""
    path = [str(folder / "installed"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, "-B", "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder / name,
        env={**at_home(home), "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def made(build, tmp_path_factory):
    """Role to what the tests of its package said; two at a time."""
    folder, home = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("home")
    for role, name in NAMES.items():
        words = ("-m", "pegbox", "new-plugin", name, "--role", role, "--into", str(folder))
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
    wheels = build(folder / "wheels", *(folder / name for name in NAMES.values()))
    pip(sys.executable, "install", "--no-deps", "--target", folder / "installed", *wheels.values())
    with ThreadPoolExecutor(2) as pool:
        runs = {
            role: pool.submit(run_tests, role, name, folder, home) for role, name in NAMES.items()
        }
    return {role: run.result() for role, run in runs.items()}


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_its_own_tests_pass_at_once(made, role):
    done = made[role]
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed in " in done.stdout.splitlines()[-1]
