"""The conformance kit for syncers, on the one that comes along, on another one and its mutants."""

import subprocess
import sys
from uuid import uuid4

import pytest
from kit_runner import failing
from losing_file_system import a_folder, losing_what_is_beyond
from pegbox.testing import SyncerConformance, SyncerObjectConformance
from reference_syncer import Copies
from syncer_mutants import MUTANTS


class TestFsspecOnPaths(SyncerConformance):
    syncer = "fsspec"


class TestFsspecOnFileURIs(SyncerObjectConformance):
    syncer = "fsspec"

    def remote(self, tmp_path):
        return f"file://{tmp_path}/remote folder/exp"


class TestFsspecInMemory(SyncerObjectConformance):
    syncer = "fsspec"

    def remote(self, tmp_path):
        return f"memory://{uuid4().hex}/exp"


class OfAnObject(SyncerObjectConformance):
    made = Copies

    def make_syncer(self):
        return self.made()


class TestCopies(OfAnObject):
    pass


class TestFsspecOnWhatLosesData(SyncerObjectConformance):
    syncer = "fsspec"

    def remote(self, tmp_path):
        return a_folder()

    def broken(self):
        return losing_what_is_beyond(1000)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_caught_by_the_case_that_is_meant_for_it(mutant, tmp_path_factory):
    kit = type("OfAMutant", (OfAnObject,), {"made": mutant})
    found = failing(kit, {"tmp_path": lambda: tmp_path_factory.mktemp("case")})
    assert list(found) == [MUTANTS[mutant]], found


def test_the_kit_can_be_imported_where_files_have_no_limits():
    """psutil's own way there is its own matter."""
    code = "import sys, psutil; sys.modules['resource'] = None; import pegbox.testing"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_such_limits_one_case_says_why_it_cannot_run(monkeypatch, tmp_path_factory):
    monkeypatch.setitem(sys.modules, "resource", None)
    found = failing(OfAnObject, {"tmp_path": lambda: tmp_path_factory.mktemp("case")})
    assert list(found) == ["is_whole_or_raises"]
    assert "module `resource`, which is not there" in found["is_whole_or_raises"]
    assert "override `broken`" in found["is_whole_or_raises"]
