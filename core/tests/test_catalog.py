"""What installed packages offer: discovery, broken packages, clashing names, construction."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from pegbox._plugins.bindings import ROLES, hooks_in
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.doorways import Offer, Problem
from pegbox._plugins.known_packages import KNOWN_PACKAGES
from pegbox._plugins.manager import RoleManager
from pegbox.errors import ConfigError, MissingDependency, PluginError
from pegbox.hookspecs import DoorwaySpecs
from pegbox.searcher_wrapper import SearcherWrapper

GOOD = """
from pegbox.hookspecs import hookimpl
@hookimpl
def pegbox_searchers():
    return {{"{name}": "{module}.heavy:Search"}}
"""
HEAVY = """
from pegbox.searcher import Searcher
class Search(Searcher):
    def __init__(self, depth=1, *, width=2):
        self.depth, self.width = depth, width
    def suggest(self, trial_id):
        return {"x": self.depth}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put packages on sys.path as pip would: a module, and its distribution's metadata."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def put(module, doorway, files=None, version="1.0"):
        package = tmp_path / module
        package.mkdir()
        for name, text in {"__init__": doorway, **(files or {})}.items():
            (package / f"{name}.py").write_text(textwrap.dedent(text))
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: {version}\n"
        )
        (info / "entry_points.txt").write_text(f"[pegbox]\n{module} = {module}\n")

    yield put
    for name in set(sys.modules) - before:
        if hasattr(sys.modules[name], "__file__") and str(tmp_path) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def good(install, module, name, heavy=HEAVY, version="1.0"):
    install(module, GOOD.format(name=name, module=module), {"heavy": heavy}, version)


def said(problems, package):
    return [problem.message for problem in problems if problem.package == package]


# -- discovery --------------------------------------------------------------------------------


def test_the_built_in_pieces_come_through_their_doorway():
    catalog = Catalog.discover()
    builtin = {(offer.role, offer.name) for offer in catalog.offers if offer.package == "pegbox"}
    assert builtin == {
        ("searcher", "random"),
        ("searcher", "grid"),
        ("searcher", "variant_generator"),
        ("searcher", "concurrency_limiter"),
        ("searcher", "repeater"),
        ("scheduler", "fifo"),
        ("scheduler", "asha"),
        ("scheduler", "async_hyperband"),
        ("scheduler", "asynchyperband"),
        ("syncer", "fsspec"),
        ("callback", "progress"),
        ("callback", "csv"),
        ("callback", "json"),
    }


#: What cannot be made without arguments.
ARGUMENTS = {
    "concurrency_limiter": {"searcher": "random", "max_concurrent": 2},
    "repeater": {"searcher": "random"},
}


def test_every_built_in_piece_loads_and_fits_its_role():
    catalog = Catalog.discover()
    for offer in catalog.offers:
        if offer.package == "pegbox":
            plugin = catalog.create(offer.role, offer.name, ARGUMENTS.get(offer.name))
            assert isinstance(plugin, (ROLES[offer.role].base, SearcherWrapper))
            RoleManager(offer.role).register(plugin, offer.name, offer.origin)


