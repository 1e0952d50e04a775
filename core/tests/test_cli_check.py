"""``pegbox check``: what a script would run, and what of it is refused, without running it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from pegbox._run.checking import NotRun, ResultsNeeded, active_check, checking
from pegbox.cli import main
from plugin_site import PluginSite
from tuning import fit

#: A searcher of real numbers alone, which refuses in its setup what is called "late".
PLAIN = """
from pegbox.errors import UnsupportedSpace
from pegbox.searcher import Searcher, Traits

class Plain(Searcher):
    traits = Traits(domains=frozenset({"float"}), ranges=frozenset(), constraints=True, cheap=True)

    def __init__(self, metric=None, mode=None, depth=1):
        super().__init__(metric, mode)
        self.depth = depth

    def setup(self, space):
        if "late" in space:
            raise UnsupportedSpace("no parameter may be late", hint="Be early.")

    def suggest(self, trial_id):
        raise AssertionError("asked")
"""
BEGIN = """
import sys
import pegbox

def train(config):
    raise AssertionError("run")

def tuner(space, search_alg=None, **settings):
    settings = {"metric": "loss", "mode": "min", **settings}
    config = pegbox.TuneConfig(search_alg=search_alg, **settings)
    return pegbox.Tuner(train, param_space=space, tune_config=config)

"""
SPACE = """
SPACE = {
    "lr": pegbox.loguniform(1e-4, 1),
    "width": pegbox.quniform(0, 1, 0.25),
    "act": pegbox.choice(["relu", {"slope": pegbox.uniform(0, 1)}]),
    "layers": [pegbox.qrandint(1, 9, 2)],
    "noise": pegbox.randn(0, 2),
    "seeds": pegbox.grid_search([1, 2, 3]),
    "twice": pegbox.sample_from(lambda config: config["lr"] * 2),
    "fixed": 3,
}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder that stays as it is."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not (tmp_path / "home").exists()
    assert active_check() is None


@pytest.fixture
def plain(tmp_path, monkeypatch):
    with PluginSite(tmp_path, monkeypatch) as site:
        site.plugin("plain", "1.0", {"plain": "Plain"}, PLAIN)
        yield site


def check(source, *words, begin=BEGIN):
    """What is printed of a script, and the exit code."""
    Path("script.py").write_text(begin + source)
    done = CliRunner().invoke(main, ["check", "script.py", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def data(source, *words, code=0):
    done = check(source, "--json", *words)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def states(tuner):
    return {each["path"]: each["state"] for each in tuner["parameters"]}


def messages(tuner):
    return [each["message"] for each in tuner["refused"]]


# -- one tuner --------------------------------------------------------------------------------


@pytest.mark.usefixtures("home")
def test_all_that_is_settled_is_told():
    source = SPACE + "tuner(SPACE, num_samples=4, scheduler='asha').fit()\n"
    found = data(source)
    assert found["error"] is None
    (one,) = found["tuners"]
    assert set(states(one).values()) == {"native", "computed"}
    line = (BEGIN + source).splitlines().index("def tuner(space, search_alg=None, **settings):")
    assert one.pop("where") == f"script.py:{line + 4}"
    del one["parameters"]
    assert one == {
        **{"trainable": "train", "searcher": "random", "package": "pegbox 0.1.0", "releases": []},
        **{"objectives": [{"metric": "loss", "mode": "min"}], "scheduler": "asha"},
        **{"scalarization": None, "constraints": []},
        **{"num_samples": 4, "grid_size": 3, "refused": []},
        **{"resources": {"cpu": 1.0}, "resources_at_most": {"cpu": 1.0}},
    }


@pytest.mark.usefixtures("home", "plain")
def test_each_parameter_is_native_mapped_or_refused():
    (one,) = data(SPACE + "tuner(SPACE, 'plain')", code=1)["tuners"]
    found = [(p["path"], p["domain"], p["state"], p["how"]) for p in one["parameters"]]
    nearest = "by the nearest value of a range without steps"
    always = "proposed always, used where its condition holds"
    assert found == [
        ("lr", "float 0.0001 to 1, log", "mapped", "by its logarithm"),
        ("width", "float 0 to 1, step 0.25", "mapped", nearest),
        ("act", "choice of 2", "refused", None),
        ("act/1/slope", "float 0 to 1", "mapped", always),
        ("layers/0", "int 2 to 8, step 2", "mapped", nearest),
        ("noise", "normal 0 ± 2", "mapped", "by its quantile"),
        ("seeds", "grid of 3", "refused", None),
        ("twice", "sample_from", "computed", None),
    ]
    assert messages(one) == [
        "search_alg='plain' cannot take parameter 'act': it is a choice domain",
        "search_alg='plain' cannot take parameter 'seeds': it is a grid domain",
    ]


@pytest.mark.usefixtures("home", "plain")
def test_people_are_told_the_same():
    done = check("tuner({'x': pegbox.uniform(0, 1), 'n': pegbox.choice([1, 2])}, 'plain')")
    assert done.exit_code == 1
    head, rest = done.stdout.split("\n", 1)
    assert head.startswith("tuner 1 of 1, script.py:")
    assert rest == (
        "  searcher    plain (plain 1.0)\n"
        "  objectives  loss (min)\n"
        "\n"
        "  parameter  state    domain\n"
        "  x          native   float 0 to 1\n"
        "  n          refused  choice of 2\n"
        "\n"
        "  refused: search_alg='plain' cannot take parameter 'n': it is a choice domain\n"
        '    It takes float; search_alg="random" takes all of them.\n'
        "\n"
    )


@pytest.mark.usefixtures("home", "plain")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("tuner({'late': pegbox.uniform(0, 1)}, 'plain')", "no parameter may be late"),
        ("tuner({}, 'plain', metric=None, mode=None)", "search_alg='plain' learns from results"),
        ("tuner({}, ('plain', {'deep': 1}))", "searcher plain (plain 1.0) has no argument 'deep'"),
        ("tuner({}, 'plane')", "no searcher is called 'plane'"),
        ("tuner({'x': pegbox.sample_from(lambda c: c['y'])})", "the sample_from function of 'x'"),
        ("pegbox.Tuner(7)", "the trainable must be a function of the config or a class"),
        (
            "lock = __import__('threading').Lock()\n"
            "pegbox.Tuner(lambda config: lock.acquire(), param_space={})",
            "the trainable",
        ),
    ],
)
def test_whatever_would_refuse_a_run_is_told(source, message):
    (one,) = data(source + "\nprint('and on')", code=1)["tuners"]
    (said,) = messages(one)
    assert said.startswith(message)


