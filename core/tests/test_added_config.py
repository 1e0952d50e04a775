"""What a searcher adds to configurations beside its points, over a restore."""

from typing import ClassVar

import pytest
from pegbox import TuneConfig
from pegbox.errors import ConfigError
from pegbox.executors.simulated import SimulatedCluster, simulate
from pegbox.searcher import Searcher, Traits
from pegbox.space import Space, choice, uniform


class Adding(Searcher):
    """Gives every third trial nothing, and remembers what it hears of the others."""

    traits: ClassVar = Traits(model_free=True)

    def __init__(self, names=()):
        super().__init__()
        self.added_names = names
        self.heard = []

    def suggest(self, ask):
        return {"x": ask / 100}

    def added_config(self, trial_id, ask):
        return {"layers": [ask] * 2, "net": {"id": trial_id}} if ask % 3 else {}

    def recall_config(self, trial_id, added):
        self.heard.append(("recall", trial_id, added))

    def observe(self, trial_id):
        self.heard.append(("observe", trial_id))


def run(searcher, history=()):
    return simulate(
        lambda config, i: (1.0, {"loss": 1.0}) if i == 1 else None,
        param_space={"x": uniform(0, 1), "fixed": [1]},
        tune_config=TuneConfig(search_alg=searcher, num_samples=7, metric="loss", mode="min"),
        cluster=SimulatedCluster(workers=2),
        history=history,
    )


def test_a_new_searcher_hears_what_was_added_before_it_hears_of_any_trial():
    whole = run(Adding())
    assert whole.ended.how == "complete", whole.error
    configs = [trial.config for trial in whole.trials]
    ended = [at for at, fact in enumerate(whole.journal) if type(fact).__name__ == "Ended"]
    searcher = Adding()
    again = run(searcher, whole.journal[: ended[3] + 1])
    assert [trial.config for trial in again.trials] == configs
    recalled = [each for each in searcher.heard if each[0] == "recall"]
    assert searcher.heard[: len(recalled)] == recalled
    assert len(recalled) >= 3
    for _, name, added in recalled:
        number = int(name[-5:])
        assert number % 3
        assert added == {"layers": [number] * 2, "net": {"id": name}}
    assert ("observe", recalled[0][1]) in searcher.heard


def test_what_is_added_is_the_json_data_that_is_none_of_the_spaces():
    space = Space({"x": uniform(0, 1), "deep": {"c": choice([1, 2])}, "fixed": object()})
    config = space.config({"x": 0.5, "deep/c": 0})
    assert space.added(config) == {}
    more = {**config, "n": 3, "pair": (1, 2), "object": object(), "x": 0.7}
    assert space.added(more) == {"n": 3, "pair": [1, 2]}


def test_a_name_that_the_searcher_is_known_to_add_may_not_be_in_param_space():
    with pytest.raises(ConfigError) as caught:
        run(Adding(names=("layers", "fixed")))
    assert str(caught.value) == (
        "param_space and the space of search_alg='Adding' both have 'fixed'\n"
        "  Write each parameter in one of them."
    )
