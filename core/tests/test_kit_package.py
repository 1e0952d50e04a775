"""The cases of the conformance kit about packages, on one that passes and on mutants of it."""

from pathlib import Path

import pytest
from kit_runner import failing
from pegbox._plugins.origin import create_by_name
from pegbox.testing import SchedulerConformance
from pegbox.testing.package_cases import PackageCases
from plugin_site import PluginSite

SEARCHER = """
from pegbox.searcher import Searcher

class Stranger(Searcher):
    def suggest(self, trial_id):
        import heavy_library
        return {}
"""

SCHEDULER = """
from pegbox.scheduler import Scheduler

class Stranger(Scheduler):
    def __init__(self, gate=3):
        self.gate = gate

    def on_trial_result(self, trial, result):
        import heavy_library
        return self.STOP if trial.iteration == self.gate else self.CONTINUE
"""

BROKEN_OFFER = """
from pegbox.hookspecs import hookimpl

@hookimpl
def pegbox_callbacks():
    return {"strange": "no_class"}
"""

#: What is before its source and after it, what else its doorway says, and the case that has to
#: catch it.
MUTANTS = {
    "prints": ("", "print('Welcome!')", "", "is_imported_in_silence"),
    "warns": ("", "import sys\nsys.stderr.write('old')", "", "is_imported_in_silence"),
    "imports early": ("import heavy_library", "", "", "imports_its_libraries_late"),
    "gives another": ("", "class S(Stranger): pass\nStranger = S", "", "is_on_offer"),
    "offers nothing, too": ("", "", BROKEN_OFFER, "is_on_offer"),
}


class OfASearcher(PackageCases):
    role, source = "searcher", SEARCHER
    searcher = "stranger"

    def plugin(self, tmp_path: Path):
        return create_by_name("searcher", "stranger", {})


class OfAScheduler(SchedulerConformance):
    """All cases: those about packages are there, and the others go well with them."""

    source = SCHEDULER
    scheduler = "stranger"
    options = {"gate": 5}


def failing_with(mutant, kit, tmp_path, tmp_path_factory, monkeypatch):
    before, after, offers, case = MUTANTS.get(mutant, ("", "", "", ""))
    with PluginSite(tmp_path, monkeypatch) as site:
        site.package("heavy_library", "1.0")
        source = f"{before}\n{kit.source}\n{after}"
        requires = ["heavy-library>=1"]
        site.plugin("stranger", "1.0", {"stranger": "Stranger"}, source, requires, kit.role)
        doorway = site.folder / "stranger" / "__init__.py"
        doorway.write_text(doorway.read_text() + offers)
        return list(failing(kit, {"tmp_path": lambda: tmp_path_factory.mktemp("case")})), case


@pytest.mark.parametrize("kit", [OfASearcher, OfAScheduler])
def test_a_package_that_is_as_it_should_be(kit, tmp_path, tmp_path_factory, monkeypatch):
    found, _ = failing_with("", kit, tmp_path, tmp_path_factory, monkeypatch)
    assert not found


@pytest.mark.parametrize("kit", [OfASearcher, OfAScheduler])
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_caught_by_the_case_that_is_meant_for_it(
    mutant, kit, tmp_path, tmp_path_factory, monkeypatch
):
    found, case = failing_with(mutant, kit, tmp_path, tmp_path_factory, monkeypatch)
    assert found == [case]
