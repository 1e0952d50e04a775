"""`docs/migrate.md` has every public name of Ray Tune, and what it says of each is so."""

from __future__ import annotations

import importlib
import inspect
import re
from collections import Counter

import pegbox
import pytest
from docstrings import parse
from migration import HERE, PAGE, ROOT, quoted, rows, tune_names
from pegbox.hookspecs import CallbackSpecs

ROWS = list(rows())
NAMES = list(tune_names())
#: Name of Ray Tune's -> what the page says of it.
SAID = {name: row for row in ROWS for name in row.names}
THERE = ("same", "better")
PLAIN = [name for name in NAMES if "." not in name.name or not name.name.startswith("ray.")]
VARIABLES = [name.name for name in NAMES if re.fullmatch(r"(TUNE|RAY)_\w+", name.name)]
MODULES = [name.name for name in NAMES if name.name.startswith("ray.")]
THINGS = [name for name in PLAIN if name.name not in VARIABLES]

#: Where a name of Ray Tune's is looked for.
PLACES = ("", ".schedulers", ".search", ".stoppers", ".loggers", ".session", ".reporting")
#: What takes the arguments that a signature leaves to ``**``.
FURTHER = {
    "run": (pegbox.TuneConfig, pegbox.RunConfig),
    "run_experiments": (pegbox.run, pegbox.TuneConfig, pegbox.RunConfig),
    "Experiment": (pegbox.run, pegbox.TuneConfig, pegbox.RunConfig),
    "JupyterNotebookReporter": (pegbox.CLIReporter,),
    "Callback.setup": (CallbackSpecs.callback_setup,),
}


def home_of(name):
    """What the first part of a name stands for here."""
    first = name.partition(".")[0]
    if told := re.match(r"`(pegbox\.[\w.]+)`", SAID[first].remark if first in SAID else ""):
        module, _, attribute = told[1].rpartition(".")
        return getattr(importlib.import_module(module), attribute)
    for place in PLACES:
        module = importlib.import_module(f"pegbox{place}")
        if first in getattr(module, "__all__", ()):
            return getattr(module, first)
    return getattr(importlib.import_module("pegbox.search"), first, None) or getattr(pegbox, first)


def find(name):
    """What a name stands for here.

    Raises:
        AttributeError: There is none.
    """
    found = home_of(name)
    for part in name.split(".")[1:]:
        found = getattr(found() if part in ("metric", "mode") else found, part)
    return found


def accepted(name):
    """Argument to default of a name here, those that it hands on included."""
    parameters = {}
    for function in (*FURTHER.get(name, ()), find(name)):
        signature = inspect.signature(function)
        parameters |= {each.name: each.default for each in signature.parameters.values()}
    return parameters


def same_default(here, there):
    return there in (..., here) or here is None or here is inspect.Parameter.empty is there


def says(error):
    """What a user reads, in one line of a table."""
    lines = [line.strip() for line in str(error).splitlines()]
    return "<br>".join(line for line in lines if line)


def without_release(text):
    """The same of any release."""
    return re.sub(r"\bpegbox \d[\w.]*", "pegbox", text)


def test_each_name_is_on_the_page_once():
    counts = Counter(name for row in ROWS for name in row.names)
    assert [name for name in counts if counts[name] > 1] == []
    assert {name.name for name in NAMES} - set(counts) == set()
    arguments = {f"{name.name}({argument})" for name in NAMES for argument in name.arguments}
    assert set(counts) - {name.name for name in NAMES} - arguments == set()


def test_each_row_says_what_becomes_of_it():
    assert [row.line for row in ROWS if row.here not in HERE] == []
    without = [row.line for row in ROWS if row.here in ("refused", "later") and not quoted(row)]
    assert without == [], "a line of code, and what it says, are missing"


def test_our_names_of_ray_tunes_are_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in pegbox.__all__ if f"`{name}`" not in text] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_here(module):
    row = SAID[module]
    ours = re.match(r"`(pegbox[\w.]*)`", row.remark)[1]
    name = module.replace("ray.tune.search", ours) if ours == "pegbox.search" else ours
    importlib.import_module(name)


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_is_read_or_not_needed(variable):
    row = SAID[variable]
    if row.here == "better":
        assert "Not needed" in row.remark
        return
    ours = re.match(r"`(PEGBOX_\w+)`", row.remark)[1]
    source = ROOT / "core" / "src" / "pegbox"
    assert any(f'"{ours}"' in file.read_text(encoding="utf-8") for file in source.rglob("*.py"))


@pytest.mark.parametrize(
    "name", sorted({name.name for name in THINGS if SAID[name.name].here in THERE})
)
def test_what_is_the_same_or_better_is_there(name):
    find(name)


@pytest.mark.parametrize("name", THINGS, ids=lambda name: name.name)
def test_its_arguments_are_taken_or_have_a_row(name):
    if SAID[name.name].here not in THERE:
        return
    here = accepted(name.name) if name.arguments else {}
    for argument, default in name.arguments.items():
        row = SAID.get(f"{name.name}({argument})")
        if row is None:
            assert argument in here, f"{argument} is not taken, and has no row"
            assert same_default(here[argument], default), f"{argument} has another default"
        elif row.here in THERE:
            thing = find(name.name)
            assert argument in {*here, *dir(thing), *parse(thing).names("Attributes")}


# --------------------------------------------------------------- what is refused


class FileSystem:
    def __repr__(self):
        return "fs"


def f(config):
    return {"loss": 1.0}


def tuner(trainable=f, **tune):
    return pegbox.Tuner(
        trainable,
        param_space={"x": pegbox.uniform(0, 1)},
        tune_config=pegbox.TuneConfig(metric="loss", mode="min", **tune),
        run_config=pegbox.RunConfig(verbose=0),
        executor="inline",
    )


def seen_anywhere(code):
    with pytest.raises((TypeError, AttributeError, pegbox.PegboxError)) as caught:
        eval(code, {"tune": pegbox, "f": f, "fs": FileSystem()})
    return says(caught.value)


def seen_in_a_trial(code):
    def trial(config):
        eval(code, {"tune": pegbox})

    error = tuner(trial).fit()[0].error
    return says(error.message).removeprefix(f"{error.type_name}: ")


def seen_in_a_searcher(code):
    body = f"def suggest(self): return {{'x': 0.5}}\n    {code}"
    return seen_anywhere_in(f"class Mine(tune.Searcher):\n    {body}", "search_alg")


def seen_in_a_scheduler(code):
    return seen_anywhere_in(f"class Mine(tune.Scheduler):\n    {code}", "scheduler")


def seen_anywhere_in(source, argument):
    scope = {"tune": pegbox, "__name__": "study"}
    exec(source, scope)
    with pytest.raises(pegbox.PegboxError) as caught:
        tuner(**{argument: scope["Mine"]()}).fit()
    return says(caught.value)


SEEN = {
    "": seen_anywhere,
    "trial": seen_in_a_trial,
    "searcher": seen_in_a_searcher,
    "scheduler": seen_in_a_scheduler,
}
QUOTES = [quote for row in ROWS if (quote := quoted(row))]


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: f"{quote.place} {quote.code}")
def test_what_is_quoted_is_what_users_see(quote, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert without_release(quote.words) == without_release(SEEN[quote.place](quote.code))
