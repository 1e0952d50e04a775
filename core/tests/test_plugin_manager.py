"""The manager of one role in one run: binding, refusals at registration, calls, containment."""

from __future__ import annotations

import functools
import inspect
import types
from dataclasses import dataclass, field, replace

import pluggy
import pytest
from pegbox._plugins.bindings import ROLES, arguments_of, hooks_in
from pegbox._plugins.manager import RoleManager
from pegbox.callback import Callback
from pegbox.decisions import CONTINUE, STOP
from pegbox.errors import ConfigError, MissingDependency, PluginError, UnsupportedSpace
from pegbox.hookspecs import SearcherSpecs, hookimpl, hookspec
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher
from pegbox.syncer import Syncer

ASK = {"trial_id": "abcde_00001", "pending": {}, "ask": 1, "seed": 2}
START = {"iteration": 1, "trials": (), "trial": "t", "encoded_config": {}}
TOLD = {
    "trial_id": "abcde_00001",
    "result": {"loss": 1.0},
    "error": False,
    "outcome": "finished",
    "config": {"x": 0.5},
}


class Fixed(Searcher):
    """Proposes one point for ever, taking one argument of many."""

    def suggest(self, trial_id):
        return {"x": 1}


class FixedScheduler(Scheduler):
    def on_trial_result(self, trial, result):
        return STOP


@dataclass
class Recorder(Callback):
    """A dataclass on purpose: it cannot be hashed, and two of them are equal."""

    seen: list = field(default_factory=list, compare=False)

    def on_trial_complete(self, iteration, trial):
        self.seen.append((iteration, trial))


class Raises(Callback):
    """Raises from its n-th call on."""

    def __init__(self, at=3):
        self.at = at
        self.calls = 0

    def on_trial_complete(self, trial):
        self.calls += 1
        if self.calls >= self.at:
            raise RuntimeError(f"call {self.calls}")


def manager_of(role, *plugins, **named):
    manager = RoleManager(role)
    for plugin in plugins:
        manager.register(plugin)
    for name, plugin in named.items():
        manager.register(plugin, name)
    return manager


def tell(manager, iteration=1):
    return manager.call_each("callback_trial_complete", iteration=iteration, trials=(), trial="t")


# -- the table --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.name)
def test_each_hook_has_one_method_of_the_base_class_with_its_arguments(role):
    assert sorted(role.methods.values()) == sorted(hooks_in(role.specs))
    for method, hook in role.methods.items():
        if (role.name, method) == ("callback", "setup"):
            continue  # takes anything, so that whatever somebody's setup takes overrides it well
        parameters = inspect.signature(getattr(role.base, method)).parameters
        named = tuple(name for name, one in parameters.items() if one.kind is not one.VAR_KEYWORD)
        assert named[1:] == arguments_of(role.specs, hook), method
    assert role.required <= set(role.methods)
    assert set(role.answers) <= set(role.methods.values())


def test_an_unknown_role_is_named():
    with pytest.raises(PluginError, match=r"no role 'sercher'\n.*searcher"):
        RoleManager("sercher")


# -- binding ----------------------------------------------------------------------------------


def test_only_overridden_methods_are_called():
    manager = manager_of("searcher", Fixed())
    bound = [hook for hook in hooks_in(SearcherSpecs) if manager.implements(hook)]
    assert bound == ["searcher_suggest"]
    assert manager.call("searcher_suggest", **ASK) == {"x": 1}
    assert manager.call("searcher_complete", **TOLD) is None
    assert manager.hook.searcher_complete.get_hookimpls() == []


def test_a_method_inherited_from_between_counts_as_overridden():
    class Between(Fixed):
        pass

    assert manager_of("searcher", Between()).call("searcher_suggest", **ASK) == {"x": 1}


def test_arguments_with_defaults_are_passed_as_ray_tune_declares_them():
    class Tune(Searcher):
        def suggest(self, trial_id):
            return {}

        def on_trial_complete(self, trial_id, result=None, error=False, budget="own"):
            self.told = (trial_id, result, error, budget)

    searcher = Tune()
    manager_of("searcher", searcher).call("searcher_complete", **{**TOLD, "error": True})
    assert searcher.told == ("abcde_00001", {"loss": 1.0}, True, "own")


