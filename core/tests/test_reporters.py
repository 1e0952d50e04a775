"""Progress reporters: what each argument does to the view, and reporters of the user's own."""

from __future__ import annotations

import logging

import nbclient
import nbformat
import pytest
from pegbox import (
    CLIReporter,
    JupyterNotebookReporter,
    ProgressReporter,
    RunConfig,
    TuneConfig,
    Tuner,
    report,
    sample_from,
    uniform,
)
from pegbox.errors import ConfigError


def train(config):
    for step in range(1, 4):
        report({"loss": config["lr"] + 1 / step, "first": 1, "second": 2, "third": 3, "fourth": 4})
    if config["lr"] > 0.8:
        raise ValueError("too high")


def fit(tmp_path, capsys, reporter=None, verbose=1, metric="loss", samples=4):
    """The run's output where there is no terminal; learning rates fall from trial to trial."""
    # Called once more than there are trials: it is tried before the first.
    rates = iter([0.0, *[0.9, 0.85, 0.5, 0.4, 0.3, 0.2][:samples]])
    Tuner(
        train,
        param_space={"lr": sample_from(lambda spec: next(rates)), "width": uniform(0, 1)},
        tune_config=TuneConfig(
            metric=metric, mode="min" if metric else None, num_samples=samples, seed=1
        ),
        run_config=RunConfig(
            name="exp", storage_path=str(tmp_path), verbose=verbose, progress_reporter=reporter
        ),
        executor="inline",
    ).fit()
    return capsys.readouterr().out


def table(out, start="trial "):
    """Head and rows of the last table in the output, split at two blanks and more."""
    lines = out.splitlines()
    last = max(i for i, line in enumerate(lines) if line.startswith(start))
    rows = []
    for line in lines[last:]:
        cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
        if len(cells) < 2:
            break
        rows.append(cells)
    return rows


def test_columns_by_list_and_with_heads_of_their_own(tmp_path, capsys):
    reporter = CLIReporter(metric_columns={"loss": "L", "pid": "process"}, parameter_columns=["lr"])
    reporter.add_metric_column("training_iteration", representation="it")
    reporter.add_parameter_column("width", "w")
    head, *rows = table(fit(tmp_path, capsys, reporter))
    assert head[:2] == ["trial", "status"]
    assert head[-5:] == ["lr", "w", "L", "process", "it"]
    assert {row[-1] for row in rows} == {"3"}
    assert len(rows) == 4
    assert all(row[0].startswith("train_") for row in rows)


def test_columns_are_inferred_up_to_a_limit(tmp_path, capsys):
    head, *_ = table(fit(tmp_path, capsys, CLIReporter(infer_limit=2)))
    assert head[-5:] == ["iter", "time", "loss", "first", "second"]


def test_rows_are_the_best_or_the_latest_and_the_rest_is_counted(tmp_path, capsys):
    best = CLIReporter(max_progress_rows=2, sort_by_metric=True, metric_columns=["loss"])
    out = fit(tmp_path, capsys, best)
    _, *rows = table(out)
    assert [row[-1] for row in rows] == ["0.7333", "0.8333"]
    assert ".. and 2 more" in out
    _, *rows = table(fit(tmp_path / "b", capsys, CLIReporter(max_progress_rows=3)))
    assert [row[0][-1] for row in rows] == ["3", "2", "1"]


def test_failures_are_listed_up_to_a_limit(tmp_path, capsys):
    out = fit(tmp_path, capsys, CLIReporter(max_error_rows=1))
    assert "2 failed\n" in out
    assert out.count("ValueError: too high") >= 1
    last = out[out.rindex("2 failed") :]
    assert last.count("ValueError: too high") == 1


def test_cells_are_cut(tmp_path, capsys):
    heads = {"loss": "a very long head of a column"}
    reporter = CLIReporter(metric_columns=heads, max_column_length=8)
    head, *_ = table(fit(tmp_path, capsys, reporter))
    assert head[-1] == ".." + "column"


def test_metric_and_number_of_trials_where_the_run_has_none(tmp_path, capsys):
    reporter = CLIReporter(metric="loss", mode="max", total_samples=77)
    out = fit(tmp_path, capsys, reporter, metric=None)
    assert "77 trials" in out
    assert "with loss=1.233" in out


def test_without_a_reporter_there_is_no_table_in_plain_output(tmp_path, capsys):
    out = fit(tmp_path, capsys)
    assert "TERMINATED" not in out
    assert "for the tuning loop)" in out


def test_verbose_says_results_in_lines_or_whole(tmp_path, capsys):
    assert fit(tmp_path / "0", capsys, verbose=0) == ""
    brief = fit(tmp_path / "2", capsys, verbose=2, samples=1)
    assert "iteration 2: loss=1.400, first=1, second=2, third=3, fourth=4" in brief
    assert "_00000 failed after 3 iterations: ValueError: too high" in brief
    whole = fit(tmp_path / "3", capsys, verbose=3, samples=1)
    block = whole[whole.index("Result for train_") :].splitlines()
    assert block[0].endswith("_00000:")
    names = [line.split(":")[0] for line in block[1 : block.index("")]]
    assert names == sorted(names)
    assert "  done: false" in block
    assert "  loss: 1.9" in block


