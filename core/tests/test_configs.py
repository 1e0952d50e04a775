"""Configurations: older names, and what each refuses by itself."""

from __future__ import annotations

import datetime

import pytest
from pegbox import (
    CheckpointConfig,
    FailureConfig,
    ResumeConfig,
    RunConfig,
    SyncConfig,
    TuneConfig,
)
from pegbox.errors import ConfigError


def test_older_names_are_taken_with_a_warning():
    with pytest.warns(FutureWarning) as warned:
        config = RunConfig(local_dir="here", sync_config=SyncConfig(sync_period=5))
    assert (config.storage_path, config.sync_period_s) == ("here", 5)
    assert [str(warning.message) for warning in warned] == [
        "local_dir is Ray Tune's name; write RunConfig(storage_path='here')",
        "sync_config.sync_period is Ray Tune's name; write RunConfig(sync_period_s=5)",
    ]
    assert {warning.filename for warning in warned} == {__file__}


def test_an_upload_folder_is_the_storage_path():
    with pytest.warns(FutureWarning, match="sync_config.upload_dir is Ray Tune's name"):
        assert RunConfig(sync_config=SyncConfig(upload_dir="there")).storage_path == "there"


def test_a_sync_config_that_says_nothing_is_not_needed():
    with pytest.warns(FutureWarning, match="is not needed; leave it out"):
        RunConfig(sync_config=SyncConfig())


@pytest.mark.parametrize(
    ("given", "files"),
    [
        (None, None),
        (False, None),
        (True, ("stdout", "stderr")),
        ("log.txt", ("log.txt", "log.txt")),
        (("out", "err"), ("out", "err")),
    ],
)
def test_log_files_are_named(given, files):
    assert RunConfig(log_to_file=given).log_files == files


def test_verbose_may_be_a_flag():
    assert [RunConfig(verbose=given).verbose for given in (False, True, 3)] == [0, 1, 3]


def test_a_time_budget_may_be_a_timedelta():
    assert TuneConfig(time_budget_s=datetime.timedelta(minutes=2)).budget_s == 120
    assert TuneConfig(time_budget_s=3).budget_s == 3


def test_resume_choices_are_plain_words():
    kinds = ResumeConfig.ResumeType
    config = ResumeConfig(finished=kinds.RESTART, unfinished=kinds.SKIP)
    assert (config.finished, config.unfinished, config.errored) == ("restart", "skip", "skip")


LOG_NAMES = (
    'The names are plain, as in ("out.txt", "err.txt"): the files lie in the trial\'s folder.'
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: RunConfig(storage_path="a", local_dir="b"),
            "RunConfig has storage_path='a' and local_dir='b', which are one setting\n"
            "  Leave local_dir out.",
        ),
        (
            lambda: RunConfig(log_to_file="../out"),
            "RunConfig(log_to_file=...) must be True, False, a file's name or two, got "
            f"'../out'\n  {LOG_NAMES}",
        ),
        (
            lambda: RunConfig(log_to_file=("a", "b", "c")),
            "RunConfig(log_to_file=...) must be True, False, a file's name or two, got "
            f"('a', 'b', 'c')\n  {LOG_NAMES}",
        ),
        (
            lambda: RunConfig(checkpoint_config={"num_to_keep": 2}),
            "RunConfig(checkpoint_config=...) must be a CheckpointConfig, got {'num_to_keep': 2}\n"
            "  Write checkpoint_config=pegbox.CheckpointConfig(...).",
        ),
        (
            lambda: RunConfig(sync_config=3),
            "RunConfig(sync_config=...) must be a SyncConfig, got 3\n"
            "  Write sync_config=pegbox.SyncConfig(...).",
        ),
        (
            lambda: CheckpointConfig(num_to_keep=0),
            "CheckpointConfig(num_to_keep=...) must be a whole number from 1, got 0\n"
            "  None keeps all of them.",
        ),
        (
            lambda: CheckpointConfig(checkpoint_score_order="best"),
            'CheckpointConfig(checkpoint_score_order=...) must be "max" or "min", got \'best\'\n'
            "  Write e.g. checkpoint_score_order='max'.",
        ),
        (
            lambda: CheckpointConfig(checkpoint_score_attribute=3),
            "CheckpointConfig(checkpoint_score_attribute=...) must be the name of a reported "
            'value, got 3\n  Write e.g. checkpoint_score_attribute="loss", as it is reported.',
        ),
        (
            lambda: CheckpointConfig(checkpoint_frequency=-1),
            "CheckpointConfig(checkpoint_frequency=...) must be a whole number from 0, got -1\n"
            "  0 is never.",
        ),
        (
            lambda: CheckpointConfig(checkpoint_at_end="yes"),
            "CheckpointConfig(checkpoint_at_end=...) must be True or False, got 'yes'\n"
            "  Write checkpoint_at_end=True, or leave it out.",
        ),
        (
            lambda: FailureConfig(fail_fast="yes"),
            "FailureConfig(fail_fast=...) must be True, False or \"raise\", got 'yes'\n"
            "  Write fail_fast=True to end the run with the first failure.",
        ),
        (
            lambda: ResumeConfig(errored="again"),
            'ResumeConfig(errored=...) must be "resume", "restart" or "skip", got \'again\'\n'
            "  Write e.g. errored='resume'.",
        ),
        (
            lambda: TuneConfig(time_budget_s=0),
            "TuneConfig(time_budget_s=...) must be a number above 0, got 0\n"
            "  Seconds, or a timedelta; leave it out for no bound.",
        ),
        (
            lambda: TuneConfig(reuse_actors=1),
            "TuneConfig(reuse_actors=...) must be True or False, got 1\n"
            "  Write reuse_actors=True, or leave it out.",
        ),
        (
            lambda: SyncConfig(sync_period="often"),
            "SyncConfig(sync_period=...) must be a number above 0, got 'often'\n"
            "  Write e.g. sync_period=10.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(make, message):
    with pytest.raises(ConfigError) as refused:
        make()
    assert str(refused.value) == message