def test_var_keywords_get_the_arguments_that_are_not_named():
    class Tune(Callback):
        def __init__(self):
            self.told = []

        def setup(self, stop=None, num_samples=None, total_num_samples=None, **info):
            super().setup(stop, num_samples, total_num_samples, **info)
            self.told.append((stop, num_samples, total_num_samples, info))

        def on_trial_result(self, iteration, trials, trial, result, **info):
            super().on_trial_result(iteration, trials, trial, result, **info)
            self.told.append((iteration, trial, result, info))

        def on_experiment_end(self, **info):
            self.told.append(info)

    callback = Tune()
    manager = manager_of("callback", callback, Recorder())
    setup = {"stop": "s", "num_samples": 2, "total_num_samples": 4, "experiment": "e"}
    setup |= {"trials": (), "history": None}
    result = {"iteration": 1, "trials": (), "trial": "t", "result": {}, "decision": "STOP"}
    assert not manager.call_each("callback_setup", **setup)
    assert not manager.call_each("callback_trial_result", **result)
    assert not manager.call_each("callback_experiment_end", trials=(), how="complete", usage=None)
    assert callback.told == [
        ("s", 2, 4, {"experiment": "e", "trials": (), "history": None}),
        (1, "t", {}, {"decision": "STOP"}),
        {"trials": (), "how": "complete", "usage": None},
    ]


def test_a_wrapper_with_var_keywords_gets_them_too():
    class Wrapper:
        @hookimpl(wrapper=True)
        def searcher_suggest(self, trial_id, **rest):
            point = yield
            return {**point, "trial_id": trial_id, "rest": sorted(rest)}

    manager = manager_of("searcher", Fixed(), Wrapper())
    answer = manager.call("searcher_suggest", **ASK)
    assert answer["rest"] == ["ask", "pending", "seed"]


def test_a_plugin_without_base_class_and_one_with_methods_of_its_own():
    class Duck:
        best: float | None = None

        def suggest(self, trial_id, seed):
            return {"seed": seed}

        def suggest_near(self, point, /, *rest, radius):
            raise AssertionError("a helper")

        @property
        def on_fire(self):
            raise AssertionError("a property is not read")

    manager = manager_of("searcher", Duck())
    assert manager.call("searcher_suggest", **ASK) == {"seed": 2}


def test_static_class_and_instance_functions_are_bound():
    class Odd:
        def __init__(self):
            self.on_experiment_end = lambda trials: self.seen.append("end")
            self.seen = SEEN

        @staticmethod
        def on_trial_start(trial):
            SEEN.append("start")

        @classmethod
        def on_trial_result(cls, trial):
            SEEN.append(cls.__name__)

    SEEN: list[str] = []
    manager = manager_of("callback", Odd())
    common = {"iteration": 1, "trials": (), "trial": "t"}
    manager.call_each("callback_trial_start", **START)
    manager.call_each("callback_trial_result", **common, result={}, decision=CONTINUE)
    manager.call_each("callback_experiment_end", trials=(), how="complete", usage=None)
    assert SEEN == ["start", "Odd", "end"]


def test_a_decorated_method_is_bound_by_the_arguments_of_what_it_decorates():
    def traced(function):
        @functools.wraps(function)
        def inner(*args):
            return {**function(*args), "traced": True}

        return inner

    class Decorated(Searcher):
        @traced
        def suggest(self, trial_id, ask):
            return {"ask": ask}

    manager = manager_of("searcher", Decorated())
    assert manager.call("searcher_suggest", **ASK) == {"ask": 1, "traced": True}


def test_a_module_answers_with_its_marked_functions_only():
    module = types.ModuleType("my_callbacks")
    module.SEEN = []
    source = (
        "from pegbox.hookspecs import hookimpl\n"
        "@hookimpl\n"
        "def callback_trial_complete(trial): SEEN.append(trial)\n"
        "def on_trial_complete(trial): SEEN.append('unmarked')\n"
        "def on_nothing(): pass\n"
    )
    exec(source, module.__dict__)
    assert tell(manager_of("callback", module)) == []
    assert module.SEEN == ["t"]


def test_one_object_may_serve_two_roles():
    class Both(Searcher, Callback):
        def suggest(self, trial_id):
            return {}

        def on_trial_start(self, trial):
            self.started = trial

        @hookimpl
        def scheduler_add(self, trial):
            raise AssertionError("it is not registered as a scheduler")

    both = Both()
    assert manager_of("searcher", both).call("searcher_suggest", **ASK) == {}
    callbacks = manager_of("callback", both)
    callbacks.call_each("callback_trial_start", **START)
    assert both.started == "t"


