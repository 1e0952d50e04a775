"""Ray Tune's files of a trial, as text."""

from __future__ import annotations

import csv
import io
import json
import math

from pegbox.result_files import csv_lines, json_lines, params_text


def test_params_are_sorted_and_readable_whatever_a_configuration_holds():
    stored = {
        "model": {"$object": {"path": "model", "index": 0, "repr": "Layer(8)"}},
        "half": {"$object": {"path": "half", "repr": "np.float32(0.5)", "value": 0.5}},
        "sizes": {"$tuple": [3, {"$tuple": []}]},
        "names": {"$pairs": [[1, "one"], [{"$tuple": [1, 2]}, "two"]]},
        "lr": 0.1,
    }
    text = params_text(stored)
    assert json.loads(text) == {
        "half": 0.5,
        "lr": 0.1,
        "model": "Layer(8)",
        "names": {"1": "one", "(1, 2)": "two"},
        "sizes": [3, []],
    }
    assert list(json.loads(text)) == sorted(stored)
    assert text.startswith('{\n  "half": 0.5,\n')


def test_each_report_is_a_line_with_the_configuration():
    results = [{"loss": 0.5, "training_iteration": 1}, {"loss": math.nan, "best": -math.inf}]
    first, second = json_lines(results, {"lr": 0.1})
    assert first == '{"loss": 0.5, "training_iteration": 1, "config": {"lr": 0.1}}\n'
    assert second == '{"loss": NaN, "best": -Infinity, "config": {"lr": 0.1}}\n'


def test_the_first_result_says_which_columns_there_are():
    results = [
        {"loss": 0.5, "note": "a,b", "text": "two\nlines"},
        {"loss": math.nan, "late": 7, "text": "x"},
    ]
    text = "".join(csv_lines(results))
    assert text.startswith("loss,note,text\r\n")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1:] == [["0.5", "a,b", "two\nlines"], ["nan", "", "x"]]
    assert list(csv_lines([])) == []
