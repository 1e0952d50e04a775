"""Who gives slots back to whom, where trials of several runs wait for room: one look at it.

A run is asked for slots only where it is not the poorer for it; it gives back the first whose
trials end. Where there are fewer slots than runs, they change hands now and then. Changes nothing
in the account but what was asked.
"""

from __future__ import annotations

from typing import NamedTuple

from pegbox.executors.dask.shipped.ledger import Claim, Ledger, Units, fits

#: Where there are fewer slots than runs, one keeps its slots for so long before they change hands.
SLICE_S = 2.0

#: For shares that are equal but for rounding.
_EPSILON = 1e-9


class Wait(NamedTuple):
    """A run that waits for room.

    Attributes:
        units: What its next trial asks for.
        trials: How many ask for that.
    """

    run: str
    units: Units
    trials: int


class AskingBack:
    """One look.

    Args:
        ledger: The account.
        waits: Who waits, the neediest first.
        now: The time.

    Attributes:
        emptied: worker -> the run for whose large trial it is emptied.
    """

    def __init__(self, ledger: Ledger, waits: list[Wait], now: float) -> None:
        self._ledger = ledger
        self._waits = waits
        self._now = now
        self.emptied: dict[str, str] = {}
        self._tenants = ledger.living()
        #: What each run would have if all had been given back and taken.
        self._loads = {run: ledger.load(each.total) for run, each in self._tenants.items()}
        #: run -> how many slots it is to give back, and on which workers.
        self._asks: dict[str, tuple[int, set[str]]] = {}
        self._again_in: float | None = None

    def settle(self) -> float | None:
        """Ask, where something is to be asked that was not; in how many seconds to look again."""
        for wait in self._waits:
            self._serve(wait)
        for run, tenant in self._tenants.items():
            count, workers = self._asks.get(run, (0, set()))
            where = sorted(workers) if set(tenant.held) - workers else None
            # Where nothing is asked any more, what was asked and not yet given is taken back.
            if (count or tenant.asked[0] > tenant.given) and (
                asked := (tenant.given + count, where if count else None)
            ) != tenant.asked:
                tenant.asked = asked
                tenant.tell("give_back", *asked)
        return self._again_in

    def _serve(self, wait: Wait) -> None:
        size = self._ledger.load(wait.units)
        free = self._free_for(wait)
        self._loads[wait.run] += free * size
        missing = wait.trials - free
        for donor in self._richest_first():
            if missing > 0 and self._loads[donor] > self._loads[wait.run] + _EPSILON:
                missing -= self._ask(donor, wait, missing, size)

    def _free_for(self, wait: Wait) -> int:
        """How many of the waiting trials have room now."""
        free = 0
        for worker, site in self._ledger.sites.items():
            if free < wait.trials and self._ledger.has_room(wait.units, worker):
                room = site.free()
                free += min((room.get(name, 0) // n for name, n in wait.units.items()), default=1)
        return min(free, wait.trials)

    def _richest_first(self) -> list[str]:
        """Of those that have as much, the one that has had it longest comes first."""
        others = [run for run in self._tenants if run not in self._asks]
        return sorted(others, key=lambda run: (-self._loads[run], self._tenants[run].turn))

    def _ask(self, donor: str, wait: Wait, missing: int, size: float) -> int:
        """Ask one run, if it has to give; for how many of the waiting trials that will do."""
        if slots := self._that_do_alone(donor, wait.units):
            served = asked = self._how_many(donor, wait.run, slots[:missing], size)
        else:
            slots = self._that_do_together(donor, wait.units)
            given = self._load(slots)
            fair = bool(slots) and self._is_fair(donor, wait.run, given, size)
            served = 1 if fair else bool(slots) and self._its_turn(donor, wait.run)
            asked = len(slots) if served else 0
            if served:
                self.emptied[slots[0].worker] = wait.run
        if asked:
            self._asks[donor] = asked, {claim.worker for claim in slots}
            self._loads[donor] -= self._load(slots[:asked])
            self._loads[wait.run] += served * size
        return served

    def _how_many(self, donor: str, run: str, slots: list[Claim], size: float) -> int:
        """How many slots to ask for of which each makes room for one trial."""
        count = 0
        while count < len(slots):
            given = self._load(slots[: count + 1])
            if not self._is_fair(donor, run, given, (count + 1) * size):
                break
            count += 1
        return count or self._its_turn(donor, run)

    def _load(self, slots: list[Claim]) -> float:
        return sum(self._ledger.load(claim.units) for claim in slots)

    def _is_fair(self, donor: str, run: str, given: float, got: float) -> bool:
        return self._loads[donor] - given >= self._loads[run] + got - _EPSILON

    def _its_turn(self, donor: str, run: str) -> int:
        """Whether a run that has nothing gets what another has had for long enough: 0 or 1."""
        if self._loads[run] > 0:
            return 0
        left = self._tenants[donor].since + SLICE_S - self._now
        if left > 0:
            self._again_in = min(left, self._again_in or left)
        return int(left <= 0)

    def _that_do_alone(self, donor: str, units: Units) -> list[Claim]:
        """Slots of a run of which each makes room, without what is free beside it by chance."""
        return [
            claim
            for claim in self._tenants[donor].claims.values()
            if claim.worker not in self.emptied
            and fits(units, claim.units)
            and self._ledger.has_room(units, claim.worker, [claim])
        ]

    def _that_do_together(self, donor: str, units: Units) -> list[Claim]:
        """The fewest slots of a run on one worker that make room together, the largest first."""
        best: list[Claim] = []
        for worker in self._tenants[donor].held:
            if worker in self.emptied:
                continue
            mine = [claim for run, _, claim in self._ledger.claims_on(worker) if run == donor]
            mine.sort(key=lambda claim: -self._ledger.load(claim.units))
            for count in range(1, len(mine) + 1):
                if self._ledger.has_room(units, worker, mine[:count]):
                    best = mine[:count] if not best or count < len(best) else best
                    break
        return best
