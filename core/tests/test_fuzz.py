"""Two thousand odd inputs: the right result, or an error of pegbox's with a hint; never another.

``PEGBOX_FUZZ_EXAMPLES=20000`` tries as many in each test, other ones each time.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pegbox
from hypothesis import given
from hypothesis import strategies as st
from odd_values import (
    ATOMS,
    ODD,
    REFUSED,
    examples,
    function,
    nested,
    pick,
    same,
    tried,
)
from pegbox import (
    CheckpointConfig,
    CLIReporter,
    FailureConfig,
    JupyterNotebookReporter,
    PlacementGroupFactory,
    ResumeConfig,
    RunConfig,
    SyncConfig,
    Trainable,
    TuneConfig,
    Tuner,
    jsonvalue,
    register_trainable,
    stoppers,
    with_parameters,
    with_resources,
)
from pegbox._trial import metrics
from pegbox.autofill import AUTOFILLED
from pegbox.schedulers import ASHAScheduler, create_scheduler
from pegbox.search import (
    BasicVariantGenerator,
    ConcurrencyLimiter,
    Repeater,
    create_searcher,
)
from pegbox.space import Domain, Space, domain_from_json, functions


def taken(call: Any) -> list[str]:
    """Names of the arguments that a function or class has."""
    parameters = inspect.signature(call).parameters.values()
    var = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return [each.name for each in parameters if each.kind not in var]


# ------------------------------------------------------------------------------------ spaces

NUMBERS = (
    st.integers(-5, 20)
    | st.floats()
    | pick([0.1, 1e-3, 1.0, 1e308, 5e-324, 2**63, 10**400, np.float64(2), np.int64(7)])
)
LISTS = (functions.choice, functions.grid_search)
DOMAINS = [getattr(functions, name) for name in functions.__all__ if name != "SampleFrom"]


@st.composite
def domains(draw: st.DrawFn) -> Any:
    """A domain of odd arguments, or `REFUSED`."""
    make = draw(st.sampled_from(DOMAINS))
    if make in LISTS:
        return tried(make, draw(st.lists(nested(ODD), max_size=3) | ODD))
    if make is functions.sample_from:
        return tried(make, draw(ODD))
    count = len(taken(make)) - ("base" in taken(make))
    return tried(make, *(draw(NUMBERS | ODD) for _ in range(count)))


@examples(300)
@given(domains(), st.integers(0, 2**32))
def test_a_domain_draws_what_it_takes(domain, seed):
    if not isinstance(domain, Domain):
        return
    drawn = domain.draw(random.Random(seed))
    assert domain.conform(drawn) == drawn
    described = jsonvalue.dumps(domain.to_json())
    stored = domain_from_json(jsonvalue.loads(described))
    assert stored.conform(drawn) == drawn
    assert jsonvalue.dumps(stored.to_json()) == described or domain.kind in ("choice", "grid")


_PARTS = nested(domains().filter(lambda made: made is not REFUSED) | ODD)
SPACES = st.dictionaries(st.text(max_size=3), _PARTS, max_size=4) | _PARTS


@examples(400)
@given(SPACES, st.integers(0, 2**32))
def test_a_space_gives_configurations_nested_as_it_is(param_space, seed):
    space = tried(Space, param_space)
    if space is REFUSED:
        return
    point = space.sample(random.Random(seed), space.grid_point(seed))
    assert space.conform(point) == point
    config = tried(space.config, point, seed)
    if config is REFUSED:  # a function of sample_from that raises
        return
    assert list(config) == list(param_space)
    stored = jsonvalue.loads(jsonvalue.dumps(space.encode_config(config, point, seed)))
    again = space.decode_config(stored)
    assert set(again) == set(config)
    space.varied(config, point)
    described = jsonvalue.loads(jsonvalue.dumps(space.describe()))
    assert Space.from_description(described).domains.keys() == space.domains.keys()
    assert Space.from_description(described, param_space).domains.keys() == space.domains.keys()


@examples(100)
@given(nested(ODD))
def test_a_configuration_is_a_point_or_none(config):
    space = Space(
        {
            "x": functions.uniform(0, 1),
            "a": {"b": functions.choice([1, "two", {"c": functions.randint(0, 5)}])},
            "loss": [functions.randn(), None],
        }
    )
    point = tried(space.point, config)
    if point is not REFUSED:
        assert point.keys() <= space.domains.keys()


# ------------------------------------------------------------------------------------ configs

CONFIGS = [TuneConfig, RunConfig, CheckpointConfig, FailureConfig, ResumeConfig, SyncConfig]
OBJECTS = [
    *(stoppers.MaximumIterationStopper, stoppers.TimeoutStopper, stoppers.TrialPlateauStopper),
    *(stoppers.ExperimentPlateauStopper, stoppers.FunctionStopper, ASHAScheduler),
    *(ConcurrencyLimiter, Repeater, BasicVariantGenerator, PlacementGroupFactory, CLIReporter),
    *(JupyterNotebookReporter, Tuner, create_searcher, create_scheduler),
]
#: What some argument takes, and others do not.
LIKELY = pick(
    [
        *("random", "asha", "grid", "progress", "csv", "loss", "min", "max", "skip", "raise"),
        *(1, 2, 3, 0.5, True, False, None, [], {}, [1], ("random", {}), ("asha", {"max_t": 3})),
        *(CheckpointConfig(num_to_keep=1), FailureConfig(max_failures=1), SyncConfig()),
        *(stoppers.NoopStopper(), {"training_iteration": 3}, ["progress"], [{"CPU": 1}]),
        *({"cpu": 1}, {"x": 0.5}, ["loss"], ["min"], (0, 1), "out.txt", ("a", "b")),
    ]
)


@st.composite
def calls(draw: st.DrawFn, of: list[Any]) -> tuple[Any, dict[str, Any]]:
    """Something to call, and odd values for some of its arguments."""
    make = draw(st.sampled_from(of))
    parameters = inspect.signature(make).parameters
    needed = [name for name in taken(make) if parameters[name].default is inspect.Parameter.empty]
    some = draw(st.lists(st.sampled_from(taken(make)), max_size=4, unique=True))
    given = {name: draw(LIKELY | nested(ODD)) for name in {*needed, *some}}
    return make, given


@examples(400)
@given(calls(CONFIGS))
def test_a_config_holds_what_it_was_given(call):
    make, given = call
    config = tried(make, **given)
    if config is REFUSED:
        return
    for name, value in given.items():
        held = getattr(config, name)
        assert held is value or held == value, name


@examples(300)
@given(calls(OBJECTS))
def test_an_object_is_made_or_refused(call):
    make, given = call
    positional = [
        given.pop(name)
        for name, each in inspect.signature(make).parameters.items()
        if each.kind is each.POSITIONAL_ONLY and name in given
    ]
    tried(make, *positional, **given)


class Steps(Trainable):
    def step(self):
        return {"loss": 0.0}


@examples(200)
@given(
    calls([TuneConfig]).map(lambda call: call[1]),
    calls([RunConfig]).map(lambda call: call[1]),
    pick([function, Steps, {"x": functions.uniform(0, 1)}, None]) | ODD,
    pick([{}, {"x": functions.uniform(0, 1)}, {"x": functions.grid_search([1, 2])}]) | nested(ODD),
)
def test_a_tuner_starts_nothing_that_it_cannot_use(tune, run, trainable, space):
    tune, run = tried(TuneConfig, **tune), tried(RunConfig, **run)
    if REFUSED in (tune, run):
        return
    tried(Tuner, trainable, param_space=space, tune_config=tune, run_config=run, executor="inline")


@examples(100)
@given(
    pick([with_resources, with_parameters, register_trainable]),
    pick([function, Steps, "name"]) | ODD,
    nested(ODD),
)
def test_what_is_said_of_a_trainable_is_taken_or_refused(say, trainable, value):
    if say is with_parameters:
        tried(with_parameters, trainable, more=value)
    elif say is register_trainable:
        tried(register_trainable, trainable, value)
    else:
        tried(with_resources, trainable, value)


# ------------------------------------------------------------------------------------ reports

REPORTS = st.dictionaries(st.text(max_size=4), nested(ODD), max_size=5) | nested(ODD)
FLAT = st.dictionaries(
    st.text(max_size=4) | st.sampled_from(["loss", "training_iteration", "done"]), ATOMS, max_size=5
)


@examples(400)
@given(REPORTS | FLAT, st.sampled_from([(), ("loss",)]))
def test_a_report_comes_back_equal_from_the_store_s_encoding(report, required):
    encoded = tried(metrics.encode, report, required)
    if encoded is REFUSED:
        return
    flat = dict(flattened(report))
    kept = {name: value for name, value in flat.items() if name not in AUTOFILLED}
    assert set(encoded.dropped) == flat.keys() - kept.keys()
    assert same(jsonvalue.loads(encoded.text), kept)
    assert encoded.text.isascii()


def flattened(report: Mapping[str, Any], before: str = "") -> Any:
    """Joined names and plain values, written down once more."""
    for name, value in report.items():
        if isinstance(value, Mapping) and value:
            yield from flattened(value, f"{before}{name}/")
        else:
            yield f"{before}{name}", as_plain(value)


def as_plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.item()
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


class Reports:
    """A trainable that reports what its trial is given, and dies of what is refused."""

    def __init__(self, reports: list[Any]) -> None:
        self.reports = reports

    def __call__(self, config: dict[str, Any]) -> None:
        pegbox.report(self.reports[config["which"]])
        raise ValueError(config["odd"])


@examples(15)
@given(
    st.lists(REPORTS | FLAT, min_size=5, max_size=5),
    st.lists(nested(ODD), min_size=1, max_size=4),
    st.sampled_from([0, 1, 2, 3]),
)
def test_a_run_keeps_and_shows_every_report(tmp_path_factory, caplog, reports, values, verbose):
    grid = tried(
        Tuner,
        Reports(reports),
        param_space={
            "which": functions.grid_search(list(range(len(reports)))),
            "odd": tried(functions.choice, values),
        },
        tune_config=TuneConfig(metric="loss", mode="min", scheduler="asha"),
        run_config=RunConfig(
            storage_path=str(tmp_path_factory.mktemp("runs")),
            verbose=verbose,
            callbacks=["csv", "json"],
        ),
        executor="inline",
    )
    if grid is REFUSED:
        return
    grid = grid.fit()
    for report, result in zip(reports, grid, strict=True):
        encoded = tried(metrics.encode, report, ("loss",))
        if encoded is REFUSED:
            assert result.error.type_name == "ReportError"
        else:
            kept = jsonvalue.loads(encoded.text)
            assert same({name: result.metrics[name] for name in kept}, kept)
    assert repr(grid)
    assert "told nothing further" not in caplog.text
