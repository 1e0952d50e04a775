"""``pegbox doctor``: what it finds wrong, how it says so, and that it imports nothing itself."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from pegbox._doctor.import_times import Import, import_times
from pegbox.cli import main
from plugin_site import PluginSite

SEARCHER = """
from pegbox.searcher import Searcher

class Hill(Searcher):
    pass
"""
WINDOW = ("hills>=2,<4", 'hills>=2.1,<2.3; extra == "tested"')


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A home folder, and a folder of packages with a searcher ``hill``."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with PluginSite(tmp_path, monkeypatch) as site:
        site.plugin("pegbox_hill", "0.3", {"hill": "Hill"}, SEARCHER, WINDOW)
        yield site


def run(*words):
    done = CliRunner().invoke(main, ["doctor", *words])
    assert done.stderr == "", done.stderr
    return done


def data(*packages, code=1):
    done = run("--json", *packages)
    assert done.exit_code == code, done.stdout
    return json.loads(done.stdout)


def problems(*packages):
    """Package, message and remedy of what is wrong with some packages."""
    return [tuple(each.values()) for each in data(*packages)["problems"]]


def package(found, name):
    (one,) = [each for each in found["packages"] if each["name"] == name]
    return one


# -- all is well ------------------------------------------------------------------------------


def test_a_plugin_with_its_optimizer(site):
    site.package("hills", "2.2")
    found = package(data("pegbox-hill", code=0), "pegbox-hill")

    (plugin,) = found.pop("plugins")
    (optimizer,) = found.pop("optimizers")
    assert found == {"name": "pegbox-hill", "version": "0.3"}
    assert plugin.pop("import_s") > 0
    assert plugin == {
        **{"role": "searcher", "name": "hill", "target": "pegbox_hill.searcher:Hill"},
        "import_error": None,
    }
    assert optimizer.pop("import_s") > 0
    assert optimizer == {
        **{"library": "hills", "found": "2.2", "tested": ">=2.1,<2.3", "needed": ">=2,<4"},
        **{"verdict": "tested", "command": "pip install 'hills>=2.1,<2.3'"},
        **{"module": "hills", "import_error": None},
    }
    text = run("Pegbox_Hill").stdout
    assert "no problems" in text
    assert "  hills    2.2    tested  >=2.1,<2.3   >=2,<4  pegbox-hill" in text


def test_nothing_of_a_plugin_or_optimizer_is_imported_here(site):
    site.package("hills", "2.2")
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from pegbox.cli import main\n"
        "done = CliRunner().invoke(main, ['doctor'])\n"
        "assert 'pegbox-optuna' in done.stdout and 'pegbox-hill' in done.stdout, done.stdout\n"
        "assert 'asha' in done.stdout, done.stdout\n"
        "heavy = {'hills', 'pegbox_hill.searcher', 'pegbox_optuna.searcher', 'optuna', 'hyperopt',"
        " 'skopt', 'bayes_opt', 'ax', 'torch', 'sklearn', 'scipy', 'pandas', 'distributed'}\n"
        "print(heavy & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=site.environment(), capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_the_environment(site, monkeypatch):
    site.package("hills", "2.2")
    monkeypatch.setenv("PEGBOX_GPUS", "0,2")
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "0")
    monkeypatch.setenv("PEGBOX_STATE_DIR", str(site.folder))
    found = data("pegbox-hill", code=0)["environment"]

    assert found["python"]["executable"] == sys.executable
    assert {"pegbox", "distributed", "cloudpickle", "numpy", "pluggy"} <= set(found["packages"])
    assert found["cores"]["usable"] >= 1
    assert found["memory"]["total"] > found["memory"]["available"] > 0
    assert found["gpus"] == [0, 2]
    assert found["start_method"] in ("fork", "spawn", "forkserver")
    assert found["variables"]["PEGBOX_GPUS"] == "0,2"
    assert found["results"] == {
        **{"folder": f"{site.folder.parent}/pegbox_results", "writable": True, "network": True},
        "live_files": str(site.folder),
    }
    text = run("pegbox-hill").stdout
    assert "GPUs " in text
    assert f"on a network; live files in {site.folder}\n" in text


# -- what is wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "state", "message"),
    [
        ("2.4", "not tested", "pegbox-hill 0.3 was tested with hills>=2.1,<2.3, and hills 2.4 is"),
        ("1.0", "cannot work", "pegbox-hill 0.3 needs hills>=2,<4, and hills 1.0 is"),
        (None, "missing", "pegbox-hill 0.3 needs hills, which is not"),
    ],
)
def test_releases_outside_of_the_window(site, version, state, message):
    if version is not None:
        site.package("hills", version)
    command = "pip install 'hills>=2.1,<2.3'"
    assert problems("pegbox-hill") == [("pegbox-hill", f"{message} installed", command)]
    done = run("pegbox-hill")
    assert done.exit_code == 1
    assert state in done.stdout
    assert f"problems\n  {message} installed\n    {command}\n" in done.stdout


def test_requirements_of_plugins_and_of_what_they_need(site):
    site.package("hills", "2.2", requires=("valleys[deep]>=3", 'lakes; extra == "wet"'))
    site.package("valleys", "3.1", requires=("rocks<2", 'sand; extra == "deep"'))
    site.package("rocks", "2.5")
    site.plugin("pegbox_peak", "1", {"peak": "Hill"}, SEARCHER, ("rocks>=2,<2.9", "hills>2.2"))

    assert sorted(problems("pegbox-hill", "pegbox-peak")) == [
        (
            "pegbox-peak",
            "pegbox-peak 1 needs hills>2.2, and hills 2.2 is installed",
            "pip install 'hills>2.2', but see what others need: hills>=2,<4 (pegbox-hill 0.3)",
        ),
        (
            "valleys",
            "valleys 3.1 needs rocks<2, and rocks 2.5 is installed",
            "pip install 'rocks<2', but see what others need: rocks>=2,<2.9 (pegbox-peak 1)",
        ),
        ("valleys", "valleys 3.1 needs sand, and that is not installed", "pip install 'sand'"),
    ]


def test_two_plugins_with_one_name(site):
    site.package("hills", "2.2")
    site.plugin("other_hill", "9", {"hill": "Hill"}, SEARCHER)
    assert problems("other-hill") == [
        ("other-hill", "other-hill 9 brings a searcher 'hill', as does pegbox-hill 0.3", "")
    ]


def test_what_fails_to_be_imported(site):
    site.package("hills", "2.2", "import nowhere")
    site.plugin("broken", "1", {"late": "Late"}, "1 / 0")
    site.package("shut", "1", "1 / 0", entry_points="[pegbox]\nshut = shut\n")

    assert problems("pegbox-hill", "broken", "shut") == [
        ("shut", "shut 1 failed to import (ZeroDivisionError: division by zero)", ""),
        (
            "broken",
            "searcher late (broken 1): broken.searcher:Late cannot be imported "
            "(ZeroDivisionError: division by zero)",
            "",
        ),
        (
            "pegbox-hill",
            "hills 2.2 cannot be imported (ModuleNotFoundError: No module named 'nowhere')",
            "pip install --force-reinstall 'hills>=2.1,<2.3'",
        ),
    ]
    assert run("broken").stdout.startswith(
        "plugins\n  name  role      package   import\n  late  searcher  broken 1   fails\n"
    )


def test_metadata_that_cannot_be_read(site):
    site.plugin("odd", "1", {"odd": "Hill"}, SEARCHER, ("hills >> 3",))
    ((_, message, _),) = problems("odd")
    assert message.startswith("the metadata of odd cannot be read: ")


def test_a_machine_that_no_run_can_use(site, monkeypatch, tmp_path):
    site.package("hills", "2.2")
    (tmp_path / "pegbox_results").write_text("a file")
    monkeypatch.setenv("PEGBOX_GPUS", "many")
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "yes")
    found = data("pegbox-hill")
    assert [each["message"].partition(", got")[0] for each in found["problems"]] == [
        "the environment variable PEGBOX_GPUS must be a number of GPUs or a list of their ids",
        f"{tmp_path}/pegbox_results, where experiments lie by default, cannot be written",
        "the environment variable PEGBOX_LOCAL_DISK must be 0 or 1",
    ]
    assert found["environment"]["gpus"] is None
    assert "not known" in run("pegbox-hill").stdout


def test_a_package_that_brings_no_plugin():
    done = CliRunner().invoke(main, ["doctor", "pegbox-optun"])
    assert done.exit_code == 1
    assert done.stderr.startswith(
        "pegbox: no installed package 'pegbox-optun' brings plugins\n"
        "  Did you mean 'pegbox-optuna'? There are "
    )


# -- imports ----------------------------------------------------------------------------------


def test_an_import_that_prints_ends_crashes_or_never_ends(site):
    site.package("loud", "1", "import sys; print('hello'); print('you', file=sys.stderr)")
    site.package("leaving", "1", "raise SystemExit(3)")
    site.package("crashing", "1", "import os; os.abort()")
    site.package("endless", "1", "import threading; threading.Event().wait()")

    found = import_times(["loud", "leaving", "crashing", "loud"])

    assert list(found) == ["loud", "leaving", "crashing"]
    assert found["loud"].seconds is not None
    assert found["leaving"] == Import(None, "SystemExit: 3")
    assert found["crashing"].error.startswith("its process was killed by SIGABRT")
    endless = import_times(["endless"], limit_s=0.5)
    assert endless == {"endless": Import(None, "not imported within 0.5 s")}


def test_an_optimizer_is_imported_as_most_of_its_files_are(site):
    site.package("many_hills", "1", files={"climb": "", "fall": ""}, record=("hill_docs/conf.py",))
    site.plugin("odd", "1", {"odd": "Hill"}, SEARCHER, ('many_hills==1; extra == "tested"',))
    (optimizer,) = package(data("odd", code=0), "odd")["optimizers"]
    assert (optimizer["module"], optimizer["verdict"]) == ("many_hills", "tested")
