"""The cases of the conformance kit about packages, on one that passes and on mutants of it."""

import pytest
from kit_runner import failing
from pegbox._plugins.origin import create_by_name
from pegbox.testing.package_cases import PackageCases
from plugin_site import PluginSite

SEARCHER = """
from pegbox.searcher import Searcher

class Stranger(Searcher):
    def suggest(self, trial_id):
        import heavy_library
        return {}
"""

BROKEN_OFFER = """
from pegbox.hookspecs import hookimpl

@hookimpl
def pegbox_schedulers():
    return {"strange": "no_class"}
"""

#: What it is, to its source, what else its doorway says, and the case that has to catch it.
MUTANTS = {
    "prints": (f"{SEARCHER}\nprint('Welcome!')", "", "is_imported_in_silence"),
    "warns": (f"{SEARCHER}\nimport sys\nsys.stderr.write('old')", "", "is_imported_in_silence"),
    "imports early": (f"import heavy_library\n{SEARCHER}", "", "imports_its_libraries_late"),
    "gives another": (f"{SEARCHER}\nclass S(Stranger): pass\nStranger = S", "", "is_on_offer"),
    "offers nothing, too": (SEARCHER, BROKEN_OFFER, "is_on_offer"),
}


class OfAPackage(PackageCases):
    role = "searcher"
    searcher = "stranger"

    def plugin(self, tmp_path):
        return create_by_name("searcher", "stranger", {})


def failing_with(tmp_path, tmp_path_factory, monkeypatch, source, offers=""):
    with PluginSite(tmp_path, monkeypatch) as site:
        site.package("heavy_library", "1.0")
        offered = {"stranger": "Stranger"}
        site.plugin("stranger", "1.0", offered, source, requires=["heavy-library>=1"])
        doorway = site.folder / "stranger" / "__init__.py"
        doorway.write_text(doorway.read_text() + offers)
        return failing(OfAPackage, {"tmp_path": lambda: tmp_path_factory.mktemp("case")})


def test_a_package_that_is_as_it_should_be(tmp_path, tmp_path_factory, monkeypatch):
    assert not failing_with(tmp_path, tmp_path_factory, monkeypatch, SEARCHER)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_caught_by_the_case_that_is_meant_for_it(
    mutant, tmp_path, tmp_path_factory, monkeypatch
):
    source, offers, case = MUTANTS[mutant]
    found = failing_with(tmp_path, tmp_path_factory, monkeypatch, source, offers)
    assert list(found) == [case], found
