"""A plugin that was published long ago still works: installed from its wheel, found by its entry
point, and called by hooks that have gained arguments since."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
WHEEL = FIXTURES / "pegbox_old-0.1.0-py3-none-any.whl"

#: Runs in a process of its own. The Later classes are the hooks of some later pegbox.
SCRIPT = """
import dataclasses, json
from pegbox._plugins.bindings import ROLES, arguments_of
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.manager import RoleManager
from pegbox.hookspecs import CallbackSpecs, SearcherSpecs, hookspec

class LaterSearcher(SearcherSpecs):
    @hookspec(firstresult=True)
    def searcher_suggest(self, trial_id, pending, ask, seed, budget): "Gained budget."
    @hookspec
    def searcher_complete(self, trial_id, result, error, outcome, cost): "Gained cost."

class LaterCallback(CallbackSpecs):
    @hookspec
    def callback_trial_result(self, iteration, trials, trial, result, decision, cost): "Cost."

def manager(role, specs):
    return RoleManager(dataclasses.replace(ROLES[role], specs=specs))

catalog = Catalog.discover()
out = {"problems": [str(problem) for problem in catalog.problems], "runs": []}
for searcher_specs, callback_specs in [
    (SearcherSpecs, CallbackSpecs), (LaterSearcher, LaterCallback)
]:
    search = catalog.create("searcher", "old", {"start": 2})
    log = catalog.create("callback", "old_log")
    searchers = manager("searcher", searcher_specs)
    searchers.register(search, "old", catalog.find("searcher", "old").origin)
    callbacks = manager("callback", callback_specs)
    callbacks.register(log)

    later = {"budget": 9, "cost": 9}
    def call(manager, hook, **given):
        names = arguments_of(manager.role.specs, hook)
        ask = manager.call if hook.startswith("searcher") else manager.call_each
        return ask(hook, **{name: {**later, **given}[name] for name in names})

    call(searchers, "searcher_setup", space={}, objectives=(), seed=1, num_samples=2,
         conditions={}, points=(), parameter_constraints=(), outcome_constraints=())
    point = call(searchers, "searcher_suggest", trial_id="t0", pending={}, ask=0, seed=5)
    call(searchers, "searcher_complete", trial_id="t0", result={"loss": 1.5}, error=False,
         outcome="finished", config={"x": 0.5})
    faults = call(callbacks, "callback_trial_result", iteration=1, trials=(), trial="t0",
                  result={"loss": 1.5}, decision="CONTINUE")
    out["runs"].append([point, search.told, log.seen, len(faults), searchers.describe(search)])
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    target = tmp_path_factory.mktemp("old plugin")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--target", target, WHEEL], check=True)
    return target


def test_an_old_wheel_still_works_after_its_hooks_gained_arguments(installed):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    out = json.loads(run.stdout)
    told = [["t0", {"loss": 1.5}, False]]
    seen = [["t0", {"loss": 1.5}]]
    expected = [{"x": 1}, told, seen, 0, "old (pegbox-old 0.1.0)"]
    assert out == {"problems": [], "runs": [expected, expected]}


def test_the_wheel_is_what_its_source_folder_says():
    source = FIXTURES / "old_plugin" / "src"
    with zipfile.ZipFile(WHEEL) as wheel:
        modules = [name for name in wheel.namelist() if name.endswith(".py")]
        assert len(modules) == len(list(source.rglob("*.py"))) == 2
        for name in modules:
            assert wheel.read(name) == (source / name).read_bytes(), name
