"""The experiment's store: one SQLite file, written by the driver alone, read by anyone.

Events in their order are the truth; every other table holds keys into them. The format is
described, table by table, in ``docs/store.md``.
"""

from pegbox._store.meta import Epoch, ExperimentMeta
from pegbox._store.reader import Reader, TrialRow
from pegbox._store.writer import Store

__all__ = ["Epoch", "ExperimentMeta", "Reader", "Store", "TrialRow"]