class OnTermination(CLIReporter):
    """As in Ray Tune's documentation: reports only when a trial has ended."""

    def __init__(self):
        super().__init__(metric_columns=["loss"])
        self.ended = 0

    def should_report(self, trials, done=False):
        before = self.ended
        self.ended = len([trial for trial in trials if trial.status == "TERMINATED"])
        return done or self.ended > before


class Own(ProgressReporter):
    def __init__(self):
        self.reports = []

    def setup(self, start_time=None, total_samples=None, metric=None, mode=None, **info):
        self.told = (total_samples, metric, mode)

    def report(self, trials, done, *sys_info):
        self.reports.append((len(trials), done, sys_info))


def test_a_reporter_that_says_when_is_asked_when(tmp_path, capsys):
    out = fit(tmp_path, capsys, OnTermination())
    assert "== Status ==" in out
    assert out.rstrip().splitlines()[-2] == "Using fifo scheduling algorithm."
    assert len(table(out)) == 5


def test_a_reporter_of_the_users_own_replaces_the_view(tmp_path, capsys):
    own = Own()
    assert fit(tmp_path, capsys, own) == ""
    assert own.told == (4, "loss", "min")
    count, done, sys_info = own.reports[-1]
    assert (count, done) == (4, True)
    assert sys_info[0] == "Using fifo scheduling algorithm."
    assert sys_info[1].startswith("Resources requested: 0/")
    assert all(not done for _, done, _ in own.reports[:-1])


def test_verbose_counts_beside_a_reporter_of_the_users_own(tmp_path, capsys):
    out = fit(tmp_path, capsys, Own(), verbose=2, samples=1)
    assert out.startswith("train_")
    assert "iteration 3: loss=1.233" in out


def test_a_reporter_that_raises_ends_no_run(tmp_path, capsys, caplog):
    class Raises(Own):
        def report(self, trials, done, *sys_info):
            raise RuntimeError("no paper")

    with caplog.at_level(logging.ERROR, "pegbox"):
        fit(tmp_path, capsys, Raises())
    assert "RuntimeError: no paper" in caplog.text


@pytest.mark.parametrize("reporter", [CLIReporter, object(), "cli"])
def test_what_is_no_reporter_is_refused_before_anything_begins(tmp_path, capsys, reporter):
    with pytest.raises(ConfigError, match="progress_reporter"):
        fit(tmp_path, capsys, reporter)
    assert not (tmp_path / "exp").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_progress_rows": -1}, "max_progress_rows=...) must be a whole number from 0"),
        ({"max_error_rows": 1.5}, "max_error_rows=...) must be a whole number from 0"),
        ({"max_report_frequency": 0}, "max_report_frequency=...) must be"),
        ({"metric_columns": "loss"}, "metric_columns=...) must be a list of names, or a dict"),
        ({"parameter_columns": {"lr": 3}}, "parameter_columns=...) must be of names"),
        ({"metric": "loss", "mode": "least"}, 'mode must be "min" or "max"'),
        ({"mode": "min"}, "without metric"),
    ],
)
@pytest.mark.parametrize("kind", [CLIReporter, JupyterNotebookReporter])
def test_arguments_that_cannot_be_used_are_named(kind, options, said):
    with pytest.raises(ConfigError) as caught:
        kind(**options)
    assert said in str(caught.value)


def test_a_column_that_is_there_is_not_added_twice():
    reporter = CLIReporter(metric_columns=["loss"])
    with pytest.raises(ConfigError, match="shows the metric 'loss' already"):
        reporter.add_metric_column("loss")


ONE = """
import pegbox

def train(config):
    pegbox.report({"loss": config["x"], "other": 2})

pegbox.Tuner(
    train,
    param_space={"x": pegbox.uniform(0, 1)},
    tune_config=pegbox.TuneConfig(num_samples=4),
    run_config=pegbox.RunConfig(
        name="one",
        storage_path=".",
        progress_reporter=pegbox.JupyterNotebookReporter(metric_columns={"loss": "the loss"}),
    ),
    executor="inline",
).fit()
"""

EACH = """
from pegbox.builtin.progress import ProgressView
from pegbox.callback import ExperimentInfo

reporter = pegbox.JupyterNotebookReporter(overwrite=False, max_report_frequency=60)
view = ProgressView(reporter=reporter)
view.setup(ExperimentInfo("digits", "/data/digits", "ba3f1", 1, (), 5, "r", "f", (), 1))
view._refresh()
view.on_experiment_end([])
"""


def test_a_notebook_has_the_chosen_columns_and_one_output_or_each(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    cells = [nbformat.v4.new_code_cell(source) for source in (ONE, EACH)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(tmp_path)}}
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources=resources
    )
    client.execute()
    (one,), each = (
        [out.data["text/plain"] for out in cell.outputs if out.output_type == "display_data"]
        for cell in notebook.cells
    )
    assert "4 terminated" in one
    assert "the loss" in one
    assert "other" not in one.split("the loss")[1]
    assert len(each) == 3
    assert ["Total run time" in text for text in each] == [False, False, True]
