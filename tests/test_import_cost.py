"""What `import pegbox` loads: little, since every worker and every command line pays for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

#: Needed by one part or another, and loaded by that part.
LATE = {
    *("distributed", "dask", "tornado", "cloudpickle", "cryptography", "fsspec"),
    *("numpy", "pandas", "torch", "sklearn", "rich", "click", "IPython"),
    *("ax", "bayes_opt", "botorch", "hyperopt", "optuna", "skopt"),
    *("asyncio", "multiprocessing"),
}

ANNOUNCE = """
from pegbox._plugins.catalog import Catalog
names = Catalog.discover().names("searcher")
assert "optuna" in names and "random" in names, names
"""


def loaded_by(statement: str) -> set[str]:
    """Modules that a fresh interpreter has after a statement, and had not before."""
    script = (
        "import json, sys\nbefore = set(sys.modules)\n"
        f"{statement}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def test_the_core_loads_nothing_that_a_part_can_load_late():
    loaded = loaded_by("import pegbox; [getattr(pegbox, name) for name in pegbox.__all__]")
    assert "pegbox.tuner" in loaded
    assert loaded & LATE == set()


def test_a_trial_that_imports_pegbox_loads_what_it_uses():
    loaded = loaded_by("import pegbox; pegbox.report")
    assert "pegbox.reporting" in loaded
    assert loaded & {"sqlite3", "pluggy", "pegbox.tuner", "pegbox.results"} == set()


def test_a_process_that_runs_trials_beside_a_worker_loads_no_dask():
    loaded = loaded_by(
        "import pegbox.executors.dask.slot.program, pegbox.executors.dask.slot.trials"
    )
    assert loaded & LATE <= {"cloudpickle", "asyncio", "multiprocessing"}


@pytest.mark.parametrize(
    "adapter", ["pegbox_ax", "pegbox_bayesopt", "pegbox_hyperopt", "pegbox_optuna", "pegbox_skopt"]
)
def test_an_adapter_s_doorway_loads_no_optimizer(adapter):
    assert loaded_by(f"import {adapter}") & LATE == set()


def test_listing_plugins_imports_none_of_them():
    loaded = loaded_by(ANNOUNCE)
    assert "pegbox_optuna" in loaded, "its doorway was asked"
    assert loaded & LATE == set()
    assert "pegbox_optuna.searcher" not in loaded


@pytest.mark.parametrize(
    "module", ["pegbox.executors.dask.embedded.worker_process", "pegbox.reporting"]
)
def test_a_worker_needs_no_optimizer_and_no_view(module):
    loaded = loaded_by(f"import {module}")
    unneeded = {"optuna", "pegbox_optuna", "rich", "pandas", "torch"}
    assert loaded & unneeded == set()
