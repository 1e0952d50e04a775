"""Windows of releases: what a plugin was tested with, against what is installed."""

from __future__ import annotations

import logging
import subprocess
import sys
from importlib.metadata import distribution

import pytest
from pegbox import create_searcher
from pegbox._plugins.bindings import arguments_of
from pegbox._plugins.manager import RoleManager
from pegbox._releases import guard
from pegbox._releases.windows import Window, windows_of
from pegbox.errors import MissingDependency, PluginError
from plugin_site import PluginSite
from tuning import fit

SEARCHER = """
from pegbox.searcher import Searcher

class Hill(Searcher):
    def __init__(self, metric=None, mode=None):
        super().__init__(metric, mode)
        import hills
        self.height = hills.height

    def setup(self, space):
        import hills
        hills.climb()

    def suggest(self, trial_id):
        return {"x": 0.5}
"""
WINDOW = ("hills>=2,<4", 'hills>=2.1,<2.3; extra == "tested"')
SENTENCE = "pegbox-hill 0.3 was tested with hills>=2.1,<2.3, and hills {} is installed"
COMMAND = "Run `pip install 'hills>=2.1,<2.3'`."


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of packages with a searcher ``hill``, which was tested with hills 2.1 and 2.2."""
    monkeypatch.setattr(guard, "_said", set())
    with PluginSite(tmp_path, monkeypatch) as site:
        site.plugin("pegbox_hill", "0.3", {"hill": "Hill"}, SEARCHER, WINDOW)
        yield site


def hills(site, version, source="height = 1\ndef climb(): pass\n"):
    site.package("hills", version, source)


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "pegbox"]


# -- windows ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("2.1", "tested"),
        ("2.2.7", "tested"),
        ("2.2.0rc1", "tested"),
        ("2.0.9", "untested"),
        ("2.3", "untested"),
        ("2.3.dev4", "untested"),
        ("4.0", "refused"),
        ("1.9.9", "refused"),
        ("of-its-own", "refused"),
        (None, "missing"),
    ],
)
def test_an_installed_release_is_in_the_window_or_not(site, version, verdict):
    if version is not None:
        hills(site, version)
    (window,) = windows_of(distribution("pegbox-hill"))
    assert window == Window("pegbox-hill 0.3", "hills", ">=2.1,<2.3", ">=2,<4", version)
    assert window.verdict == verdict


def test_what_a_package_can_do_without_may_be_absent(site):
    site.plugin("other", "1", {}, "", ('Peaks_Lib==3.*,!=3.1; extra == "tested"', "numpy"))
    (window,) = windows_of(distribution("other"))
    assert (window.verdict, window.command) == ("absent", "pip install 'Peaks_Lib==3.*,!=3.1'")
    site.package("peaks_lib", "3.1")
    (window,) = windows_of(distribution("other"))
    assert window.verdict == "untested"


def test_lines_for_other_machines_and_other_extras_do_not_count(site):
    lines = (
        'hills>=1; python_version < "3" and extra == "tested"',
        'hills>=1; extra == "docs"',
        'hills>=3; python_version >= "3" and extra == "tested"',
    )
    site.plugin("other", "1", {}, "", lines)
    assert [each.tested for each in windows_of(distribution("other"))] == [">=3"]


# -- before the optimizer is imported ---------------------------------------------------------


def ways():
    import pegbox_hill.searcher

    return {
        "by name": lambda: create_searcher("hill"),
        "by its class": pegbox_hill.searcher.Hill,
        "by a class of the user's": type("Mine", (pegbox_hill.searcher.Hill,), {}),
    }


def make(way):
    return ways()[way]()


WAYS = ["by name", "by its class", "by a class of the user's"]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_in_the_window_is_made_without_a_word(site, caplog, way):
    hills(site, "2.2")
    assert make(way).height == 1
    assert said(caplog) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", ["2.0", "3.9"])
def test_what_was_not_tested_is_said_once_and_made(site, caplog, way, version):
    hills(site, version)
    assert make(way).height == make(way).height == 1
    assert said(caplog) == [
        f"{SENTENCE.format(version)}; it may fail, or do something else. {COMMAND}"
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("4.1", "pegbox-hill 0.3 needs hills>=2,<4, and hills 4.1 is installed"),
        ("1.0", "pegbox-hill 0.3 needs hills>=2,<4, and hills 1.0 is installed"),
        (None, "pegbox-hill 0.3 needs hills, which is not installed"),
    ],
)
def test_what_cannot_work_is_refused_before_it_is_imported(site, way, version, message):
    if version is not None:
        hills(site, version, "raise AssertionError('imported')")
    with pytest.raises(MissingDependency) as caught:
        make(way)
    assert str(caught.value) == f"{message}\n  {COMMAND}"
    assert "hills" not in sys.modules


def test_the_right_release_is_found_once_it_is_there(site):
    with pytest.raises(MissingDependency):
        make("by its class")
    hills(site, "2.2")
    assert make("by its class").height == 1


def test_metadata_that_cannot_be_read_is_said_and_stops_nobody(site, caplog):
    site.plugin("odd", "1", {"odd": "Hill"}, SEARCHER, ("hills >> 3",))
    hills(site, "9")
    assert create_searcher("odd").height == 1
    (sentence,) = said(caplog)
    assert sentence.startswith("odd 1: the releases that it was tested with cannot be read (")
    assert "hills >> 3" in sentence


# -- when it fails then -----------------------------------------------------------------------


@pytest.mark.parametrize("source", ["import nothing_of_that_name", "1 / 0", "depth = 1"])
def test_an_error_while_it_is_made_has_the_window_as_its_likely_cause(site, source):
    hills(site, "2.9", source)
    with pytest.raises((MissingDependency, PluginError)) as caught:
        create_searcher("hill")
    assert f"  Likely cause: {SENTENCE.format('2.9')}. {COMMAND}" in str(caught.value)


def test_so_has_an_error_in_its_setup(site):
    hills(site, "2.9", "height = 1")
    manager = RoleManager("searcher")
    manager.register(create_searcher("hill"))
    arguments = dict.fromkeys(arguments_of(manager.role.specs, "searcher_setup"))
    with pytest.raises(PluginError) as caught:
        manager.call("searcher_setup", **arguments)
    cause = f"Likely cause: {SENTENCE.format('2.9')}. {COMMAND}"
    assert caught.value.hint == f"{cause} The traceback above is the plugin's own."


@pytest.mark.parametrize(("version", "cause"), [("2.2", False), ("2.9", True)])
def test_no_release_is_blamed_that_was_tested(site, version, cause):
    hills(site, version, "1 / 0")
    with pytest.raises(PluginError) as caught:
        create_searcher("hill")
    assert ("Likely cause" in caught.value.hint) is cause


# -- a whole run ------------------------------------------------------------------------------

RUN = """
import sys, pegbox
pegbox.Tuner(
    lambda config: {{"loss": config["x"]}},
    param_space={{"x": pegbox.uniform(0, 1)}},
    tune_config=pegbox.TuneConfig(metric="loss", mode="min", search_alg="hill", seed=1),
    run_config=pegbox.RunConfig(storage_path={folder!r}, verbose=0),
).fit()
print("hills" in sys.modules)
"""


def test_a_run_by_name_says_it_once_though_two_processes_look(site, tmp_path):
    hills(site, "2.9")
    script = RUN.format(folder=str(tmp_path / "runs"))
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=site.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    sentence = f"{SENTENCE.format('2.9')}; it may fail, or do something else. {COMMAND}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", sentence)


def test_a_run_in_this_process_is_refused_before_anything_is_written(site, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    hills(site, "1.0")
    with pytest.raises(MissingDependency, match=r"needs hills>=2,<4, and hills 1\.0"):
        fit(tmp_path / "runs", search_alg="hill")
    assert not (tmp_path / "runs").exists()
