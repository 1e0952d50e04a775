"""The conformance kit for schedulers, on those that come along, on another one and its mutants."""

import pytest
from kit_runner import failing
from pegbox.testing import SchedulerConformance, SchedulerObjectConformance
from reference_scheduler import Medians
from scheduler_mutants import MUTANTS


class TestFIFO(SchedulerConformance):
    scheduler = "fifo"


class TestASHA(SchedulerConformance):
    scheduler = "asha"
    options = {"grace_period": 2, "reduction_factor": 2, "max_t": 12}


class OfAnObject(SchedulerObjectConformance):
    made = Medians

    def make_scheduler(self):
        return self.made()


class TestMedians(OfAnObject):
    pass


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_caught_by_the_case_that_is_meant_for_it(mutant):
    found = failing(type("OfAMutant", (OfAnObject,), {"made": mutant}))
    assert list(found) == [MUTANTS[mutant]], found
