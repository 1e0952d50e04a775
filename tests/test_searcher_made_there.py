"""A searcher that is chosen by its name is made in its own process, not in the driver."""

from __future__ import annotations

import pytest
from pegbox._run.components import make_component
from pegbox._run.searcher_process.calls import SearcherThere
from pegbox._run.searcher_process.made_there import MadeThere
from pegbox._run.searcher_process.sending import made_here
from pegbox.errors import ConfigError


def named(options):
    return make_component("searcher", ("optuna", options), "random", own_process=True)


def test_what_a_plan_needs_is_known_of_a_searcher_made_there():
    point = {"x": 0.25}
    there = named({"metric": "loss", "mode": "max", "points_to_evaluate": [point], "seed": 3})
    here = make_component("searcher", ("optuna", there.options), "random")
    assert isinstance(there.plugin, MadeThere)
    assert there.traits == here.traits
    assert there.identity() == here.identity()
    assert there.plugin.own_objectives == here.plugin.own_objectives
    assert there.plugin.points_to_evaluate == [point]
    assert type(made_here(there).plugin) is type(here.plugin)
    known = named({"points_to_evaluate": [point], "evaluated_rewards": [2.0]})
    assert [(one.parameters, one.value) for one in known.plugin.evaluated_points] == [(point, 2.0)]


def test_of_those_that_wait_for_their_run_the_latest_has_a_process():
    first, second = named({}), named({})
    assert first.plugin._process is None
    waiting = second.plugin._process
    assert not waiting.ended
    there = SearcherThere(first)
    assert there.pid != waiting.pid
    assert there.implements("searcher_suggest")
    there.end()
    again = SearcherThere(first)
    assert again.pid != there.pid, "a second run begins anew"
    again.end()
    second.plugin.let_go()
    assert waiting.ended


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"sampler": "tpf"}, "unknown sampler 'tpf'\n  Did you mean 'tpe'?"),
        ({"samplr": 1, "sampler": "tpe"}, "sampler 'tpe' has no option 'samplr'"),
        ({"metric": "loss"}, ""),
    ],
)
def test_a_mistake_in_its_options_is_raised_at_once_and_as_here(options, says):
    errors = []
    for own_process in (True, False):
        with pytest.raises(ConfigError) as caught:
            make_component("searcher", ("optuna", options), "random", own_process=own_process)
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0] == errors[1]
    assert says in errors[0][1]


def test_an_option_that_is_no_json_data_is_used_here_and_sent_on():
    from optuna.samplers import RandomSampler

    component = named({"sampler": RandomSampler()})
    assert not isinstance(component.plugin, MadeThere)
    there = SearcherThere(component)
    assert there.label.startswith("optuna (pegbox-optuna")
    there.end()
