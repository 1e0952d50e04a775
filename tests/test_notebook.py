"""The ten lines in a notebook, and what a user of notebooks does next: run the cell again."""

from __future__ import annotations

import re

import nbclient
import nbformat
import pytest
from ten_lines import answers, good, ten_lines

#: A function that uses a name of another cell and a helper beside the notebook; then that name
#: changes, and the cell with the fit is run again.
DEFINE = """
import neighbour

def scaled(config):
    return {'loss': neighbour.square(config['x']) * factor}
"""
FIT = """
best = pegbox.Tuner(
    scaled,
    param_space={'x': pegbox.grid_search([2, 1])},
    tune_config=pegbox.TuneConfig(metric='loss', mode='min'),
).fit().get_best_result()
print('best configuration:', {**best.config, 'loss': best.metrics['loss']})
"""

#: Optuna's progress bar, which pegbox does not use, misses ipywidgets when Optuna is imported.
OF_OPTUNA = re.compile(r"^.*TqdmWarning: IProgress.*$|^ +from .autonotebook import tqdm.*$", re.M)


def printed(cell, stream: str = "stdout") -> str:
    return "".join(out.text for out in cell.outputs if out.get("name") == stream)


@pytest.fixture
def run_notebook(tmp_path, monkeypatch):
    """Executes cells in one fresh kernel and gives them back with their outputs."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "neighbour.py").write_text("def square(x):\n    return x * x\n")

    def run(cells):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        client = nbclient.NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            resources={"metadata": {"path": str(tmp_path)}},
        )
        client.execute()
        return notebook.cells

    return run


def test_the_ten_lines_in_a_notebook_and_more_fits_in_the_same_kernel(run_notebook):
    cells = run_notebook([ten_lines(), DEFINE, "factor = 3", FIT, "factor = 5", FIT, ten_lines()])
    complaints = "".join(printed(cell, "stderr") for cell in cells)
    assert set(complaints.splitlines()) <= set(OF_OPTUNA.findall(complaints))

    for cell in (cells[0], cells[-1]):
        [best] = answers(printed(cell))
        assert good(best)
    assert answers(printed(cells[3])) == [{"x": 1, "loss": 3}]
    assert answers(printed(cells[5])) == [{"x": 1, "loss": 5}]
    views = [out for out in cells[0].outputs if out.output_type == "display_data"]
    assert len(views) == 1, "one view, brought up to date in its place"
    assert "100 terminated" in str(views[0].data)
