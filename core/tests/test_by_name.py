"""Searchers and schedulers by name, and the modules that have Ray Tune's names for them."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pegbox
import pytest
from pegbox import (
    Scheduler,
    Searcher,
    create_scheduler,
    create_searcher,
    grid_search,
    schedulers,
    search,
    uniform,
)
from pegbox._plugins import catalog as catalogs
from pegbox._plugins.known_packages import KNOWN_CLASSES, KNOWN_PACKAGES, NOT_YET
from pegbox._run.components import make_component
from pegbox.builtin.random_search import RandomSearch
from pegbox.errors import ConfigError, MissingDependency
from pegbox.schedulers import ASHAScheduler, AsyncHyperBandScheduler, FIFOScheduler, TrialScheduler
from pegbox.search import WAIT, BasicVariantGenerator, ConcurrencyLimiter, Repeater
from searcher_drive import Drive
from tuning import fit, restore


@pytest.fixture
def only_pegbox(monkeypatch):
    """As if no other package with plugins were installed."""
    whole = catalogs.Catalog.discover()
    alone = catalogs.Catalog([offer for offer in whole.offers if offer.package == "pegbox"])
    monkeypatch.setattr(catalogs, "_discovered", lambda fingerprint: alone)


# -- create_searcher, create_scheduler --------------------------------------------------------


@pytest.mark.parametrize("name", ["asha", "ASHA", "async_hyperband", "async-hyperband"])
def test_ray_tunes_names_of_asha_make_one(name):
    made = create_scheduler(name, max_t=9, grace_period=3)
    assert isinstance(made, ASHAScheduler)


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        ("random", {}, RandomSearch),
        ("variant_generator", {"max_concurrent": 2}, BasicVariantGenerator),
        ("repeater", {"searcher": "random", "repeat": 2}, Repeater),
        ("concurrency_limiter", {"searcher": "random", "max_concurrent": 2}, ConcurrencyLimiter),
    ],
)
def test_names_of_searchers_make_them(name, options, kind):
    assert type(create_searcher(name, **options)) is kind


def test_what_was_made_by_name_comes_back_by_itself_at_a_restore(tmp_path):
    made = create_searcher("variant_generator", random_state=7)
    before = fit(
        tmp_path,
        search_alg=made,
        scheduler=create_scheduler("asha", max_t=2, grace_period=2),
        num_samples=2,
    )
    assert [len(result.metrics_dataframe) for result in before] == [2, 2]
    after = restore(tmp_path, tune={"num_samples": 4})
    assert [len(result.metrics_dataframe) for result in after] == [2, 2, 2, 2]
    whole = fit(tmp_path, name="whole", search_alg=made, num_samples=4)
    assert [result.config for result in after] == [result.config for result in whole]


def test_what_was_made_with_objects_is_passed_again(tmp_path):
    generator = np.random.default_rng(1)
    fit(tmp_path, search_alg=create_searcher("variant_generator", random_state=generator))
    with pytest.raises(ConfigError, match=r"\(before: variant_generator\)"):
        restore(tmp_path, tune={"num_samples": 5})


def test_an_object_that_takes_no_attributes_is_still_made(monkeypatch):
    class Slotted:
        __slots__ = ()

        def suggest(self):
            return {"x": 0.5}

    monkeypatch.setattr(catalogs, "import_target", lambda offer: Slotted)
    component = make_component("searcher", create_searcher("random"), "random")
    assert not component.by_name


@pytest.mark.usefixtures("only_pegbox")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: create_searcher("optuna"),
            "no searcher is called 'optuna'\n  Installed: concurrency_limiter, grid, random, "
            "repeater, variant_generator. `pip install pegbox-optuna` brings 'optuna'.",
        ),
        (
            lambda: create_searcher("hyperop"),
            "no searcher is called 'hyperop'\n  Did you mean 'hyperopt'? Installed: "
            "concurrency_limiter, grid, random, repeater, variant_generator. "
            "`pip install pegbox-hyperopt` brings 'hyperopt'.",
        ),
        (
            lambda: create_searcher("randm"),
            "no searcher is called 'randm'\n  Did you mean 'random'? Installed: "
            "concurrency_limiter, grid, random, repeater, variant_generator.",
        ),
        (
            lambda: create_searcher("nevergrad"),
            "no searcher is called 'nevergrad'\n  Installed: concurrency_limiter, grid, random, "
            "repeater, variant_generator. Ray Tune's 'nevergrad' is not in this release of pegbox.",
        ),
        (
            lambda: create_scheduler("Median-Stopping-Rule"),
            "no scheduler is called 'Median-Stopping-Rule'\n  Installed: asha, async_hyperband, "
            "asynchyperband, fifo. Ray Tune's 'median_stopping_rule' is not in this release of "
            "pegbox.",
        ),
        (
            lambda: create_scheduler("asha", maxt=5),
            "scheduler asha (pegbox 0.1.0) has no argument 'maxt'\n  Did you mean 'max_t'? It "
            "takes time_attr, metric, mode, max_t, grace_period, reduction_factor, brackets, "
            "stop_last_trials.",
        ),
        (
            lambda: create_searcher("repeater"),
            "searcher repeater (pegbox 0.1.0) cannot be made: missing a required argument: "
            "'searcher'\n  It takes searcher, repeat, set_index.",
        ),
        (
            lambda: create_searcher(3),
            "the name of a searcher must be text, got 3\n"
            "  Installed: concurrency_limiter, grid, random, repeater, variant_generator.",
        ),
    ],
)
def test_a_wrong_name_or_argument_is_refused(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == message


# -- modules ----------------------------------------------------------------------------------


def test_the_modules_have_ray_tunes_names():
    assert pegbox.search is search
    assert pegbox.schedulers is schedulers
    assert search.Searcher is Searcher
    assert TrialScheduler is Scheduler
    assert ASHAScheduler is AsyncHyperBandScheduler
    assert isinstance(FIFOScheduler(), Scheduler)


def test_ray_tunes_places_of_single_classes():
    from pegbox.search.basic_variant import BasicVariantGenerator as Variants
    from pegbox.search.concurrency_limiter import ConcurrencyLimiter as Limiter
    from pegbox.search.repeater import TRIAL_INDEX
    from pegbox.search.repeater import Repeater as Repeats

    assert (Variants, Limiter, Repeats) == (BasicVariantGenerator, ConcurrencyLimiter, Repeater)
    assert TRIAL_INDEX == "__trial_index__"


def test_the_class_of_any_installed_plugin_is_in_the_module_of_its_role():
    assert search.RandomSearch is RandomSearch
    from pegbox.search import GridSearch

    assert GridSearch.__module__ == "pegbox.builtin.grid_search"


def test_a_class_is_imported_when_it_is_asked_for_and_not_before():
    code = (
        "import sys, pegbox.search, pegbox.schedulers;"
        "heavy = {'optuna', 'pandas', 'torch', 'rich', 'distributed', 'numpy'};"
        "print(heavy & {m.partition('.')[0] for m in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.usefixtures("only_pegbox")
@pytest.mark.parametrize("name", sorted(set(KNOWN_CLASSES["searcher"].values())))
def test_a_searchers_class_that_is_not_installed_is_missed_with_its_package(name):
    (cls,) = (cls for cls, plugin in KNOWN_CLASSES["searcher"].items() if plugin == name)
    with pytest.raises(MissingDependency) as caught:
        exec(f"from pegbox.search import {cls}")
    package = KNOWN_PACKAGES["searcher"].get(name)
    assert str(caught.value) == (
        f"pegbox 0.1.0 has no {cls} yet\n  A later release may, or a package of somebody else's "
        f"with a searcher {name!r}."
        if package is None
        else f"{cls} is brought by {package}, which is not installed\n  "
        f"Run `pip install {package}`."
    )


@pytest.mark.usefixtures("only_pegbox")
@pytest.mark.parametrize("module", ["optuna", "hyperopt", "skopt", "bayesopt", "ax"])
def test_ray_tunes_place_of_a_searcher_says_what_to_install(module):
    (cls,) = (cls for cls, plugin in KNOWN_CLASSES["searcher"].items() if plugin == module)
    with pytest.raises(ImportError, match=f"pip install pegbox-{module}"):
        exec(f"from pegbox.search.{module} import {cls}")


@pytest.mark.parametrize("cls", sorted(KNOWN_CLASSES["scheduler"]))
def test_a_scheduler_that_is_not_there_yet_says_so(cls):
    with pytest.raises(ImportError, match=rf"{cls} (yet|is brought by)"):
        exec(f"from pegbox.schedulers import {cls}")


def test_an_unknown_name_gives_the_nearest():
    with pytest.raises(AttributeError, match=r"has no attribute 'OptunaSerch'\. Did you mean"):
        _ = search.OptunaSerch
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        from pegbox.schedulers import Nothing  # noqa: F401
    assert not hasattr(search, "__path_of_nobody__")


def test_what_is_known_is_not_claimed_twice():
    for role, classes in KNOWN_CLASSES.items():
        for plugin in classes.values():
            assert (plugin in KNOWN_PACKAGES[role]) != (plugin in NOT_YET[role]), plugin


# -- BasicVariantGenerator --------------------------------------------------------------------


def test_a_variant_generator_lets_so_many_be_without_an_answer():
    drive = Drive(lambda: BasicVariantGenerator(max_concurrent=2))
    assert drive.asks(3) == [0, 1, "wait"]
    assert drive.core.suggest("t_00002", {"a": {}, "b": {}}, 2, 0) is WAIT
    drive.end(0, 0.5)
    assert drive.ask() == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: 5,
        lambda: np.random.RandomState(5),
        lambda: np.random.default_rng(5),
    ],
)
def test_a_variant_generator_may_have_a_seed_of_its_own(tmp_path, make):
    configs = [
        [
            result.config
            for result in fit(
                tmp_path,
                name=f"seed{seed}",
                seed=seed,
                space={"x": uniform(0, 1), "g": grid_search([1, 2])},
                num_samples=2,
                search_alg=BasicVariantGenerator(
                    random_state=make(), constant_grid_search=constant
                ),
            )
        ]
        for seed, constant in ((1, False), (2, False), (3, True))
    ]
    assert configs[0] == configs[1] != configs[2]
    assert [config["x"] for config in configs[2][::2]] == [c["x"] for c in configs[2][1::2]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_concurrent": -1}, "(max_concurrent=...) must be a whole number from 0, got -1"),
        ({"max_concurrent": "2"}, "(max_concurrent=...) must be a whole number from 0, got '2'"),
        (
            {"random_state": "x"},
            "(random_state=...) must be a whole number or a generator of numpy's, got 'x'",
        ),
        (
            {"random_state": random},
            f"(random_state=...) must be a whole number or a generator of numpy's, got {random!r}",
        ),
    ],
)
def test_a_variant_generator_refuses_what_it_cannot_use(options, message):
    with pytest.raises(ConfigError) as caught:
        BasicVariantGenerator(**options)
    assert caught.value.message == "BasicVariantGenerator" + message
    assert caught.value.hint
