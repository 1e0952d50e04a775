"""The conformance kit for callbacks, on those that come along, on another one and its mutants."""

import csv
import json

import pytest
from callback_mutants import MUTANTS
from kit_runner import failing
from pegbox.testing import CallbackConformance, CallbackObjectConformance
from reference_callback import FILE, Diary


class TestCSV(CallbackConformance):
    callback = "csv"

    def written(self, experiment, trials):
        found = []
        for trial in trials:
            with (trial / "progress.csv").open(newline="") as file:
                rows = list(csv.DictReader(file))
            found.append([(row["training_iteration"], row["loss"], row["done"]) for row in rows])
        return found


class TestJSON(CallbackConformance):
    callback = "json"

    def written(self, experiment, trials):
        found = []
        for trial in trials:
            lines = map(json.loads, (trial / "result.json").read_text().splitlines())
            rows = [(row["training_iteration"], row["loss"], row["done"]) for row in lines]
            found.append((rows, json.loads((trial / "params.json").read_text())))
        return found


class TestProgress(CallbackConformance):
    callback = "progress"
    options = {"verbose": 2}


class OfAnObject(CallbackObjectConformance):
    made = Diary

    def make_callback(self, home):
        return self.made(home)

    def written(self, experiment, trials):
        return [(trial / FILE).read_text() for trial in trials]


class TestDiary(OfAnObject):
    pass


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_caught_by_the_case_that_is_meant_for_it(mutant, tmp_path_factory):
    kit = type("OfAMutant", (OfAnObject,), {"made": mutant})
    found = failing(kit, {"tmp_path": lambda: tmp_path_factory.mktemp("case")})
    assert list(found) == [MUTANTS[mutant]], found
