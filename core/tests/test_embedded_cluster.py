"""The embedded cluster on real processes: what it starts, watches, replaces and leaves behind."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from pathlib import Path

import psutil
import pytest
from distributed import Client, default_client
from pegbox import Checkpoint
from pegbox.errors import ConfigError, RunError
from pegbox.executors.dask.embedded.cluster import EmbeddedCluster

PATIENCE_S = 30
MARK = "PEGBOX_TEST_MARK"


def wait_until(condition, timeout_s=PATIENCE_S):
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (answer := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.02)
    return answer


def marked(mark):
    """Processes with the mark in their environment; a zombie shows none."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                found.append(process)
    return found


def folders_of_clusters(folder):
    """Temporary folders of this test's clusters."""
    return set(folder.glob("pegbox-*"))


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def make_cluster(tmp_path, monkeypatch):
    """Clusters whose folders lie in ``tmp_path``, and which are closed in the end."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with contextlib.ExitStack() as stack:

        def make(n_workers=1, **options):
            cluster = EmbeddedCluster(n_workers, **options)
            stack.callback(cluster.close, 0)
            return cluster

        yield make


@pytest.fixture(scope="module")
def shared():
    """Two workers for tests that kill them: each finds two again."""
    exits = []
    cluster = EmbeddedCluster(2, on_worker_exit=lambda *exit_: exits.append(exit_))
    cluster.exits = exits
    cluster.start()
    yield cluster
    cluster.close(0)


@pytest.fixture
def cluster(shared):
    wait_until(lambda: len(shared.pids()) == 2)
    shared.exits.clear()
    return shared


def run_on(cluster, address, function, *args):
    return cluster.client.submit(function, *args, workers=[address], pure=False)


# A worker


def test_a_task_runs_in_a_process_of_the_cluster(cluster):
    pids = cluster.pids()
    for address, pid in pids.items():
        assert run_on(cluster, address, lambda: os.getpid()).result() == pid
    assert len(set(pids.values())) == 2
    assert os.getpid() not in pids.values()


def test_a_trials_share_of_cores_is_its_number_of_blas_threads(make_cluster):
    cluster = make_cluster(threads_per_worker=2, cpus_per_worker=2.5, resources={"GPU": 1})
    client = cluster.start()
    variables = client.submit(lambda: dict(os.environ), resources={"GPU": 1}).result()
    assert variables["OMP_NUM_THREADS"] == variables["MKL_NUM_THREADS"] == "3"
    assert list(client.nthreads().values()) == [2]


def test_a_fraction_of_a_core_is_one_blas_thread(make_cluster):
    client = make_cluster(threads_per_worker=4, cpus_per_worker=0.25).start()
    assert client.submit(lambda: os.environ["OMP_NUM_THREADS"]).result() == "1"


def test_a_trial_that_reads_standard_input_finds_its_end(cluster):
    assert cluster.client.submit(lambda: sys.stdin.read()).result() == ""


def test_the_client_is_not_made_the_default(cluster):
    with pytest.raises(ValueError, match="No clients found"):
        default_client()


@pytest.mark.parametrize("tls", [True, False])
def test_it_works_with_and_without_encryption(make_cluster, tls):
    cluster = make_cluster(tls=tls)
    client = cluster.start()
    assert client.submit(sum, [1, 2]).result() == 3
    assert next(iter(cluster.pids())).startswith("tls://" if tls else "tcp://")


def test_what_cannot_be_pickled_is_refused_where_it_is_submitted(cluster):
    lock = threading.Lock()
    with pytest.raises(TypeError, match="serialize"):
        cluster.client.submit(lambda: lock)


def test_a_second_start_answers_the_same_client(cluster):
    assert cluster.start() is cluster.client


def test_it_starts_beside_a_running_event_loop(make_cluster):
    async def cell_of_a_notebook():
        return make_cluster().start().submit(sum, [1, 2]).result()

    assert asyncio.run(cell_of_a_notebook()) == 3


def test_it_starts_and_closes_in_a_thread(make_cluster):
    answers = []

    def work():
        cluster = make_cluster()
        answers.append(cluster.start().submit(sum, [1, 2]).result())
        cluster.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(PATIENCE_S)
    assert answers == [3]


# Who can reach it


def listening(pids):
    for pid in pids:
        for connection in psutil.Process(pid).net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN:
                yield connection.laddr


def test_nothing_listens_off_the_loopback_interface(cluster):
    addresses = list(listening([os.getpid(), *cluster.pids().values()]))
    assert {address.ip for address in addresses} == {"127.0.0.1"}
    # one for the scheduler, one for each worker: no web server, which would ask for no certificate
    assert len(addresses) == 3


def test_a_client_without_a_certificate_is_refused(cluster):
    address = cluster.scheduler.address
    with pytest.raises(OSError, match=r"Timed out|\(closed\)"):
        Client(address.replace("tls://", "tcp://"), timeout=1, set_as_default=False)


def test_a_stranger_with_encryption_but_no_certificate_is_refused(cluster):
    host, port = cluster.scheduler.address.removeprefix("tls://").split(":")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, int(port)), timeout=PATIENCE_S) as plain,
        context.wrap_socket(plain) as encrypted,
        pytest.raises(ssl.SSLError, match=r"(?i)certificate"),
    ):
        encrypted.recv(1024)


# Deaths


@pytest.mark.parametrize(
    ("die", "fault", "message"),
    [
        (lambda: os._exit(3), True, "exit code 3"),
        (lambda: os._exit(0), True, "exit code 0"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), True, "SIGSEGV"),
        (lambda: os.kill(os.getpid(), signal.SIGABRT), True, "SIGABRT"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), False, "SIGKILL"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), False, "SIGTERM"),
        (lambda: os.kill(os.getpid(), signal.SIGINT), False, "SIGINT"),
    ],
    ids=["exit 3", "exit 0", "SIGSEGV", "SIGABRT", "SIGKILL", "SIGTERM", "SIGINT"],
)
def test_a_death_has_its_cause_and_a_successor(cluster, die, fault, message):
    before = cluster.pids()
    address = next(iter(before))
    future = run_on(cluster, address, die)
    cause = cluster.exit_cause(address, PATIENCE_S)
    future.cancel()
    assert cause.fault is fault
    assert message in cause.message
    assert cluster.exit_cause(address, 0) is cause
    after = wait_until(lambda: len(cluster.pids()) == 2 and cluster.pids())
    (new,) = set(after) - set(before)
    assert run_on(cluster, new, lambda: os.getpid()).result() == after[new]
    assert cluster.exits == [(address, cause)]


def test_a_worker_that_runs_has_no_cause(cluster):
    assert cluster.exit_cause(next(iter(cluster.pids())), 0) is None
    assert cluster.exit_cause("tls://127.0.0.1:1", 0) is None


def test_a_worker_sent_away_by_its_scheduler_is_lost(cluster):
    address = next(iter(cluster.pids()))
    cluster.client.retire_workers([address])
    cause = cluster.exit_cause(address, PATIENCE_S)
    assert not cause.fault
    assert "closed by itself" in cause.message


def test_a_restart_ends_a_task_that_holds_the_interpreters_lock(cluster, tmp_path):
    def hold(path):
        import ctypes

        with open(path, "w"):
            pass
        ctypes.PyDLL(None).sleep(600)

    address, pid = next(iter(cluster.pids().items()))
    future = run_on(cluster, address, hold, str(tmp_path / "holds"))
    wait_until((tmp_path / "holds").exists)
    cluster.restart_worker(address)
    cause = cluster.exit_cause(address, PATIENCE_S)
    future.cancel()
    assert (cause.fault, cause.message) == (False, "ended by pegbox")
    assert is_gone(pid)
    cluster.restart_worker(address)  # it is gone already
    wait_until(lambda: len(cluster.pids()) == 2)


@pytest.mark.parametrize(
    "options", [{}, {"start_new_session": True}, {"env": {}}], ids=["plain", "session", "no marker"]
)
def test_what_a_trial_started_ends_with_its_worker(cluster, options):
    def start():
        command = [sys.executable, "-c", "import signal; signal.pause()"]
        return subprocess.Popen(command, **options).pid

    address, pid = next(iter(cluster.pids().items()))
    grandchild = run_on(cluster, address, start).result()
    assert not is_gone(grandchild)
    os.kill(pid, signal.SIGKILL)
    assert not cluster.exit_cause(address, PATIENCE_S).fault
    wait_until(lambda: is_gone(grandchild))


def test_a_successor_takes_over_the_environment_of_its_place(make_cluster):
    devices = [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]
    cluster = make_cluster(2, environments=devices)
    client = cluster.start()

    def seen():
        wait_until(lambda: len(cluster.pids()) == 2)
        workers = client.run(lambda: os.environ["CUDA_VISIBLE_DEVICES"], workers=[*cluster.pids()])
        return workers

    first = seen()
    assert sorted(first.values()) == ["0", "1"]
    victim = next(address for address, device in first.items() if device == "1")
    cluster.restart_worker(victim)
    cluster.exit_cause(victim, PATIENCE_S)
    assert sorted(seen().values()) == ["0", "1"]


# Workers that cannot start


def test_workers_that_cannot_start_are_given_up_with_their_story(
    make_cluster, tmp_path, monkeypatch
):
    (tmp_path / "distributed.py").write_text("raise ImportError('this one is broken')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    cluster = make_cluster(2)
    with pytest.raises(RunError, match="3 worker processes in a row") as failure:
        cluster.start()
    assert "exit code 1" in str(failure.value)
    assert "this one is broken" in str(failure.value)
    assert not list(tmp_path.glob("pegbox-*"))


def test_a_failure_after_the_start_is_posted(make_cluster, tmp_path, monkeypatch):
    failures = []
    failed = threading.Event()
    cluster = make_cluster()
    cluster.report_failure_to(lambda error: (failures.append(error), failed.set()))
    monkeypatch.syspath_prepend(str(tmp_path))
    cluster.start()
    (tmp_path / "distributed.py").write_text("raise ImportError('broken meanwhile')\n")
    cluster.restart_worker(next(iter(cluster.pids())))
    assert failed.wait(PATIENCE_S)
    (failure,) = failures
    assert "broken meanwhile" in str(failure)
    cluster.report_failure_to(failures.append)  # late, and told nevertheless
    assert failures == [failure, failure]


def test_a_system_that_starts_no_process_is_an_error(make_cluster, tmp_path, monkeypatch):
    failures = []
    failed = threading.Event()
    cluster = make_cluster()
    cluster.report_failure_to(lambda error: (failures.append(error), failed.set()))
    cluster.start()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    cluster.restart_worker(next(iter(cluster.pids())))
    assert failed.wait(PATIENCE_S)
    assert "no worker process can be started" in str(failures)
    before = folders_of_clusters(tmp_path)
    with pytest.raises(FileNotFoundError):
        make_cluster().start()
    assert folders_of_clusters(tmp_path) == before


def test_a_time_limit_that_passes_is_an_error(make_cluster, tmp_path):
    with pytest.raises(RunError, match="within 0 s"):
        make_cluster().start(timeout_s=0)
    assert not list(tmp_path.glob("pegbox-*"))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"n_workers": 0}, "n_workers"),
        ({"n_workers": 1, "threads_per_worker": 0}, "threads_per_worker"),
        ({"n_workers": 1, "environments": [{}, {}]}, "environments"),
    ],
)
def test_wrong_numbers_are_refused(options, name):
    with pytest.raises(ConfigError, match=name):
        EmbeddedCluster(**options)


# The end


@pytest.mark.parametrize("grace_s", [0, 5])
def test_close_leaves_no_process_and_no_folder(make_cluster, tmp_path, grace_s, monkeypatch):
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    cluster = make_cluster(2)
    cluster.start()
    wait_until(lambda: len(cluster.pids()) == 2)
    pids = list(cluster.pids().values())
    assert len(marked(mark)) == 3  # and the guard
    assert list(tmp_path.glob("pegbox-*"))
    cluster.close(grace_s)
    assert all(is_gone(pid) for pid in pids)
    assert not marked(mark)
    assert not list(tmp_path.glob("pegbox-*"))
    assert cluster.pids() == {}
    cluster.close()
    with pytest.raises(RunError, match="closed"):
        cluster.start()


def test_close_does_not_wait_for_a_running_task_beyond_its_grace(make_cluster, tmp_path):
    def forever(path):
        with open(path, "w"):
            pass
        threading.Event().wait()

    cluster = make_cluster()
    future = cluster.start().submit(forever, str(tmp_path / "runs"))
    wait_until((tmp_path / "runs").exists)
    (pid,) = cluster.pids().values()
    cluster.close(0.1)
    assert is_gone(pid)
    assert future.cancelled()


def test_close_lets_workers_run_their_exit_functions(make_cluster, tmp_path):
    def register(path):
        import atexit

        atexit.register(open, path, "w")

    cluster = make_cluster()
    cluster.start().submit(register, str(tmp_path / "left")).result()
    cluster.close(PATIENCE_S)
    assert (tmp_path / "left").exists()


def test_a_cluster_that_was_only_prestarted_closes(make_cluster, tmp_path, monkeypatch):
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    cluster = make_cluster(2)
    cluster.prestart()
    cluster.prestart()
    # While a process is being replaced by its program, its environment cannot be read.
    wait_until(lambda: len(marked(mark)) >= 3)
    assert len(marked(mark)) == 3  # with the guard
    cluster.close()
    assert not marked(mark)
    assert not list(tmp_path.glob("pegbox-*"))


def test_close_removes_the_folders_of_a_cluster_whose_guard_was_killed(
    make_cluster, tmp_path, monkeypatch
):
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    cluster = make_cluster()
    cluster.start()
    [guard] = (one for one in marked(mark) if one.pid not in cluster.pids().values())
    guard.kill()
    assert len(folders_of_clusters(tmp_path)) == 1
    cluster.close()
    assert not folders_of_clusters(tmp_path)


def test_what_pegbox_puts_into_temporary_folders_lies_in_the_clusters(make_cluster, tmp_path):
    cluster = make_cluster()
    checkpoint = cluster.start().submit(lambda: Checkpoint.from_dict({"step": 1}).path).result()
    assert Path(checkpoint).parent in folders_of_clusters(tmp_path)


# Scripts


def start_script(tmp_path, text):
    """A driver of its own, in another folder than the script's, with a mark on all it starts."""
    (tmp_path / "script").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tmp").mkdir()
    script = tmp_path / "script" / "tune.py"
    script.write_text(textwrap.dedent(text))
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=tmp_path / "elsewhere",
        env={**os.environ, MARK: mark, "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, mark


UNGUARDED = """
    import os
    import helper
    from pegbox.executors.dask.embedded.cluster import EmbeddedCluster

    print("script runs")

    def objective(x):
        print("trial runs")
        return helper.double(x), os.getcwd()

    cluster = EmbeddedCluster(2)
    client = cluster.start()
    print(client.submit(objective, 21).result() == (42, os.getcwd()))
"""


@pytest.mark.parametrize("ending", ["cluster.close()", "", "raise SystemExit(0)"])
def test_an_unguarded_script_runs_once_and_ends_quietly(tmp_path, ending):
    process, mark = start_script(tmp_path, textwrap.dedent(UNGUARDED) + ending)
    (tmp_path / "script" / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert (sorted(output.split("\n")), errors) == (["", "True", "script runs", "trial runs"], "")
    assert process.returncode == 0
    wait_until(lambda: not marked(mark))
    assert not list((tmp_path / "tmp").glob("pegbox-*"))


DEATHS = """
    import os
    import signal
    from pegbox.executors.dask.embedded.cluster import EmbeddedCluster

    cluster = EmbeddedCluster(1)
    client = cluster.start()
    for number in range(3):
        (address,) = cluster.pids()
        future = client.submit(os.kill, os.getpid() * 0, signal.SIGKILL, workers=[address])
        print(cluster.exit_cause(address, 30).fault)
        future.cancel()
        while not cluster.pids():
            client.wait_for_workers(1)
    cluster.close()
"""


def test_deaths_of_workers_do_not_flood_the_terminal(tmp_path):
    process, _ = start_script(tmp_path, DEATHS)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert (output, errors) == ("False\n" * 3, "")


CUT_OFF = """
    import asyncio
    from pegbox.executors.dask.embedded.cluster import EmbeddedCluster

    async def beat_until_the_end(dask_worker):
        begun = asyncio.Event()

        async def metrics():
            begun.set()
            while dask_worker.status.name == "running":
                await asyncio.sleep(0)
            raise OSError("cut off")

        dask_worker.get_metrics = metrics
        dask_worker.beat = asyncio.create_task(dask_worker.heartbeat())
        await begun.wait()

    cluster = EmbeddedCluster(1)
    cluster.start().run(beat_until_the_end)
    cluster.close(30)
"""


def test_a_heartbeat_that_the_end_cuts_off_is_not_shown(tmp_path):
    process, _ = start_script(tmp_path, CUT_OFF)
    assert process.communicate(timeout=PATIENCE_S) == ("", "")


KILLED = """
    import ctypes, os, signal, subprocess, sys, threading
    from pegbox.executors.dask.embedded.cluster import EmbeddedCluster

    def family():
        for options in {}, {"start_new_session": True}, {"env": {}}:
            subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], **options)

    def hold_the_lock(pipe):
        family()
        print("holds", flush=True)
        ctypes.PyDLL(None).sleep(600)

    cluster = EmbeddedCluster(2)
    client = cluster.start()
    client.wait_for_workers(2)
    one, two = cluster.pids()
    client.submit(family, workers=[one]).result()
    held = client.submit(hold_the_lock, 0, workers=[two])
    if fork := os.fork():  # a process of the user's own, which holds all pipes of the driver
        print(fork, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_nothing_outlives_a_driver_that_is_killed(tmp_path, number):
    process, mark = start_script(tmp_path, KILLED)
    driver = psutil.Process(process.pid)
    lines = {process.stdout.readline().strip(), process.stdout.readline().strip()}
    fork = psutil.Process(int(next(iter(lines - {"holds"}))))
    family = driver.children(recursive=True)
    assert len(family) == 10  # the fork, the guard, two workers and what they have started
    try:
        process.send_signal(signal.Signals[number])
        process.wait(PATIENCE_S)
        rest = [p for p in family if p != fork]
        _, alive = psutil.wait_procs(rest, timeout=10)
        assert not alive
        assert marked(mark) == [fork]
        wait_until(lambda: not list((tmp_path / "tmp").glob("pegbox-*")))
    finally:
        fork.kill()
        process.stdout.close()
        process.stderr.close()