# -- wrappers ---------------------------------------------------------------------------------


class Doubling:
    """Stands around another searcher, and watches its tells."""

    def __init__(self):
        self.told = []

    @hookimpl(wrapper=True)
    def suggest(self, trial_id):
        point = yield
        return {path: 2 * value for path, value in point.items()}

    @hookimpl(wrapper=True, specname="searcher_complete")
    def watch(self, outcome):
        self.told.append(outcome)
        return (yield)


def test_a_wrapper_stands_around_another_plugins_hook():
    doubling = Doubling()
    manager = manager_of("searcher", Fixed(), doubling)
    assert manager.call("searcher_suggest", **ASK) == {"x": 2}
    manager.call("searcher_complete", **TOLD)
    assert doubling.told == ["finished"]


def test_wrappers_alone_are_not_asked_for_an_answer():
    class Tracing:
        @hookimpl(wrapper=True)
        def on_trial_result(self, trial):
            return (yield)

    manager = manager_of("scheduler", Scheduler(), Tracing())
    assert not manager.implements("scheduler_result")
    assert manager.call("scheduler_result", trial="t", result={}) is None


def test_a_wrapper_stands_around_every_callback():
    class Counting:
        calls = 0

        @hookimpl(wrapper=True)
        def callback_trial_complete(self):
            self.calls += 1
            return (yield)

    first, second, counting = Recorder(), Recorder(), Counting()
    tell(manager_of("callback", first, counting, second))
    assert (first.seen, second.seen, counting.calls) == ([(1, "t")], [(1, "t")], 2)


def test_a_wrapper_that_forgets_to_return_is_named_with_what_it_wraps():
    class Forgets:
        @hookimpl(wrapper=True)
        def suggest(self):
            yield

    manager = manager_of("searcher", inner=Fixed(), outer=Forgets())
    with pytest.raises(PluginError, match=r"inner .*outer .* answered None in suggest") as caught:
        manager.call("searcher_suggest", **ASK)
    assert "return what it yielded" in str(caught.value)


# -- refusals at registration ---------------------------------------------------------------------


def test_a_misspelt_method_is_refused_with_the_nearest_name():
    class Typo(Searcher):
        def sugest(self, trial_id):
            return {}

    with pytest.raises(PluginError) as caught:
        RoleManager("searcher").register(Typo(), "typo", "pegbox-typo 0.3")
    assert "typo (pegbox-typo 0.3): Typo.sugest is no searcher hook" in str(caught.value)
    assert "Did you mean 'suggest'?" in str(caught.value)
    assert caught.value.plugin == "typo (pegbox-typo 0.3)"


@pytest.mark.parametrize(
    ("role", "name", "nearest"),
    [
        ("callback", "on_trial_completed", "on_trial_complete"),
        ("callback", "on_anything_else", ""),
        ("callback", "on_step", ""),
        ("callback", "set_up", "setup"),
        ("scheduler", "on_trial_added", "on_trial_add"),
        ("scheduler", "choose_trials_to_run", "choose_trial_to_run"),
        ("scheduler", "get_sate", "get_state"),
    ],
)
def test_what_looks_like_a_hook_and_is_none_is_refused(role, name, nearest):
    plugin = type("Plugin", (ROLES[role].base,), {name: lambda self, trial: None})()
    with pytest.raises(PluginError, match=rf"Plugin\.{name} is no {role} hook") as caught:
        RoleManager(role).register(plugin)
    assert nearest in caught.value.hint


def test_a_helper_near_a_method_that_is_there_is_no_misspelling():
    class Searching(Fixed):
        def suggests(self):
            raise AssertionError("a helper")

        def _on_internal_event(self):
            raise AssertionError("a helper")

    assert manager_of("searcher", Searching()).call("searcher_suggest", **ASK) == {"x": 1}


def test_a_misspelt_marked_hook_is_refused():
    class Typo:
        @hookimpl
        def searcher_sugest(self, trial_id):
            return {}

    with pytest.raises(PluginError, match="searcher_sugest is no searcher hook") as caught:
        RoleManager("searcher").register(Typo())
    assert "Did you mean 'searcher_suggest'?" in str(caught.value)


