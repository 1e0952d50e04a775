"""Every Python block of the pages runs, in the order in which a reader meets them.

The blocks of a page share their names, as the cells of a notebook do. Trials run in the test's own
thread, unless a block says otherwise: what executors do is tested elsewhere.
"""

from __future__ import annotations

import re
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pegbox
import pytest
from distributed import LocalCluster
from pegbox.decisions import WAIT
from pegbox.hookspecs import hookimpl
from pegbox.searcher_wrapper import SearcherWrapper
from pegbox.tuner import Tuner

ROOT = Path(__file__).parents[1]
#: Blocks of these are files of packages: see `test_contributing.py` and `test_third_party.py`.
FILES = {
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs" / "write-a-plugin.md",
    ROOT / "examples" / "third_party" / "README.md",
}

PAGES = [
    page
    for pattern in ("*.md", "docs/**/*.md", "core/*.md", "*/*/README.md")
    for page in sorted(ROOT.glob(pattern))
    if page not in FILES and "```python" in page.read_text(encoding="utf-8")
]


def blocks(page, places):
    """Each Python block: its text, and as code whose lines have the numbers that they have there.

    Args:
        page: The file.
        places: What stands on the page for a place of the reader's, and such a place here.
    """
    text = page.read_text(encoding="utf-8")
    for example, here in places.items():
        text = text.replace(example, here)
    for found in re.finditer(r"^```python\n(.*?)^```$", text, re.S | re.M):
        above = text[: found.start(1)].count("\n")
        yield found[1], compile("\n" * above + found[1], str(page), "exec")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder of the test's own, which is the working folder too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def executor(name):
    """Make it the one that is used where a page names none."""
    functions = (Tuner.__init__, Tuner.restore.__func__, pegbox.run)
    with pytest.MonkeyPatch.context() as patch:
        for function in functions:
            patch.setitem(function.__kwdefaults__, "executor", name)
        yield


def train(config):
    """A training that the pages' pieces fit to."""
    weights = {"lr": config.get("lr", 1.0)}
    for epoch in range(1, 4):
        kept = pegbox.Checkpoint.from_dict({"epoch": epoch, "weights": weights})
        pegbox.report({"loss": weights["lr"] / epoch}, checkpoint=kept)


def run_before(folder):
    """An experiment that was run before."""
    pegbox.Tuner(
        train,
        param_space={"lr": pegbox.uniform(0, 1)},
        tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=2, seed=1),
        run_config=pegbox.RunConfig(name=folder.name, storage_path=str(folder.parent), verbose=0),
        executor="inline",
    ).fit()


@pytest.fixture
def scheduler():
    """Address of a cluster within this process."""
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=":0"
    ) as cluster:
        yield cluster.scheduler_address


#: The folder of README.md.
EARLIER = "pegbox_results/train_2026-07-01_12-00-00_3f9a1"
#: Page to names that its reader has already.
NAMES = {
    "docs/hooks.md": {
        "hookimpl": hookimpl,
        "WAIT": WAIT,
        "SearcherWrapper": SearcherWrapper,
        "time": time,
    },
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run(page, home, monkeypatch, request):
    text = page.read_text(encoding="utf-8")
    places = {"/home/me": str(home)}
    if EARLIER in text:
        run_before(home / EARLIER)
    if "tcp://scheduler:8786" in text:
        places["tcp://scheduler:8786"] = request.getfixturevalue("scheduler")
    if page.name == "store.md":
        run_before(home / "earlier")
        monkeypatch.chdir(home / "earlier")
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    vars(module).update({"pegbox": pegbox, **NAMES.get(str(page.relative_to(ROOT)), {})})
    for source, code in blocks(page, places):
        with executor("dask" if "Client(" in source else "inline"):
            exec(code, vars(module))
    if client := vars(module).get("client"):
        client.close()


def test_pages_are_found():
    assert {"README.md", "hooks.md", "store.md"} <= {page.name for page in PAGES}
