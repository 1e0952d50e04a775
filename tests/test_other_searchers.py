"""An experiment goes on with another searcher, and loses no trial: real ones, killed in between."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pegbox
import pytest
from pegbox.errors import PegboxError
from pegbox.results import ResultGrid
from pegbox.space import Space
from pegbox.space.presented import Presentation
from searcher_change import SPACE

SCRIPT = Path(__file__).with_name("searcher_change.py")
SAMPLES = 20

#: Who searches in each epoch, where, and in which trial the driver is killed.
CHAIN = [
    ("random", "inline", 3),
    ("optuna", "inline", 6),
    ("hyperopt", "dask", 9),
    ("skopt", "inline", 12),
    ("bayesopt", "inline", 15),
    ("ax", "inline", 18),
    ("optuna", "inline", None),
]


def start(folder, told, searcher, executor, kill_at):
    """One epoch, to its end or the end of its driver."""
    order = {
        "folder": str(folder),
        "searcher": searcher,
        "executor": executor,
        "kill_at": kill_at,
        "samples": SAMPLES,
        "told": str(told),
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(order)],
        timeout=120,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if kill_at is None else -signal.SIGKILL), done.stderr


def ended(folder):
    """Trial's id to how it ended, for all that have."""
    return {one.trial_id: one.outcome for one in ResultGrid(folder) if one.outcome is not None}


def test_a_chain_of_searchers_loses_no_trial(tmp_path):
    folder, known, configs = tmp_path / "exp", {}, {}
    for epoch, (searcher, executor, kill_at) in enumerate(CHAIN):
        told = tmp_path / f"told-{epoch}.jsonl"
        told.touch()
        start(folder, told, searcher, executor, kill_at)
        notes = [json.loads(line) for line in told.read_text().splitlines()]
        # All that was known at its start is told first, once, in the order of the trials.
        first = notes[: len(known)]
        assert [(note["trial"], note["outcome"]) for note in first] == sorted(known.items())
        assert {note["kind"] for note in first} <= {"observe"}
        names = [note["trial"] for note in notes]
        assert len(names) == len(set(names)), "told once"
        check_terms(searcher, notes, ResultGrid(folder))
        results = ResultGrid(folder)
        now = {one.trial_id: one.config for one in results}
        assert {name: now[name] for name in configs} == configs
        known, configs = ended(folder), now
    assert len(known) == SAMPLES
    assert [int(name[-5:]) for name in sorted(known)] == list(range(SAMPLES))
    assert {name for name, outcome in known.items() if outcome == "failed"} == {
        name for name in known if int(name[-5:]) % 5 == 3
    }


def check_terms(searcher, notes, results):
    """Each was shown its trials in its own terms."""
    space = Space(SPACE)
    presentation = Presentation(space, pegbox.create_searcher(searcher).traits)
    configs = {one.trial_id: one.config for one in results}
    for note in notes:
        point = space.conform(space.point(configs[note["trial"]]))
        assert note["point"] == pytest.approx(presentation.shown(point))


def test_who_cannot_take_the_space_is_refused_and_changes_nothing(tmp_path):
    def train(config):
        return {"loss": 1.0}

    pegbox.Tuner(
        train,
        param_space={"x": pegbox.grid_search([1, 2, 3])},
        run_config=pegbox.RunConfig(name="exp", storage_path=str(tmp_path), verbose=0),
        executor="inline",
    ).fit()
    folder = tmp_path / "exp"
    before = (folder / "experiment.sqlite").read_bytes()
    for searcher, message in [
        ("optuna", "search_alg='optuna' cannot take parameter 'x': it is a grid domain"),
        ("hyperopt", "search_alg='hyperopt' cannot take parameter 'x': it is a grid domain"),
    ]:
        with pytest.raises(PegboxError) as caught:
            pegbox.Tuner.restore(folder, train, search_alg=searcher, executor="inline")
        assert caught.value.message == message
    assert (folder / "experiment.sqlite").read_bytes() == before
    assert len(pegbox.Tuner.restore(folder, train, executor="inline").fit()) == 3
