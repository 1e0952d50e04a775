import signal

import pytest
from pegbox._processes.exit_cause import LEFT, explain_exit
from pegbox.executors.dask.shipped.oom_counter import read_oom_kills


@pytest.mark.parametrize("number", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"])
def test_signals_of_the_process_itself_are_its_fault(number):
    cause = explain_exit(-signal.Signals[number])
    assert cause.fault
    assert number in cause.message


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"])
def test_signals_from_outside_are_a_loss(number):
    cause = explain_exit(-signal.Signals[number])
    assert not cause.fault
    assert number in cause.message


def test_a_number_that_is_no_named_signal_is_a_loss():
    assert explain_exit(-40).message == "killed by signal 40 from outside"


@pytest.mark.parametrize("code", [0, 1, 255])
def test_an_exit_code_is_the_trials_fault(code):
    cause = explain_exit(code)
    assert cause.fault
    assert f"exit code {code}" in cause.message


def test_a_worker_that_left_in_good_order_is_a_loss():
    assert not explain_exit(LEFT).fault


def test_a_kill_with_a_raised_counter_is_want_of_memory():
    cause = explain_exit(-signal.SIGKILL, oom_kills=1)
    assert cause.fault
    assert "out of memory" in cause.message


def test_a_raised_counter_says_nothing_about_other_signals():
    assert not explain_exit(-signal.SIGTERM, oom_kills=1).fault


def make_group(folder, cgroup, counter, text):
    process = folder / "proc"
    process.mkdir()
    (process / "cgroup").write_text(cgroup)
    path = folder / "cgroup" / counter
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return process, folder / "cgroup"


@pytest.mark.parametrize(
    ("cgroup", "counter", "text"),
    [
        ("0::/user/run\n", "user/run/memory.events", "low 0\noom 4\noom_kill 3\n"),
        ("0::/host/name\n", "memory.events", "oom_kill 3\n"),
        (
            "5:cpu:/a\n4:memory:/a/b\n0::/\n",
            "memory/a/b/memory.oom_control",
            "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
        ),
        ("4:memory,cpu:/host\n", "memory/memory.oom_control", "oom_kill 3\n"),
    ],
    ids=["v2", "v2 in a container", "v1", "v1 in a container"],
)
def test_the_counter_is_read_from_either_version(tmp_path, cgroup, counter, text):
    assert read_oom_kills(*make_group(tmp_path, cgroup, counter, text)) == 3


def test_no_counter_is_none(tmp_path):
    assert read_oom_kills(tmp_path / "nothing", tmp_path) is None
    assert read_oom_kills(*make_group(tmp_path, "0::/\n", "memory.events", "low 0\n")) is None