def test_a_marked_hook_of_a_later_pegbox_may_be_optional():
    class Ahead(Fixed):
        @hookimpl(optionalhook=True)
        def searcher_dream(self, of_what):
            raise AssertionError("nobody calls it")

    assert manager_of("searcher", Ahead()).call("searcher_suggest", **ASK) == {"x": 1}


def suggest_unknown(self, trial):
    return {}


def suggest_near_default(self, trial_id, pendng=None):
    return {}


def suggest_keyword_only(self, *, trial_id):
    return {}


def suggest_hidden(self, *args):
    return {}


async def suggest_async(self, trial_id):
    return {}


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (suggest_unknown, "unknown argument 'trial'"),
        (suggest_near_default, "'pendng', which nobody passes"),
        (suggest_keyword_only, "keyword-only argument 'trial_id'"),
        (suggest_hidden, r"behind \*args"),
        (suggest_async, "is async"),
        (functools.partial(suggest_unknown), "is a partial"),
        (hookimpl(wrapper=True)(lambda self, trial_id: {}), "not a generator"),
    ],
)
def test_arguments_that_the_hook_cannot_fill_are_refused(method, said):
    plugin = type("Odd", (Searcher,), {"suggest": method})()
    manager = RoleManager("searcher")
    with pytest.raises(PluginError, match=said) as caught:
        manager.register(plugin)
    assert "trial_id, pending, ask, seed" in str(caught.value) or "generator" in said
    assert manager.plugins == []
    manager.register(Fixed())
    assert manager.call("searcher_suggest", **ASK) == {"x": 1}


@pytest.mark.parametrize(
    ("role", "plugin", "said"),
    [
        ("searcher", Searcher(), "lacks suggest"),
        ("searcher", object(), "lacks suggest"),
        ("searcher", Fixed, r"is a class, not an instance\n.*Fixed\(\.\.\.\)"),
        ("syncer", type("Half", (Syncer,), {"list": lambda s, remote_dir: []})(), "lacks delete, "),
        ("callback", object(), "answers no hook at all"),
        ("callback", print, "answers no hook at all"),
        ("callback", None, "answers no hook at all"),
        ("scheduler", Recorder(), "on_trial_complete has the unknown argument 'iteration'"),
    ],
)
def test_what_cannot_play_the_role_is_refused(role, plugin, said):
    with pytest.raises(PluginError, match=said):
        RoleManager(role).register(plugin)


def test_a_scheduler_that_overrides_nothing_is_one():
    assert not manager_of("scheduler", Scheduler()).implements("scheduler_result")


# -- names ------------------------------------------------------------------------------------


def test_two_plugins_with_one_name_are_refused_and_both_are_named():
    manager = RoleManager("callback")
    manager.register(Recorder(), "log", "pegbox-a 1.0")
    with pytest.raises(PluginError, match=r"log \(pegbox-a 1.0\) and log \(pegbox-b 2.0\)"):
        manager.register(Recorder(), "log", "pegbox-b 2.0")


def test_one_object_twice_is_refused():
    recorder = Recorder()
    with pytest.raises(PluginError, match="registered already"):
        manager_of("callback", recorder, recorder)


def test_two_of_a_class_without_names_are_told_apart():
    manager = manager_of("callback", Recorder(), Recorder())
    assert [name for name, _ in manager.plugins] == ["Recorder", "Recorder-2"]


def test_describe_names_package_and_version():
    manager = RoleManager("searcher")
    given, found, own = Fixed(), pluggy.PluginManager("x"), Fixed()
    manager.register(given, "fixed", "pegbox-fixed 1.2")
    assert manager.describe(given) == "fixed (pegbox-fixed 1.2)"
    assert manager.describe(found).startswith(f"PluginManager (pluggy {pluggy.__version__}")
    assert manager.describe(own) == f"Fixed ({Fixed.__module__}.Fixed)"


# -- calls that decide ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "method", "hook", "arguments", "may"),
    [
        ("searcher", "suggest", "searcher_suggest", ASK, "FINISHED"),
        ("scheduler", "on_trial_result", "scheduler_result", {"trial": 1, "result": {}}, "STOP"),
        (
            "scheduler",
            "choose_trial_to_run",
            "scheduler_choose",
            {"queued": (), "paused": (), "running": ()},
            "START_NEW",
        ),
    ],
)
def test_none_is_never_an_answer(role, method, hook, arguments, may):
    plugin = type("Mute", (ROLES[role].base,), {method: lambda self: None})()
    manager = RoleManager(role)
    manager.register(plugin, "mute", "pegbox-mute 1.0")
    said = rf"mute \(pegbox-mute 1.0\) answered None in {method}"
    with pytest.raises(PluginError, match=said) as caught:
        manager.call(hook, **arguments)
    assert may in caught.value.hint
    assert caught.value.hook == hook


