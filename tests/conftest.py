"""Wheels and environments that several files of tests share: made once, for they take seconds."""

from __future__ import annotations

import venv

import pytest
from installing import PACKAGES, Wheels, pip


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Makes wheels of packages' folders; see `Wheels`."""
    return Wheels(tmp_path_factory.mktemp("build tools"))


@pytest.fixture(scope="session")
def wheels(build, tmp_path_factory):
    """The wheel of each package of the workspace, by name."""
    target = tmp_path_factory.mktemp("wheels")
    made = build(target, *PACKAGES.values())
    return {name: made[name] for name in PACKAGES}


@pytest.fixture(scope="session")
def fresh(wheels, tmp_path_factory):
    """Makes an environment with one package, the core and what they declare; its Python."""
    made = {}

    def make(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            venv.create(folder, with_pip=True, symlinks=True)
            made[name] = folder / "bin" / "python"
            wanted = {wheels["pegbox"], wheels[name]}
            pip(made[name], "install", "--no-compile", "-c", "constraints.txt", *wanted)
        return made[name]

    return make
