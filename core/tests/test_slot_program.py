"""The line of a slot's own process to its worker."""

from __future__ import annotations

import pickle
import signal
from multiprocessing import Pipe

import pytest
from pegbox.executors.dask.slot.program import _PipeLine


class TimeIsUp(Exception):
    """Raised by a trial's own alarm."""


def test_an_alarm_during_a_call_does_not_mix_up_the_answers():
    def ring(number, frame):
        raise TimeIsUp

    here, worker = Pipe()
    line = _PipeLine(here)
    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(TimeIsUp):
            line.call("report", 1)
    finally:
        signal.signal(signal.SIGALRM, before)
    for answer in ("to the first", "to the second"):
        worker.send_bytes(pickle.dumps(answer))
    assert line.call("report", 2) == "to the second"
    said = [pickle.loads(worker.recv_bytes()) for _ in range(2)]
    assert said == [("report", 1), ("report", 2)]
    here.close()
    worker.close()