def raising_at_third(method, answer):
    """A method that answers twice and raises at its third call."""
    calls = []

    def third(self):
        calls.append(method)
        if len(calls) == 3:
            raise ZeroDivisionError("the third call")
        return answer

    return third


@pytest.mark.parametrize(
    ("role", "method", "hook", "arguments"),
    [
        ("searcher", "suggest", "searcher_suggest", ASK),
        ("scheduler", "on_trial_result", "scheduler_result", {"trial": 1, "result": {}}),
    ],
)
def test_one_that_raises_on_its_third_call_is_named_and_the_cause_kept(
    role, method, hook, arguments
):
    base = ROLES[role].base
    plugin = type("Fails", (base,), {method: raising_at_third(method, CONTINUE)})()
    manager = RoleManager(role)
    manager.register(plugin, "fails", "pegbox-fails 0.9")
    assert [manager.call(hook, **arguments) for _ in range(2)] == [CONTINUE, CONTINUE]
    with pytest.raises(PluginError) as caught:
        manager.call(hook, **arguments)
    said = f"{role} fails (pegbox-fails 0.9) raised in {method}: ZeroDivisionError: the third call"
    assert str(caught.value) == said
    assert (caught.value.plugin, caught.value.hook) == ("fails (pegbox-fails 0.9)", hook)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.__cause__.__traceback__ is not None
    assert manager.call(hook, **arguments) is CONTINUE


def test_the_one_that_raised_is_named_though_another_wraps_it():
    class Broken(Fixed):
        def suggest(self, trial_id):
            return {"x": 1 / 0}

    manager = manager_of("searcher", inner=Broken(), outer=Doubling())
    with pytest.raises(PluginError, match=r"searcher inner \("):
        manager.call("searcher_suggest", **ASK)


@pytest.mark.parametrize("before", [True, False])
def test_a_wrapper_that_raises_is_named_and_not_what_it_wraps(before):
    class Broken:
        @hookimpl(wrapper=True)
        def suggest(self):
            if before:
                raise LookupError("early")
            yield
            raise LookupError("late")

    manager = manager_of("searcher", inner=Fixed(), outer=Broken())
    with pytest.raises(PluginError, match=r"searcher outer \(.*LookupError"):
        manager.call("searcher_suggest", **ASK)


def test_two_of_one_class_are_told_apart_by_their_frames():
    class Watching:
        def __init__(self, fails):
            self.fails = fails

        @hookimpl
        def searcher_complete(self, outcome):
            if self.fails:
                raise LookupError(outcome)

    manager = manager_of("searcher", main=Fixed(), one=Watching(False), two=Watching(True))
    with pytest.raises(PluginError, match=r"searcher two \("):
        manager.call("searcher_complete", **TOLD)


def test_what_setup_says_about_the_users_arguments_comes_through():
    class Refuses(Fixed):
        def __init__(self, error):
            self.error = error

        def setup(self):
            raise self.error

        def get_state(self):
            raise self.error

    arguments = {"space": {}, "objectives": (), "seed": 1, "num_samples": 2}
    arguments |= {"conditions": {}, "points": ()}
    arguments |= {"parameter_constraints": (), "outcome_constraints": ()}
    for error in (UnsupportedSpace("x is conditional"), MissingDependency("needs foo")):
        manager = manager_of("searcher", refuses=Refuses(error))
        with pytest.raises(type(error)) as caught:
            manager.call("searcher_setup", **arguments)
        assert caught.value is error
        assert any("refuses (" in note for note in error.__notes__)
        with pytest.raises(PluginError, match="raised in get_state"):
            manager.call("searcher_save")
    with pytest.raises(PluginError, match="raised in setup: ValueError: own"):
        manager_of("searcher", Refuses(ValueError("own"))).call("searcher_setup", **arguments)
    assert issubclass(UnsupportedSpace, ConfigError)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_inside_a_plugin_stays_an_interrupt(stop):
    class Interrupted(Fixed, Callback):
        def suggest(self):
            raise stop

        def on_trial_start(self):
            raise stop

    with pytest.raises(stop):
        manager_of("searcher", Interrupted()).call("searcher_suggest", **ASK)
    callbacks = manager_of("callback", Interrupted())
    with pytest.raises(stop):
        callbacks.call_each("callback_trial_start", **START)


