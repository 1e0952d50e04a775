"""The examples of `docs/checkpoints.md` run, in their order, and do what the page says."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pegbox
import pytest
from pegbox.checkpoint import MANIFEST_NAME, METADATA_NAME
from pegbox.dict_folder import JSON_NAME, PICKLE_NAME

PAGE = (Path(__file__).parents[1] / "docs" / "checkpoints.md").read_text(encoding="utf-8")


@pytest.fixture
def left(tmp_path, monkeypatch):
    """The names that the page's examples leave behind."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(pegbox, "RunConfig", quiet(pegbox.RunConfig))
    names: dict[str, object] = {"__name__": "a_page"}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(compile(block, "docs/checkpoints.md", "exec"), names)
    return names


def quiet(run_config):
    return lambda **settings: run_config(verbose=0, **settings)


def test_the_examples_leave_what_the_page_promises(left):
    for result in left["results"]:
        losses = [metrics["loss"] for _, metrics in result.best_checkpoints]
        on_disk = [name for name in os.listdir(result.path) if name.startswith("checkpoint_")]
        assert len(on_disk) == len(losses)
        assert len(losses) in (2, 3)
        assert sorted(losses)[:2] == sorted(result.metrics_dataframe["loss"])[:2]
        assert PICKLE_NAME in os.listdir(result.checkpoint.path)
    for result in left["folders"]:
        assert [m["training_iteration"] for _, m in result.best_checkpoints] == [1, 2, 3, 4, 5]


def test_the_page_names_the_files_that_there_are():
    for name in (MANIFEST_NAME, METADATA_NAME, JSON_NAME, PICKLE_NAME):
        assert name in PAGE