@pytest.mark.usefixtures("home", "plain")
def test_objectives_and_constraints_are_told_with_who_holds_them():
    source = (
        "space = {'x': pegbox.uniform(0, 1), 'n': pegbox.randint(0, 9)}\n"
        "tuner(space, 'plain', metric=['a', 'b'], mode=['min', 'max'], num_samples=2,\n"
        "    scalarization=('weighted_sum', {'weights': {'a': 1, 'b': 2}}),\n"
        "    parameter_constraints=['x <= 0.5', 'x + n <= 3'], outcome_constraints=['c <= 1'])"
    )
    (one,) = data(source)["tuners"]
    assert one["objectives"] == [{"metric": "a", "mode": "min"}, {"metric": "b", "mode": "max"}]
    assert one["scalarization"]["name"] == "weighted_sum"
    assert [(each["on"], each["native"]) for each in one["constraints"]] == [
        *[("parameters", True), ("parameters", False), ("outcomes", False)]
    ]
    text = check(source).stdout
    assert "  objectives  a (min), b (max), as one number\n" in text
    assert "by asking again\n" in text


# -- another searcher -------------------------------------------------------------------------


@pytest.mark.usefixtures("home", "plain")
def test_another_searcher_takes_the_place_of_the_scripts_own():
    source = "tuner({'n': pegbox.randint(0, 9)}, pegbox.search.ConcurrencyLimiter('random', 2))"
    assert states(data(source)["tuners"][0]) == {"n": "native"}
    (one,) = data(source, "--search-alg", "plain")["tuners"]
    assert (one["searcher"], states(one)) == ("plain", {"n": "mapped"})


@pytest.mark.usefixtures("home", "plain")
@pytest.mark.parametrize(
    "own", ["('plain', {'depth': 3})", "pegbox.create_searcher('plain', depth=3)"]
)
def test_the_scripts_own_searcher_keeps_its_options(own):
    source = f"made = tuner({{}}, {own})\n"
    with checking(["Plain"]) as found:
        Path("script.py").write_text(BEGIN + source)
        exec(compile(BEGIN + source, "script.py", "exec"), {})
    ((one,),) = found.tuners
    assert one.searcher.plugin.depth == 3


@pytest.mark.usefixtures("home", "plain")
def test_all_searchers_that_are_installed():
    source = "tuner({'n': pegbox.choice([1, 2])}, metric=None, mode=None)"
    found = {one["searcher"]: one for one in data(source, "--all", code=1)["tuners"]}
    assert {"random", "grid", "variant_generator", "plain", "optuna"} <= set(found)
    assert "repeater" not in found
    assert messages(found["random"]) == []
    assert len(messages(found["plain"])) == 1
    assert messages(found["optuna"]) == [
        "search_alg='optuna' learns from results, so it needs to know which"
    ]