def test_listing_imports_no_plugin():
    code = (
        "import sys; from pegbox._plugins.catalog import Catalog; c = Catalog.discover();"
        "assert c.names('searcher'); "
        "loaded = {m.partition('.')[0] for m in sys.modules}; "
        "print(loaded & {'optuna', 'sklearn', 'pandas', 'torch', 'rich', 'distributed', 'fsspec'},"
        " [m for m in sys.modules if m.startswith('pegbox.builtin.')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["set()", "[]"]


def test_a_strangers_package_is_found_listed_loaded_and_made(install):
    good(install, "pegbox_hill", "Hill", version="2.5")
    catalog = Catalog.discover()
    assert catalog.find("searcher", "hill") == Offer(
        "hill", "searcher", "pegbox_hill.heavy:Search", "pegbox-hill", "2.5"
    )
    assert "pegbox_hill.heavy" not in sys.modules
    assert "hill" in catalog.names("searcher")
    made = catalog.create("searcher", "HILL", {"width": 9})
    assert (made.depth, made.width) == (1, 9)
    assert said(catalog.problems, "pegbox-hill") == []


def test_a_module_that_makes_attributes_on_demand_is_not_asked_for_them(install):
    lazy = "\ndef __dir__(): return ['pegbox_searchers', 'Search']\n"
    lazy += "def __getattr__(name): raise AssertionError('imports the optimizer')\n"
    install("pegbox_lazy", GOOD.format(name="lazy", module="pegbox_lazy") + lazy)
    catalog = Catalog.discover()
    assert said(catalog.problems, "pegbox-lazy") == []
    assert "lazy" in catalog.names("searcher")


def test_the_catalog_is_read_once_until_something_is_installed(install):
    first = Catalog.discover()
    assert Catalog.discover() is first
    good(install, "pegbox_later", "later")
    assert "later" in Catalog.discover().names("searcher")


# -- packages that are broken -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import a_module_that_is_missing", "ModuleNotFoundError: No module named 'a_module"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def broken(:", "SyntaxError"),
    ],
)
def test_a_package_that_fails_to_import_is_a_problem_and_the_others_work(install, source, told):
    install("pegbox_bad", source, version="0.7")
    good(install, "pegbox_fine", "fine")
    catalog = Catalog.discover()
    (problem,) = [problem for problem in catalog.problems if problem.package == "pegbox-bad"]
    assert str(problem).startswith("pegbox-bad 0.7 failed to import (")
    assert told in str(problem)
    assert problem.cause is not None
    assert catalog.create("searcher", "fine").suggest("t") == {"x": 1}
    assert "random" in catalog.names("searcher")
    # Whoever asks for a name that it may have brought is told.
    with pytest.raises(ConfigError, match=r"pegbox-bad 0\.7 failed to import"):
        catalog.load("searcher", "badsearch")


def test_a_known_name_whose_package_is_broken_is_not_answered_with_pip_install():
    problem = Problem("pegbox-hyperopt", "1.0", "failed to import (ZeroDivisionError)", OSError())
    with pytest.raises(ConfigError) as caught:
        Catalog([], [problem]).load("searcher", "hyperopt")
    assert "pegbox-hyperopt 1.0 failed to import (ZeroDivisionError)" in str(caught.value)
    assert "pip install" not in str(caught.value)


@pytest.mark.parametrize(
    ("doorway", "told"),
    [
        ("@hookimpl\ndef pegbox_searcher(): return {}", "Did you mean 'pegbox_searchers'?"),
        ("def pegbox_searchers(): return {}", "has pegbox_searchers without @hookimpl"),
        ("@hookimpl\ndef pegbox_searchers(): 1 / 0", "fails in pegbox_searchers (ZeroDivision"),
        ("@hookimpl\ndef pegbox_searchers(): return ['x']", "answers ['x'], not"),
        ("@hookimpl\ndef pegbox_searchers(): return {'x': 'm.C'}", 'is not "module:Class"'),
        ("@hookimpl\ndef pegbox_searchers(): return {1: 'm:C'}", "the name 1"),
        ("@hookimpl\ndef pegbox_searchers(x): return {}", "Argument(s) {'x'}"),
        ("", "brings nothing"),
    ],
)
def test_a_doorway_that_does_not_fit_is_a_problem(install, doorway, told):
    working = "@hookimpl\ndef pegbox_callbacks(): return {'works': 'm:C'}\n" if doorway else ""
    install("pegbox_odd", f"from pegbox.hookspecs import hookimpl\n{working}{doorway}\n")
    catalog = Catalog.discover()
    (message,) = said(catalog.problems, "pegbox-odd")
    assert told in message
    if doorway:
        assert "works" in catalog.names("callback")


# -- names ------------------------------------------------------------------------------------


def test_two_packages_with_one_name_are_named_and_neither_wins(install):
    good(install, "pegbox_one", "twice", version="1.1")
    good(install, "pegbox_two", "twice", version="2.2")
    catalog = Catalog.discover()
    assert said(catalog.problems, "pegbox-one") == [
        "brings a searcher 'twice', as does pegbox-two 2.2"
    ]
    assert said(catalog.problems, "pegbox-two") == [
        "brings a searcher 'twice', as does pegbox-one 1.1"
    ]
    for use in (catalog.load, catalog.create):
        with pytest.raises(PluginError, match=r"'twice' is brought by") as caught:
            use("searcher", "twice")
        for name in ("pegbox-one 1.1", "pegbox-two 2.2", "pegbox_one.heavy.Search"):
            assert name in str(caught.value)
    assert catalog.load("searcher", "random").__name__ == "RandomSearch"


