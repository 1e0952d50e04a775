"""The conformance kit for syncers, on the one that comes along, on another one and its mutants."""

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