@pytest.mark.usefixtures("home")
def test_releases_of_the_optimizer_stand_beside_it(tmp_path, monkeypatch):
    with PluginSite(tmp_path, monkeypatch) as site:
        window = ("hills>=2,<4", 'hills>=2.1,<2.3; extra == "tested"')
        site.plugin("plain", "1.0", {"plain": "Plain"}, PLAIN, window)
        (one,) = data("tuner({}, 'plain')", code=1)["tuners"]
        assert messages(one) == ["plain 1.0 needs hills, which is not installed"]
        site.package("hills", "2.2")
        (one,) = data("tuner({}, 'plain')")["tuners"]
        assert one["releases"] == [{"library": "hills", "found": "2.2", "verdict": "tested"}]
        assert "  hills       2.2: tested\n" in check("tuner({}, 'plain')").stdout
        text = check("import plain.searcher\ntuner({}, plain.searcher.Plain())").stdout
        assert "  searcher    Plain (plain 1.0)\n  hills       2.2: tested\n" in text


# -- several tuners, and none -----------------------------------------------------------------


@pytest.mark.usefixtures("home", "plain")
def test_each_tuner_is_told_up_to_where_results_are_needed():
    source = (
        "grids = [tuner({'x': pegbox.choice(list(range(n)))}, 'plain').fit() for n in (2, 3)]\n"
        "later = tuner({'x': pegbox.uniform(0, 1)}, 'plain')\n"
        "results = later.fit(), later.get_results()\n"
        "pegbox.run(train, config={'x': pegbox.uniform(0, 1)}, metric='loss', mode='min')\n"
        "if grids[0].get_best_result().config:\n"
        "    raise AssertionError('past the results')\n"
    )
    done = check(source, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["error"]) == (1, None)
    assert [len(one["refused"]) for one in found["tuners"]] == [1, 1, 0, 0]
    assert [one["searcher"] for one in found["tuners"]] == ["plain", "plain", "plain", "random"]


@pytest.mark.usefixtures("home")
def test_experiments_are_told_as_tuners_are():
    source = (
        "spec = {'run': train, 'config': {'x': pegbox.uniform(0, 1)}}\n"
        "pegbox.run_experiments({'one': spec, 'two': spec})\n"
        "raise AssertionError('past the results')\n"
    )
    assert len(data(source)["tuners"]) == 2


@pytest.mark.parametrize(
    "use",
    [
        *("results[0]", "len(results)", "list(results)", "bool(results)", "results.errors"),
        *("str(results)", "f'{results!r}'", "0 in results"),
    ],
)
def test_no_use_of_results_gets_anywhere(use):
    with pytest.raises(ResultsNeeded):
        eval(use, {"results": NotRun()})


def test_a_restore_is_checked_and_changes_nothing(home):
    fit(home / "before")
    files = {path: path.stat().st_mtime_ns for path in (home / "before").rglob("*")}
    source = f"pegbox.Tuner.restore({str(home / 'before' / 'exp')!r}, train).fit()"
    (one,) = data(source)["tuners"]
    assert one["searcher"] == "random"
    assert {path: path.stat().st_mtime_ns for path in (home / "before").rglob("*")} == files


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("source", "error", "after"),
    [
        ("", None, "script.py made no Tuner that could be checked\n"),
        ("sys.exit(0)", None, "script.py made no Tuner that could be checked\n"),
        ("sys.exit('no data')", "the script ended with 'no data'", ""),
        ("tuner({}).fit()\n1 / 0", "the script raised ZeroDivisionError: division by zero", ""),
        (
            "pegbox.TuneConfig(num_samples=0)",
            "the script raised ConfigError: TuneConfig(num_samples=...) must be a whole number "
            "from 1, got 0\n  -1 goes on until the run is stopped.",
            "",
        ),
    ],
)
def test_a_script_that_comes_to_no_good_end(source, error, after):
    done = check(source)
    assert done.exit_code == 1
    assert (error or after) in done.stdout
    assert json.loads(check(source, "--json").stdout)["error"] == error


# -- the script -------------------------------------------------------------------------------


@pytest.mark.usefixtures("home")
def test_the_script_is_run_as_a_program(tmp_path):
    (tmp_path / "beside.py").write_text("WIDTH = 7\n")
    source = (
        "import beside\n"
        "print('said', __name__, sys.argv[1:], beside.WIDTH)\n"
        "if __name__ == '__main__': tuner({'x': pegbox.randint(0, int(sys.argv[2]))})\n"
    )
    before = sys.argv[:], sys.path[:]
    done = check(source, "--json", "--", "--size", "5")
    assert (sys.argv, sys.path) == before
    assert done.stderr == "said __main__ ['--size', '5'] 7\n"
    (one,) = json.loads(done.stdout)["tuners"]
    assert one["parameters"][0]["domain"] == "int 0 to 4"
    del sys.modules["beside"]


def test_a_wrong_use():
    for words in (["nowhere.py"], [__file__, "--all", "--search-alg", "x"]):
        assert CliRunner().invoke(main, ["check", *words]).exit_code == 2


def test_the_help_says_that_the_script_is_run():
    assert "This runs SCRIPT" in CliRunner().invoke(main, ["check", "--help"]).stdout
