"""Searchers that do to their process what may happen to one; in a module that it can import."""

from __future__ import annotations

import atexit
import ctypes
import logging
import os
import random
import signal
import subprocess
import sys
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

from pegbox import Searcher
from pegbox.errors import ConfigError
from pegbox.searcher import Traits
from searcher_drive import Learner

#: Ways to end a process, by name.
ENDS = {
    "exit": lambda: os._exit(3),
    "SystemExit": lambda: sys.exit(4),
    "SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "SIGSEGV": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "garbage": lambda: os.write(_answers(), b"Segmentation fault? No, words.\n"),
    "hang": lambda: time.sleep(1000),
}


def _answers() -> int:
    """The descriptor on which this process answers: the one pipe that is not a standard stream."""
    pipes = [fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 2]
    return next(fd for fd in pipes if os.path.exists(f"/proc/self/fd/{fd}") and _writes(fd))


def _writes(fd: int) -> bool:
    flags = Path(f"/proc/self/fdinfo/{fd}").read_text().split("flags:")[1].split()[0]
    is_pipe = os.readlink(f"/proc/self/fd/{fd}").startswith("pipe:")
    return is_pipe and int(flags, 8) & os.O_ACCMODE == os.O_WRONLY


class Mortal(Learner):
    """Ends its process before it answers some asks, each time once.

    Args:
        folder: Where it notes that it has.
        how: One of `ENDS`.
        asks: Numbers of the asks.
        told: Numbers of trials whose end ends the process.
    """

    def __init__(self, folder, how, asks=(), told=()):
        super().__init__()
        self.folder, self.how = Path(folder), how
        self.asks, self.told = asks, told

    def suggest(self, trial_id, pending, ask, seed):
        if ask in self.asks:
            self._die_once(f"ask-{ask}")
        return super().suggest(trial_id, pending, ask, seed)

    def on_trial_complete(self, trial_id, result, error, outcome):
        number = int(trial_id[-5:])
        if number in self.told:
            self._die_once(f"told-{number}")
        super().on_trial_complete(trial_id, result, error, outcome)

    def _die_once(self, what):
        note = self.folder / what
        if not note.exists():
            note.touch()
            print("these are the last words before", what, flush=True)
            ENDS[self.how]()


class Doomed(Searcher):
    """Ends its process whenever it is asked."""

    def suggest(self):
        print("not again", flush=True)
        os._exit(7)


class LeavesAChild(Mortal):
    """Dies while a process that it has forked lives on, with all that it had open."""

    def _die_once(self, what):
        if not (self.folder / what).exists() and os.fork() == 0:
            time.sleep(1000)
        super()._die_once(what)


class NeverAgain(Learner):
    """Dies of the first ask, and is not to be made a second time.

    Args:
        note: A file where the second one notes that it has begun.
    """

    def __init__(self, note):
        super().__init__()
        self.note = Path(note)

    def setup(self, space, num_samples):
        if self.note.exists():
            self.note.write_text("begun")
            time.sleep(1000)
        super().setup(space, num_samples)

    def suggest(self, trial_id, pending, ask, seed):
        self.note.touch()
        os._exit(3)


class Deaf(Searcher):
    """Computes for ever, and lets nothing else of its process run meanwhile."""

    def __init__(self, note):
        self.note = str(note)

    def suggest(self):
        Path(self.note).write_text(str(os.getpid()))
        subprocess.Popen(["sleep", "1000"])
        ctypes.PyDLL(None).sleep(1000)


class Talkative(Learner):
    """Prints wherever it can, and reads."""

    def suggest(self, trial_id, pending, ask, seed):
        print("printed", flush=True)
        os.write(1, b'{"id": 2, "answer": {"x": 0}}\n')
        subprocess.run(["echo", "said by a child"], check=True)
        assert sys.stdin.read() == ""
        logging.getLogger("pegbox").warning("logged %d", ask)
        return super().suggest(trial_id, pending, ask, seed)


class ProgressBar(Learner):
    """Writes one line over and over, as tqdm does, and half of a character at a time."""

    def suggest(self, trial_id, pending, ask, seed):
        for percent in range(0, 101, 25):
            os.write(2, b"\r%d %% \xe2" % percent)
            os.write(2, b"\x96\x88")
        return super().suggest(trial_id, pending, ask, seed)


class Shares(Learner):
    """Holds memory under a name until its process ends, and notes that this came in good order.

    Args:
        note: A file.
    """

    def __init__(self, note):
        super().__init__()
        self.note = Path(note)

    def setup(self, space, num_samples):
        super().setup(space, num_samples)
        self.memory = SharedMemory(create=True, size=1000)
        atexit.register(self.note.write_text, self.memory.name)


class Raises(Learner):
    """Raises at a method.

    Args:
        method: Its name.
        error: What it raises.
    """

    def __init__(self, method, error):
        super().__init__()
        self.method, self.error = method, error

    def setup(self, space, num_samples):
        self._raise("setup")
        super().setup(space, num_samples)

    def suggest(self, trial_id, pending, ask, seed):
        self._raise("suggest")
        return super().suggest(trial_id, pending, ask, seed)

    def on_trial_complete(self, trial_id, result, error, outcome):
        self._raise("on_trial_complete")
        super().on_trial_complete(trial_id, result, error, outcome)

    def get_state(self):
        self._raise("get_state")
        return {}

    def _raise(self, method):
        if method == self.method:
            raise self.error


class Answers(Searcher):
    """Answers what it was given."""

    def __init__(self, answer):
        self.answer = answer

    def suggest(self):
        return self.answer


class Sleeper(Learner):
    """Takes its time before it listens for the first time."""

    def setup(self, space, num_samples):
        super().setup(space, num_samples)
        self.first = True

    def observe(self, config, result, outcome, trial_id):
        if self.first:
            time.sleep(0.5)
            self.first = False
        super().observe(config, result, outcome, trial_id)


def refusal():
    return ConfigError("no such space", hint="Take another.")


class Obsessed(Learner):
    """Gives the same point until it has learnt something new, whatever is under way.

    What it knows are the points with which trials ended; it remembers its own only to see that
    they are told with others.
    """

    traits = Traits(cheap=True)

    def setup(self, space, num_samples):
        super().setup(space, num_samples)
        self.space = space

    def suggest(self, trial_id, pending, ask, seed):
        known = sorted((int(name[-5:]), told) for name, told in self.known.items())
        rng = random.Random(repr(known))
        self.proposed[trial_id] = {path: each.draw(rng) for path, each in self.space.items()}
        return self.proposed[trial_id]

    def on_trial_complete(self, trial_id, result, error, outcome, config):
        self._know(trial_id, config, result, outcome)