def test_a_hook_that_does_not_exist_is_cores_mistake():
    manager = manager_of("searcher", Fixed())
    for use in (manager.implements, manager.call, manager.call_each):
        with pytest.raises(KeyError):
            use("searcher_sugest")


def test_an_argument_that_core_forgot_is_not_blamed_on_the_plugin():
    manager = manager_of("searcher", Fixed())
    with (
        pytest.warns(UserWarning, match="'trial_id'"),
        pytest.raises(pluggy.HookCallError, match="trial_id"),
    ):
        manager.call("searcher_suggest", pending={}, ask=1, seed=2)


# -- calls that tell ------------------------------------------------------------------------------


def test_a_callback_that_raises_on_its_third_call_is_dropped_and_hides_no_other():
    before, fails, after = Recorder(), Raises(at=3), Recorder()
    manager = manager_of("callback", before=before, fails=fails, after=after)
    faults = [tell(manager, iteration) for iteration in range(1, 6)]
    assert [len(each) for each in faults] == [0, 0, 1, 0, 0]
    assert fails.calls == 3
    assert [seen for seen, _ in before.seen] == [1, 2, 3, 4, 5]
    assert [seen for seen, _ in after.seen] == [1, 2, 3, 4, 5]
    (fault,) = faults[2]
    assert str(fault).startswith("callback fails (")
    assert str(fault).endswith("raised in on_trial_complete: RuntimeError: call 3")
    assert isinstance(fault.__cause__, RuntimeError)
    assert [name for name, _ in manager.plugins] == ["before", "after"]
    assert manager.describe(fails).startswith("fails (")


def test_callbacks_are_told_in_the_order_of_registration():
    order = []

    class Ordered(Callback):
        def __init__(self, name):
            self.name = name

        def on_trial_complete(self):
            order.append(self.name)

    tell(manager_of("callback", *(Ordered(name) for name in "abc")))
    assert order == ["a", "b", "c"]


def test_a_wrapper_around_callbacks_that_raises_is_dropped_and_they_are_kept():
    class Broken:
        @hookimpl(wrapper=True)
        def callback_trial_complete(self):
            yield
            raise LookupError

    first, second = Recorder(), Recorder()
    manager = manager_of("callback", first=first, broken=Broken(), second=second)
    faults = [*tell(manager, 1), *tell(manager, 2)]
    assert [fault.plugin.split()[0] for fault in faults] == ["broken"]
    assert [seen for seen, _ in first.seen] == [seen for seen, _ in second.seen] == [1, 2]


def test_all_may_raise_at_once():
    manager = manager_of("callback", *(Raises(at=1) for _ in range(3)))
    assert [fault.plugin.split()[0] for fault in tell(manager)] == [
        "Raises",
        "Raises-2",
        "Raises-3",
    ]
    assert tell(manager) == []
    assert not manager.implements("callback_trial_complete")


# -- a manager of its own, and hooks that grow --------------------------------------------------


def test_two_managers_share_nothing():
    one, two = manager_of("searcher", Fixed()), RoleManager("searcher")
    assert one.implements("searcher_suggest")
    assert not two.implements("searcher_suggest")


class LaterSpecs(SearcherSpecs):
    """Hooks of some later pegbox, which gained arguments."""

    @hookspec(firstresult=True)
    def searcher_suggest(self, trial_id, pending, ask, seed, budget):
        """With a budget."""


def test_a_hook_that_gained_an_argument_calls_old_and_new_plugins():
    class New(Searcher):
        def suggest(self, trial_id, budget):
            return {"budget": budget}

    later = replace(ROLES["searcher"], specs=LaterSpecs)
    arguments = {**ASK, "budget": 7}
    assert manager_of(later, Fixed()).call("searcher_suggest", **arguments) == {"x": 1}
    assert manager_of(later, New()).call("searcher_suggest", **arguments) == {"budget": 7}
    with pytest.raises(PluginError, match="unknown argument 'budget'"):
        RoleManager("searcher").register(New())


def test_the_scheduler_base_class_is_asked_only_where_overridden():
    manager = manager_of("scheduler", FixedScheduler())
    assert manager.call("scheduler_result", trial="t", result={}) is STOP
    assert not manager.implements("scheduler_choose")
