"""Optimizers never come into the driver: neither by a run, nor by looking at what is installed.

The adapters are those that are installed, so a new one is looked at by itself.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distribution

import pytest
from pegbox._doctor.plugins import module_of
from pegbox._plugins.catalog import Catalog
from pegbox._releases.windows import installed, windows_of

ADAPTERS = {
    offer.name: offer.package
    for offer in Catalog.discover().offers
    if offer.role == "searcher" and offer.package != "pegbox"
}
#: What optimizers bring along.
HEAVY = {"torch", "sklearn", "scipy", "pandas", "botorch", "gpytorch", "cmaes", "joblib"}

RUN = """
import pegbox, sys
def train(config):
    return {{"loss": config["x"]}}
tuner = pegbox.Tuner(
    train,
    param_space={{"x": pegbox.uniform(0, 1)}},
    tune_config=pegbox.TuneConfig(
        metric="loss", mode="min", num_samples=3, search_alg={search_alg}, seed=1
    ),
    run_config=pegbox.RunConfig(storage_path={folder!r}, verbose=0),
)
results = tuner.fit()
assert len(results) == 3 and not results.errors
results.get_best_result().config
"""
LOOK = """
import sys
from click.testing import CliRunner
from pegbox.cli import main
done = CliRunner().invoke(main, {words!r})
assert done.exit_code in (0, 1) and {names!r} in done.stdout, done.output
"""


def libraries(package):
    """What the optimizers of a package are imported as."""
    found = [module_of(installed(each.library)) for each in windows_of(distribution(package))]
    return {module for module in found if module}


OPTIMIZERS = set().union(*map(libraries, ADAPTERS.values()))


def modules_after(script):
    """Top-level modules that an interpreter has imported for a script."""
    script += "\nprint(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


def test_each_adapter_says_what_it_was_tested_with():
    assert "optuna" in ADAPTERS
    for package in ADAPTERS.values():
        windows = windows_of(distribution(package))
        assert windows, f"{package} has no extra named tested"
        assert {each.verdict for each in windows} <= {"tested", "absent"}


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_run_by_name_imports_no_optimizer_into_the_driver(name, tmp_path):
    loaded = modules_after(RUN.format(search_alg=repr(name), folder=str(tmp_path)))
    assert ADAPTERS[name].replace("-", "_") in loaded, "its class was looked at"
    assert loaded & (HEAVY | OPTIMIZERS) == set()


def test_nor_does_a_wrapper_around_one(tmp_path):
    limited = 'pegbox.search.ConcurrencyLimiter("optuna", 2)'
    loaded = modules_after(RUN.format(search_alg=limited, folder=str(tmp_path)))
    assert loaded & (HEAVY | OPTIMIZERS) == set()


@pytest.mark.parametrize("words", [["plugins"], ["plugins", "--traits"], ["doctor", "--json"]])
def test_looking_at_what_is_installed_imports_no_optimizer(words):
    loaded = modules_after(LOOK.format(words=words, names="optuna"))
    assert loaded & (HEAVY | OPTIMIZERS) == set()