@pytest.mark.parametrize(
    ("role", "name", "told"),
    [
        ("searcher", "ramdom", "Did you mean 'random'? Installed: "),
        ("searcher", "bayesopt", "`pip install pegbox-bayesopt` brings 'bayesopt'."),
        ("searcher", "hyperot", "`pip install pegbox-hyperopt` brings 'hyperopt'."),
        ("callback", "tensorboard", "`pip install pegbox-tensorboard` brings"),
        ("scheduler", "ash", "Did you mean 'asha'?"),
        ("sercher", "x", "Did you mean 'searcher'?"),
    ],
)
def test_an_unknown_name_is_answered_with_what_would_do(role, name, told):
    offers = [("searcher", "random"), ("searcher", "grid"), ("scheduler", "asha")]
    catalog = Catalog([Offer(name, role, "m:C", "pegbox", "0.1") for role, name in offers])
    with pytest.raises(ConfigError) as caught:
        catalog.load(role, name)
    assert told in caught.value.hint
    if role in ROLES:
        assert f"no {role} is called {name!r}" in str(caught.value)
        assert all(known in caught.value.hint for known in catalog.names(role))


def test_the_tables_know_the_roles():
    assert set(KNOWN_PACKAGES) == set(ROLES)
    assert list(hooks_in(DoorwaySpecs)) == sorted(f"pegbox_{role}s" for role in ROLES)


# -- classes and objects ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heavy", "error", "told"),
    [
        ("import a_missing_optimizer", MissingDependency, "Install what provides 'a_missing_opt"),
        ("from os import nothing_such", PluginError, "cannot be imported (ImportError"),
        ("Other = 1", PluginError, "has no attribute 'Search'"),
        ("def Search(): pass", PluginError, "is no class"),
    ],
)
def test_a_target_that_cannot_be_imported_names_its_package(install, heavy, error, told):
    good(install, "pegbox_hollow", "hollow", heavy, version="3.1")
    with pytest.raises(error) as caught:
        Catalog.discover().load("searcher", "hollow")
    assert "hollow (pegbox-hollow 3.1)" in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"wdth": 3}, "has no argument 'wdth'\n  Did you mean 'width'? It takes depth, width."),
        ({"depth": 3, "colour": 1}, "has no argument 'colour'\n  It takes depth, width."),
    ],
)
def test_an_unknown_option_is_named_with_what_the_class_takes(install, options, told):
    good(install, "pegbox_opts", "opts")
    with pytest.raises(ConfigError) as caught:
        Catalog.discover().create("searcher", "opts", options)
    assert str(caught.value) == f"searcher opts (pegbox-opts 1.0) {told}"


@pytest.mark.parametrize(
    ("body", "options", "error", "told"),
    [
        ("def __init__(self, depth): pass", {}, ConfigError, "missing a required argument"),
        ("def __init__(self, **rest): self.rest = rest", {"any": 1}, None, ""),
        ("def __init__(self): import a_missing_thing", {}, MissingDependency, "a_missing_thing"),
        ("def __init__(self, n): int(n)", {"n": "x"}, PluginError, "{'n': 'x'} (ValueError: inv"),
        (
            "def __init__(self):\n  from pegbox.errors import ConfigError\n"
            "  raise ConfigError('own words')",
            {},
            ConfigError,
            "own words",
        ),
    ],
)
def test_what_a_constructor_does_is_told_in_its_own_terms(install, body, options, error, told):
    good(install, "pegbox_made", "made", "class Search:\n" + textwrap.indent(body, " "))
    catalog = Catalog.discover()
    if error is None:
        assert catalog.create("searcher", "made", options).rest == options
        return
    with pytest.raises(error) as caught:
        catalog.create("searcher", "made", options)
    assert told in str(caught.value)
    assert type(caught.value) is error
