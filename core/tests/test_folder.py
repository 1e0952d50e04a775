"""Where experiments lie, and what they are called."""

import pegbox


def train(config):
    pegbox.report({"loss": 1.0})


def test_runs_without_a_name_that_begin_in_one_second_have_folders_of_their_own(tmp_path):
    quiet = pegbox.RunConfig(storage_path=str(tmp_path), verbose=0)
    tuners = [pegbox.Tuner(train, run_config=quiet, executor="inline") for _ in range(3)]
    paths = {tuner.fit().experiment_path for tuner in tuners}
    assert len(paths) == 3
